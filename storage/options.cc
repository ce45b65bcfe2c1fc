#include "storage/options.h"

#include <algorithm>
#include <string_view>

#include "base/format.h"

namespace cordwood::storage {

Status CheckOptions(const StoreOptions& options) {
  const struct {
    std::string_view name;
    uint64_t value;
  } must_be_positive[] = {
      {"log_segment_bytes", options.log_segment_bytes},
      {"memtable_bytes", options.memtable_bytes},
      {"log_group_bytes", options.log_group_bytes},
      {"open_files", options.open_files},
      {"block_bytes", options.block_bytes},
      {"fragment_bytes", options.fragment_bytes},
      {"runs_per_level", options.runs_per_level},
      {"last_level_fanout", options.last_level_fanout},
      {"compaction_threads", options.compaction_threads},
  };
  for (const auto& [name, value] : must_be_positive) {
    if (value > 0) continue;
    return Fail(ErrorCode::kInvalidArgument, Format("{} is 0; it must be at least 1", name));
  }
  return {};
}

uint64_t LargestFileBytes(const StoreOptions& options) {
  // A merge makes tables that are half as large again at most, and an entry, filter and index come
  // on top; a manifest takes what it grows by, and its snapshot.
  return std::max(
      {options.log_segment_bytes, 2 * options.fragment_bytes, 2 * options.manifest_growth_bytes});
}

}  // namespace cordwood::storage
