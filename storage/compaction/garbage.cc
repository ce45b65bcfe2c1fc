#include "storage/compaction/garbage.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "storage/compaction/dead_ranges.h"

namespace cordwood::storage {
namespace {

// Of many dead ranges about so many are looked up in the indexes, as a sample.
constexpr size_t kLookUps = 4096;

uint64_t BytesIn(const Fragment& fragment, const DeadRangeView& dead) {
  return fragment.BytesIn(dead.begin, dead.end.empty() ? std::nullopt : std::optional(dead.end));
}

double ShareOfFile(const Fragment& fragment) {
  return static_cast<double>(fragment.bytes) /
         static_cast<double>(std::max<uint64_t>(1, fragment.file->properties().file_bytes));
}

double BytesPerEntry(std::span<const Run> runs) {
  double bytes = 0;
  double entries = 0;
  for (const Run& run : runs) {
    bytes += static_cast<double>(run.bytes());
    entries += static_cast<double>(run.entries_before().back());
  }
  return entries > 0 ? bytes / entries : 0;
}

// The parts of the dead ranges of a run that lie in its fragments, but for those above the horizon.
void AppendDeadParts(const Run& run, Seq horizon, std::vector<DeadRangeView>& dead) {
  if (run.sums().dead_ranges == 0) return;
  for (const Fragment& fragment : run.fragments) {
    const KeyRange& range = fragment.range;
    for (DeadRangeView part : fragment.file->dead_ranges()) {
      if (part.seq > horizon) continue;
      part.begin = std::max<std::string_view>(part.begin, range.begin);
      if (range.end && (part.end.empty() || *range.end < part.end)) part.end = *range.end;
      dead.push_back(part);
    }
  }
}

// The bytes of `run` that the dead ranges of newer runs cover.
uint64_t CoveredBytes(const Run& run, std::span<const DeadRangeView> flat) {
  const size_t stride = 1 + flat.size() / kLookUps;
  uint64_t sum = 0;
  size_t at = 0;
  for (const Fragment& fragment : run.fragments) {
    size_t whole = at;
    if (CoversWhole(flat, &whole, fragment.range, 0)) {
      sum += fragment.bytes;
      continue;
    }
    at = whole;
    for (size_t i = at; i < flat.size(); ++i) {
      if (fragment.range.end && *fragment.range.end <= flat[i].begin) break;
      if (i % stride == 0) sum += stride * BytesIn(fragment, flat[i]);
    }
  }
  return std::min(sum, run.bytes());
}

}  // namespace

uint64_t GarbageBytesAboveLastRun(const Tree& tree, Seq horizon) {
  const std::span<const Run> runs(tree.runs());
  const Run* last = tree.last_run();
  const double killed = BytesPerEntry(last != nullptr ? runs.last(1) : runs);
  std::vector<DeadRangeView> dead;  // of the runs looked at
  double garbage = 0;
  for (const Run& run : runs) {
    if (!dead.empty()) garbage += static_cast<double>(CoveredBytes(run, dead));
    if (&run == last) break;
    for (const Fragment& fragment : run.fragments) {
      if (run.sums().garbage_entries == 0) break;
      const TableProperties& properties = fragment.file->properties();
      if (properties.max_seq > horizon) continue;
      garbage += ShareOfFile(fragment) * killed *
                 static_cast<double>(properties.deletes + properties.superseded);
    }
    const size_t before = dead.size();
    AppendDeadParts(run, horizon, dead);
    if (dead.size() > before) dead = Flatten(std::move(dead));
  }
  return std::min(static_cast<uint64_t>(garbage), tree.bytes());
}

double GarbageShareInLastRun(const Fragment& fragment, Seq horizon) {
  const TableProperties& properties = fragment.file->properties();
  double share = 0;
  if (properties.max_seq <= horizon && properties.entries > 0) {
    share = static_cast<double>(properties.deletes + properties.superseded) /
            static_cast<double>(properties.entries);
  }
  uint64_t dead_bytes = 0;
  bool all_dead_ranges_count = true;
  for (const DeadRangeView& dead : fragment.file->dead_ranges()) {
    if (dead.seq > horizon) {
      all_dead_ranges_count = false;
    } else {
      // At least a byte: the range itself.
      dead_bytes += 1 + BytesIn(fragment, dead);
    }
  }
  if (properties.entries == 0) return all_dead_ranges_count ? 1 : 0;
  share +=
      static_cast<double>(dead_bytes) / static_cast<double>(std::max<uint64_t>(1, fragment.bytes));
  return std::min(share, 1.0);
}

}  // namespace cordwood::storage
