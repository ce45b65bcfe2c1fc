#include "storage/compaction/dead_ranges.h"

#include <algorithm>
#include <queue>

namespace cordwood::storage {
namespace {

bool EndsBy(const DeadRangeView& dead, std::string_view key) {
  return !dead.end.empty() && dead.end <= key;
}

void Append(std::vector<DeadRangeView>& flat, const DeadRangeView& next) {
  const bool goes_on =
      !flat.empty() && flat.back().end == next.begin && flat.back().seq == next.seq;
  if (goes_on) {
    flat.back().end = next.end;
  } else {
    flat.push_back(next);
  }
}

}  // namespace

DeadRange DeadRange::From(const DeadRangeView& view) {
  DeadRange dead{.range = {.begin = std::string(view.begin)}, .seq = view.seq};
  if (!view.end.empty()) dead.range.end = std::string(view.end);
  return dead;
}

DeadRangeView DeadRange::view() const {
  return {.begin = range.begin,
          .end = range.end ? std::string_view(*range.end) : std::string_view(),
          .seq = seq};
}

std::vector<DeadRangeView> Flatten(std::vector<DeadRangeView> ranges) {
  std::erase_if(ranges, [](const DeadRangeView& dead) { return EndsBy(dead, dead.begin); });
  std::sort(ranges.begin(), ranges.end(),
            [](const DeadRangeView& a, const DeadRangeView& b) { return a.begin < b.begin; });
  const auto smaller = [](const DeadRangeView& a, const DeadRangeView& b) { return a.seq < b.seq; };
  // Those that have begun, the one that counts on top; what it hides may have ended.
  std::priority_queue<DeadRangeView, std::vector<DeadRangeView>, decltype(smaller)> open(smaller);
  std::vector<DeadRangeView> flat;
  std::string_view at;  // what begins or ends before this has been dealt with
  for (auto next = ranges.begin(); next != ranges.end() || !open.empty();) {
    if (open.empty()) at = next->begin;
    while (next != ranges.end() && next->begin <= at) open.push(*next++);
    while (!open.empty() && EndsBy(open.top(), at)) open.pop();
    if (open.empty()) continue;
    DeadRangeView part = open.top();
    part.begin = at;
    if (next != ranges.end() && !EndsBy(part, next->begin)) part.end = next->begin;
    Append(flat, part);
    if (part.end.empty()) break;  // what else is open is hidden up to the last key
    at = part.end;
  }
  return flat;
}

bool CoversWhole(std::span<const DeadRangeView> flat, size_t* at, const KeyRange& range,
                 Seq newest) {
  while (*at < flat.size() && EndsBy(flat[*at], range.begin)) ++*at;
  std::string_view covered_to = range.begin;
  for (size_t i = *at; i < flat.size(); ++i) {
    if (flat[i].begin > covered_to || flat[i].seq <= newest) return false;
    if (flat[i].end.empty() || (range.end && *range.end <= flat[i].end)) return true;
    covered_to = flat[i].end;
  }
  return false;
}

DeadRangeSweep::DeadRangeSweep(std::span<const DeadRange> ranges, const ReadPoints& readers)
    : readers_(readers) {
  for (const DeadRange& dead : ranges) {
    if (dead.seq > readers_.visible()) continue;
    gaps_[readers_.FirstFrom(dead.seq)].flat.push_back(dead.view());
  }
  for (auto& [end, gap] : gaps_) gap.flat = Flatten(std::move(gap.flat));
}

bool DeadRangeSweep::Covers(std::string_view key, Seq seq) {
  if (gaps_.empty()) return false;
  const auto found = gaps_.find(readers_.FirstFrom(seq));
  if (found == gaps_.end()) return false;
  auto& [flat, at] = found->second;
  while (at < flat.size() && EndsBy(flat[at], key)) ++at;
  return at < flat.size() && flat[at].begin <= key && seq < flat[at].seq;
}

std::optional<DeadRange> Clip(const DeadRange& dead, const KeyRange& bounds) {
  if (!dead.range.Overlaps(bounds)) return std::nullopt;
  DeadRange part = dead;
  part.range.begin = std::max(part.range.begin, bounds.begin);
  if (bounds.end && (!part.range.end || *bounds.end < *part.range.end)) part.range.end = bounds.end;
  return part;
}

}  // namespace cordwood::storage
