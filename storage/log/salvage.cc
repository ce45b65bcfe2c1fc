#include "storage/log/salvage.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

Status CheckStore(const ChainFacts& facts, const std::vector<SegmentScan>& scans) {
  for (const SegmentScan& scan : scans) {
    if (!scan.header || scan.header->store_id == facts.store_id) continue;
    return Fail(ErrorCode::kCorruption,
                Format("{}: the header at offset 0 is that of another store; move the file away",
                       LogPath(facts.dir, scan.number)));
  }
  return {};
}

/// By place in the chain; segments whose header is gone tell nothing and are not among them.
std::vector<const SegmentScan*> InOrder(const std::vector<SegmentScan>& scans) {
  std::vector<const SegmentScan*> segments;
  for (const SegmentScan& scan : scans) {
    if (scan.header) segments.push_back(&scan);
  }
  std::ranges::stable_sort(segments, {},
                           [](const SegmentScan* scan) { return scan->header->ordinal; });
  return segments;
}

/// Where each segment ends, by the word of its last successor: behind it lies what a recovery cut
/// off.
std::map<uint64_t, uint64_t> CutsOf(const std::vector<const SegmentScan*>& segments) {
  std::map<uint64_t, uint64_t> cuts;
  for (const SegmentScan* scan : segments) cuts[scan->header->predecessor] = scan->header->cut;
  return cuts;
}

Seq LargestSeq(const ChainFacts& facts, const std::vector<SegmentScan>& scans) {
  Seq largest = std::max({facts.flushed_seq, facts.known_synced, facts.note.known_synced});
  for (const SegmentScan& scan : scans) {
    if (scan.header) largest = std::max(largest, scan.header->known_synced);
    for (const FrameRef& frame : scan.frames) {
      largest = std::max({largest, frame.header.known_synced, frame.next_seq() - 1});
    }
  }
  return largest;
}

}  // namespace

Result<LogPlan> PlanSalvage(const ChainFacts& facts, const std::vector<SegmentScan>& scans) {
  CW_TRY(CheckStore(facts, scans));
  const std::vector<const SegmentScan*> segments = InOrder(scans);
  const std::map<uint64_t, uint64_t> cuts = CutsOf(segments);
  LogPlan plan;
  Seq due = facts.flushed_seq + 1;
  for (const SegmentScan* scan : segments) {
    const auto cut = cuts.find(scan->number);
    for (const FrameRef& frame : scan->frames) {
      if (cut != cuts.end() && frame.offset >= cut->second) break;
      if (frame.header.first_seq > due || frame.next_seq() <= due) continue;
      // A group that the tables hold in part is replayed from there on; a copy of an older one is
      // passed over.
      if (frame.header.first_seq < due && !plan.replay.empty()) continue;
      plan.replay.push_back({.segment = scan->number, .frame = frame});
      due = frame.next_seq();
    }
  }
  plan.last_seq = LargestSeq(facts, scans);
  plan.known_synced = plan.last_seq;
  plan.cut_seq = plan.last_seq;
  plan.ordinal =
      std::max(facts.note.ordinal, segments.empty() ? 0 : segments.back()->header->ordinal) + 1;
  for (const SegmentScan& scan : scans) {
    if (scan.blank) {
      plan.blank.push_back(scan.number);
      continue;
    }
    plan.kept.push_back({.number = scan.number,
                         .ordinal = scan.header ? scan.header->ordinal : 0,
                         .bytes = scan.size,
                         .last_seq = plan.last_seq});
  }
  return plan;
}

}  // namespace cordwood::storage
