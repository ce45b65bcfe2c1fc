#include "storage/learned_gaps.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "storage/prefix.h"

namespace cordwood::storage {
namespace {

// Of a gap in memory, beside its keys: nodes of the map and the list.
constexpr uint64_t kGapOverheadBytes = 192;
// A gap between longer keys is not kept.
constexpr uint64_t kBoundBytesMax = 4096;

/// The shortest key behind `before` and not behind `key`.
std::string_view FirstBehind(std::string_view before, std::string_view key) {
  return key.substr(0, CommonPrefix(before, key) + 1);
}

}  // namespace

// --- the table ---

uint64_t LearnedGaps::BytesOf(std::string_view begin, std::string_view end) {
  return begin.size() + end.size() + kGapOverheadBytes;
}

LearnedGaps::Map::iterator LearnedGaps::EndingBehind(std::string_view key) {
  auto it = gaps_.upper_bound(key);
  if (it != gaps_.begin() && std::prev(it)->second.end > key) --it;
  return it;
}

LearnedGaps::Ahead LearnedGaps::Look(std::string_view key, Seq seq) {
  const auto it = EndingBehind(key);
  if (it == gaps_.end()) return {};
  if (it->first > key) return {.place = it->first};
  if (it->second.seq > seq) return {.place = it->second.end};
  recent_.splice(recent_.begin(), recent_, it->second.place);
  return {.inside = true, .place = it->second.end};
}

LearnedGaps::Ahead LearnedGaps::LookBefore(std::string_view key, Seq seq) {
  auto it = gaps_.lower_bound(key);
  if (it == gaps_.begin()) return {};
  --it;
  if (it->second.end < key) return {.place = it->second.end};
  if (it->second.seq > seq) return {.place = it->first};
  recent_.splice(recent_.begin(), recent_, it->second.place);
  return {.inside = true, .place = it->first};
}

void LearnedGaps::Insert(std::string begin, std::string end, Seq seq) {
  if (begin.size() + end.size() > kBoundBytesMax) return;
  bytes_ += BytesOf(begin, end);
  const auto [it, inserted] = gaps_.try_emplace(std::move(begin));
  CHECK(inserted);
  recent_.push_front(it->first);
  it->second = {.end = std::move(end), .seq = seq, .place = recent_.begin()};
}

void LearnedGaps::Erase(Map::iterator it) {
  bytes_ -= BytesOf(it->first, it->second.end);
  recent_.erase(it->second.place);
  gaps_.erase(it);
}

void LearnedGaps::Learn(std::string begin, std::string end, Seq seq, Seq visible) {
  CHECK(begin < end);
  auto it = gaps_.upper_bound(begin);
  if (it != gaps_.begin() && std::prev(it)->second.end >= begin) --it;
  while (it != gaps_.end() && it->first <= end) {
    const auto other = it++;
    if (seq <= visible && other->second.seq <= visible) {
      begin = std::min(begin, other->first);
      end = std::max(end, other->second.end);
      seq = std::max(seq, other->second.seq);
      Erase(other);
      continue;
    }
    // What the other one covers it goes on to cover.
    if (begin < other->first) Insert(std::move(begin), other->first, seq);
    begin = other->second.end;
    if (begin >= end) break;
  }
  if (begin < end) Insert(std::move(begin), std::move(end), seq);
  while (bytes_ > bytes_max_) Erase(gaps_.find(recent_.back()));
}

void LearnedGaps::Join(std::string_view begin, std::string_view end, Seq seq, Seq visible) {
  if (seq > visible) return;
  auto it = gaps_.upper_bound(begin);
  if (it == gaps_.begin() || std::prev(it)->second.end < begin) return;
  const auto first = --it;
  while (it->second.seq <= visible && it->second.end < end) {
    if (++it == gaps_.end()) return;
  }
  if (it == first || it->first > end || it->second.seq > visible) return;
  Learn(std::string(begin), std::string(end), seq, visible);
}

void LearnedGaps::NotePut(std::string_view key) {
  ++epoch_;
  if (gaps_.empty()) return;
  const auto it = EndingBehind(key);
  if (it == gaps_.end() || it->first > key) return;
  std::string begin = it->first;
  std::string end = it->second.end;
  const Seq seq = it->second.seq;
  Erase(it);
  std::string behind(key);
  behind.push_back('\0');
  if (behind < end) Insert(std::move(behind), std::move(end), seq);
  if (begin < key) Insert(std::move(begin), std::string(key), seq);
}

// --- a walk ---

void GapWatch::Begin(Way way) {
  way_ = way;
  keys_ = 0;
  looked_ = false;
}

std::optional<std::string_view> GapWatch::Beyond(std::string_view key) {
  if (gaps_ == nullptr || gaps_->empty()) return std::nullopt;
  if (looked_) {
    const bool none = backwards() ? key > next_gap_ : next_gap_.empty() || key < next_gap_;
    if (none) return std::nullopt;
  }
  const LearnedGaps::Ahead ahead =
      backwards() ? gaps_->LookBefore(key, seq_) : gaps_->Look(key, seq_);
  if (ahead.inside) return ahead.place;
  looked_ = true;
  next_gap_.assign(ahead.place);
  return std::nullopt;
}

void GapWatch::MeetDeleted(std::string_view before, Before what, std::string_view key, Seq seq) {
  // What not everybody sees yet is a gap of its own, if both are long enough.
  const bool same_kind = (seq <= visible_) == (stretch_seq_ <= visible_);
  if (keys_ > 0 && !same_kind && steps_ >= LearnedGaps::kStepsMin) EndBefore(key);
  if (keys_ == 0) {
    stretch_seq_ = seq;
    steps_ = 0;
    if (what == Before::kMet) {
      start_.assign(backwards() ? FirstBehind(key, before) : FirstBehind(before, key));
    } else if (backwards() && before.empty()) {
      start_.assign(key).push_back('\0');
    } else {
      start_.assign(before);
    }
  }
  stretch_seq_ = std::max(stretch_seq_, seq);
  last_.assign(key);
  ++keys_;
}

void GapWatch::EndBefore(std::string_view next) {
  if (keys_ > 0 && steps_ >= LearnedGaps::kStepsMin) {
    Learn(std::string(backwards() ? FirstBehind(next, last_) : FirstBehind(last_, next)));
  }
  keys_ = 0;
}

void GapWatch::EndAt(std::string_view bound) {
  if (keys_ > 0) LearnOrJoin(std::string(bound));
  keys_ = 0;
}

void GapWatch::EndBehindLast() {
  if (keys_ > 0) {
    if (!backwards()) last_.push_back('\0');
    LearnOrJoin(std::move(last_));
  }
  keys_ = 0;
}

void GapWatch::LearnOrJoin(std::string limit) {
  if (steps_ >= LearnedGaps::kStepsMin) return Learn(std::move(limit));
  if (gaps_ == nullptr || gaps_->empty() || gaps_->epoch() != epoch_) return;
  const std::string& begin = backwards() ? limit : start_;
  const std::string& end = backwards() ? start_ : limit;
  gaps_->Join(begin, end, stretch_seq_, visible_);
  looked_ = false;
}

void GapWatch::Learn(std::string limit) {
  if (gaps_ == nullptr || gaps_->epoch() != epoch_) return;
  std::string& begin = backwards() ? limit : start_;
  std::string& end = backwards() ? start_ : limit;
  gaps_->Learn(std::move(begin), std::move(end), stretch_seq_, visible_);
  looked_ = false;
}

}  // namespace cordwood::storage
