#include "storage/compaction/merge.h"

#include <algorithm>
#include <iterator>

#include "base/short_turns.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kProceedBytes = 256 << 10;
constexpr uint64_t kTurnBytes = 16 << 10;

}  // namespace

std::vector<DeadRange> CarriedDeadRanges(const MergePlan& plan) {
  std::vector<DeadRange> carried;
  for (const DeadRange& dead : plan.dead) {
    const bool readable = dead.seq > plan.rules.readers.horizon();
    if (readable || plan.older_may_lie_in(dead.range)) carried.push_back(dead);
  }
  return carried;
}

Result<MergeResult> RunMerge(MergePlan plan, RunWriter& writer) {
  MergeResult result;
  std::vector<DeadRange> dead = std::move(plan.dead);
  std::move(plan.newer_dead.begin(), plan.newer_dead.end(), std::back_inserter(dead));
  Retention retention(plan.rules, DeadRangeSweep(dead, plan.rules.readers));
  const auto write = [&](const RetainedEntry* entry) -> Status {
    if (entry == nullptr) return {};
    ++result.entries_out;
    return writer.Add(*entry);
  };
  uint64_t bytes = 0;
  ShortTurns turns(kTurnBytes);
  EntryIterator& entries = *plan.entries;
  for (entries.Seek(plan.bounds.begin, SeekTrailer(kMaxSeq)); entries.Valid(); entries.Next()) {
    const std::string_view key = entries.key();
    const std::string_view value = entries.value();
    if (plan.bounds.end && key >= *plan.bounds.end) break;
    ++result.entries_in;
    CW_TRY(write(retention.Add(key, entries.trailer(), value)));
    retention.Keep();
    const uint64_t entry_bytes = key.size() + value.size() + sizeof(uint64_t);
    result.bytes_in += entry_bytes;
    bytes += entry_bytes;
    turns.Did(entry_bytes);
    if (bytes >= kProceedBytes) {
      if (!plan.proceed(bytes)) return Fail(ErrorCode::kClosed, "the merge was told to stop");
      bytes = 0;
    }
  }
  CW_TRY(entries.status());
  if (!plan.proceed(bytes)) return Fail(ErrorCode::kClosed, "the merge was told to stop");
  CW_TRY(write(retention.Finish()));
  CW_ASSIGN(result.fragments, writer.Finish());
  result.corrections = retention.corrections();
  return result;
}

}  // namespace cordwood::storage
