#include "storage/compaction/garbage.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace cordwood::storage {
namespace {

// The estimated bytes of a fragment that lie in [begin, end); an empty end is no bound.
uint64_t BytesIn(const Fragment& fragment, std::string_view begin, std::string_view end) {
  const KeyRange& range = fragment.range;
  const std::string_view from = std::max<std::string_view>(begin, range.begin);
  std::optional<std::string_view> to;
  if (!end.empty()) to = end;
  if (range.end) to = to ? std::min<std::string_view>(*to, *range.end) : *range.end;
  return to && *to <= from ? 0 : fragment.file->table().BytesIn(from, to);
}

}  // namespace

double GarbageShareInLastRun(const Fragment& fragment, Seq horizon) {
  const TableProperties& properties = fragment.file->properties();
  double share = 0;
  if (properties.max_seq <= horizon && properties.entries > 0) {
    share = static_cast<double>(properties.deletes + properties.superseded) /
            static_cast<double>(properties.entries);
  }
  uint64_t dead_bytes = 0;
  bool all_dead_ranges_count = true;
  for (const DeadRangeView& dead : fragment.file->table().dead_ranges()) {
    if (dead.seq > horizon) {
      all_dead_ranges_count = false;
    } else {
      // At least a byte: the range itself.
      dead_bytes += 1 + BytesIn(fragment, dead.begin, dead.end);
    }
  }
  if (properties.entries == 0) return all_dead_ranges_count ? 1 : 0;
  share +=
      static_cast<double>(dead_bytes) / static_cast<double>(std::max<uint64_t>(1, fragment.bytes));
  return std::min(share, 1.0);
}

}  // namespace cordwood::storage
