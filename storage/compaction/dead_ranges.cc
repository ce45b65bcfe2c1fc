#include "storage/compaction/dead_ranges.h"

#include <algorithm>

namespace cordwood::storage {

DeadRange DeadRange::From(const DeadRangeView& view) {
  DeadRange dead{.range = {.begin = std::string(view.begin)}, .seq = view.seq};
  if (!view.end.empty()) dead.range.end = std::string(view.end);
  return dead;
}

DeadRangeSweep::DeadRangeSweep(const std::vector<DeadRange>& ranges, Seq horizon) {
  for (const DeadRange& dead : ranges) {
    if (dead.seq <= horizon) ranges_.push_back(dead);
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const DeadRange& a, const DeadRange& b) { return a.range.begin < b.range.begin; });
}

bool DeadRangeSweep::Covers(std::string_view key, Seq seq) {
  while (next_ < ranges_.size() && ranges_[next_].range.begin <= key) {
    open_.push_back(&ranges_[next_++]);
  }
  std::erase_if(open_, [&](const DeadRange* dead) { return !dead->range.Contains(key); });
  return std::any_of(open_.begin(), open_.end(),
                     [&](const DeadRange* dead) { return seq < dead->seq; });
}

std::optional<DeadRange> Clip(const DeadRange& dead, const KeyRange& bounds) {
  if (!dead.range.Overlaps(bounds)) return std::nullopt;
  DeadRange part = dead;
  part.range.begin = std::max(part.range.begin, bounds.begin);
  if (bounds.end && (!part.range.end || *bounds.end < *part.range.end)) part.range.end = bounds.end;
  return part;
}

}  // namespace cordwood::storage
