#include "storage/count_history.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cordwood::storage {
namespace {

// Fewer changes than this are not worth a look at the readers.
constexpr size_t kWaitingMin = 64;

}  // namespace

void CountHistory::Add(Seq seq, uint64_t counter, int64_t delta) {
  newest_.Add(counter, delta);
  waiting_.push_back({.seq = seq, .counter = counter, .delta = delta});
}

void CountHistory::Correct(const Counters& corrections) {
  oldest_.Add(corrections);
  newest_.Add(corrections);
}

int64_t CountHistory::At(uint64_t counter, Seq seq) const {
  int64_t sum = oldest_.Get(counter);
  for (const Change& change : waiting_) {
    if (change.seq > seq) break;
    if (change.counter == counter) AddWrapping(sum, change.delta);
  }
  return sum;
}

void CountHistory::Fold(const ReadPoints& readers) {
  for (; !waiting_.empty() && waiting_.front().seq <= readers.horizon(); waiting_.pop_front()) {
    oldest_.Add(waiting_.front().counter, waiting_.front().delta);
  }
  if (WantsFold()) Merge(readers);
  fold_at_ = std::max(kWaitingMin, 2 * waiting_.size());
}

void CountHistory::Merge(const ReadPoints& readers) {
  std::deque<Change> merged;
  std::map<uint64_t, size_t> last;  // of each counter, in merged
  for (const Change& change : waiting_) {
    const auto it = last.find(change.counter);
    if (it != last.end() && !readers.AnyIn(merged[it->second].seq, change.seq)) {
      // No reader sees the one and not the other.
      AddWrapping(merged[it->second].delta, change.delta);
    } else {
      last[change.counter] = merged.size();
      merged.push_back(change);
    }
  }
  waiting_ = std::move(merged);
}

}  // namespace cordwood::storage
