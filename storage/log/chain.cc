#include "storage/log/chain.h"

#include <algorithm>
#include <optional>

#include "base/format.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

class Planner {
 public:
  Planner(const ChainFacts& facts, const std::vector<SegmentScan>& scans)
      : facts_(facts), scans_(scans) {}

  Result<LogPlan> Run() {
    CW_TRY(CollectKnown());
    LinkChain();
    CW_TRY(CheckNewest());
    CW_TRY(CheckStart());
    CW_TRY(CheckSizes());
    for (size_t i = 0; i < chain_.size(); ++i) CW_TRY(WalkSegment(i));
    CW_TRY(CheckEnd());
    PlaceNewSegment();
    SortFiles();
    return std::move(plan_);
  }

 private:
  Status CollectKnown() {
    plan_.known_synced = std::max(facts_.known_synced, facts_.note.known_synced);
    plan_.ordinal = facts_.note.ordinal;
    for (const SegmentScan& scan : scans_) {
      if (scan.header) {
        if (scan.header->store_id != facts_.store_id) {
          return Fail(ErrorCode::kCorruption,
                      Path(scan.number) + ": the header at offset 0 is that of another store");
        }
        plan_.known_synced = std::max(plan_.known_synced, scan.header->known_synced);
        plan_.ordinal = std::max(plan_.ordinal, scan.header->ordinal);
      }
      for (const FrameRef& frame : scan.frames) {
        plan_.known_synced = std::max(plan_.known_synced, frame.header.known_synced);
      }
    }
    ++plan_.ordinal;
    return {};
  }

  /// From the largest ordinal backwards, as far as predecessors exist.
  void LinkChain() {
    const SegmentScan* segment = nullptr;
    for (const SegmentScan& scan : scans_) {
      if (scan.header && (!segment || scan.header->ordinal > segment->header->ordinal)) {
        segment = &scan;
      }
    }
    while (segment) {
      chain_.push_back(segment);
      const SegmentScan* const before = Find(segment->header->predecessor);
      const bool usable =
          before && before->header && before->header->ordinal < segment->header->ordinal;
      segment = usable ? before : nullptr;
    }
    std::reverse(chain_.begin(), chain_.end());
  }

  /// The note names a segment that was on stable storage, header and all, and that is removed only
  /// when the note names a later one.
  Status CheckNewest() {
    const uint64_t newest = chain_.empty() ? 0 : chain_.back()->header->ordinal;
    if (newest > facts_.note.ordinal || facts_.note.ordinal == 0) return {};
    if (newest < facts_.note.ordinal) return NewestIsLost(WhatIsLeftOf(facts_.note.segment));
    const SegmentHeader& header = *chain_.back()->header;
    if (header.salt == facts_.note.salt) return {};
    return NewestIsLost(header.number == facts_.note.segment
                            ? "the segment is another one than the log ended in"
                            : WhatIsLeftOf(facts_.note.segment));
  }

  std::string WhatIsLeftOf(uint64_t number) const {
    const SegmentScan* const scan = Find(number);
    if (scan == nullptr) return "the segment is missing";
    if (scan->header) return "the segment is another one than the log ended in";
    if (scan->size >= kLogAlign) return "the segment header is damaged";
    return Format("the segment header is damaged: the file ends at {}", scan->size);
  }

  std::unexpected<Error> NewestIsLost(std::string_view what) const {
    return Fail(
        ErrorCode::kCorruption,
        Format("{}: lost data at offset 0: {}; it is the newest segment, and seqs from {} to "
               "at least {} were on stable storage; restore it, or the whole store from a "
               "backup, or give them up (cordwood repair)",
               Path(facts_.note.segment), what, facts_.flushed_seq + 1,
               std::max(plan_.known_synced, facts_.flushed_seq + 1)));
  }

  Status CheckStart() {
    if (chain_.empty()) {
      expected_ = facts_.flushed_seq + 1;
      return {};
    }
    const SegmentHeader& first = *chain_.front()->header;
    expected_ = first.cut_seq + 1;
    if (first.cut_seq <= facts_.flushed_seq) return {};
    if (first.predecessor == 0) {
      return Fail(
          ErrorCode::kCorruption,
          Format("{}: lost data: seqs {} to {}, which were on stable storage before it, are "
                 "in no table; if a repair was cut off, run it again",
                 Path(chain_.front()->number), facts_.flushed_seq + 1, first.cut_seq));
    }
    if (Find(first.predecessor)) {
      return Lost(first.predecessor, 0, facts_.flushed_seq + 1, first.cut_seq,
                  "the segment header is damaged");
    }
    return Fail(ErrorCode::kCorruption,
                Format("{}: lost data: seqs {} to {} were on stable storage and the segment that "
                       "held them is missing; {} continues it",
                       Path(first.predecessor), facts_.flushed_seq + 1, first.cut_seq,
                       Path(chain_.front()->number)));
  }

  /// A segment has its full size before its header is written, so a crash leaves no shorter one.
  /// Behind a cut in the last segment there may have been anything.
  Status CheckSizes() {
    if (chain_.empty() || chain_.back()->size >= chain_.back()->header->bytes) return {};
    return Fail(ErrorCode::kCorruption,
                Format("{}: the file is truncated at offset {}; seqs that were on stable storage "
                       "may be lost",
                       Path(chain_.back()->number), chain_.back()->size));
  }

  Status WalkSegment(size_t index) {
    const SegmentScan& scan = *chain_[index];
    const bool is_last = index + 1 == chain_.size();
    const uint64_t limit = is_last ? scan.size : chain_[index + 1]->header->cut;
    if (is_last) plan_.newest = NewestSegment{.header = *scan.header, .end = kLogAlign};
    uint64_t at = kLogAlign;
    for (const FrameRef& frame : scan.frames) {
      if (frame.offset >= limit) break;
      if (frame.end() > limit) return Inconsistent(scan.number, frame.offset);
      if (frame.header.first_seq < expected_) return Inconsistent(scan.number, frame.offset);
      if (frame.header.first_seq > FirstDue()) {
        // Records are missing. Above S, the frame lies behind a torn one and is part of the tail.
        if (!is_last || FirstDue() <= plan_.known_synced) {
          return Lost(scan.number, at, FirstDue(), frame.header.first_seq - 1);
        }
        tail_ = at;
        return {};
      }
      Accept(scan, frame);
      at = frame.end();
      const bool is_group = frame.header.kind == FrameKind::kGroup;
      if (is_last && is_group) plan_.newest->end = at;
    }
    if (is_last) {
      tail_ = at;
      return {};
    }
    const SegmentHeader& next = *chain_[index + 1]->header;
    if (next.cut_seq + 1 < expected_) return Inconsistent(next.number, 0);
    if (next.cut_seq + 1 > FirstDue()) return Lost(scan.number, at, FirstDue(), next.cut_seq);
    expected_ = next.cut_seq + 1;
    return {};
  }

  void Accept(const SegmentScan& scan, const FrameRef& frame) {
    expected_ = frame.next_seq();
    stream_ = frame.header.stream;
    if (frame.header.kind == FrameKind::kEmpty) return;
    const ChainFrame placed{.segment = scan.number, .frame = frame};
    const Seq last = frame.next_seq() - 1;
    if (last > facts_.flushed_seq) plan_.replay.push_back(placed);
    if (last > facts_.flushed_seq && last > plan_.known_synced) {
      plan_.copy.push_back(placed);
    } else {
      anchor_ = placed;
    }
  }

  Status CheckEnd() {
    if (FirstDue() <= plan_.known_synced) {
      // A damaged header hides a whole segment: name that one unless the chain's own end is bad.
      const bool own_end = !chain_.empty() && chain_.back()->claimed_end > tail_;
      for (const SegmentScan& scan : scans_) {
        if (own_end || scan.header || scan.blank) continue;
        return Lost(scan.number, 0, FirstDue(), plan_.known_synced,
                    "the segment header is damaged");
      }
      if (!chain_.empty()) {
        return Lost(chain_.back()->number, tail_, FirstDue(), plan_.known_synced);
      }
      return Fail(
          ErrorCode::kCorruption,
          Format("{}: lost data: seqs {} to {} were on stable storage and the log that held "
                 "them is missing",
                 facts_.dir, FirstDue(), plan_.known_synced));
    }
    if (!chain_.empty() && chain_.back()->claimed_end > tail_) {
      plan_.torn.push_back({.segment = chain_.back()->number,
                            .offset = tail_,
                            .bytes = chain_.back()->claimed_end - tail_});
    }
    plan_.last_seq = FirstDue() - 1;
    // Of older records than the tables hold it would be a lie.
    if (expected_ == FirstDue()) plan_.stream = stream_;
    return {};
  }

  /// The new segment goes on behind the last frame that certainly stays.
  void PlaceNewSegment() {
    if (anchor_) {
      plan_.predecessor = anchor_->segment;
      plan_.cut = anchor_->frame.end();
    } else if (!chain_.empty()) {
      plan_.predecessor = chain_.front()->header->predecessor;
      plan_.cut = chain_.front()->header->cut;
    }
    plan_.cut_seq =
        plan_.copy.empty() ? plan_.last_seq : plan_.copy.front().frame.header.first_seq - 1;
  }

  KeptSegment Kept(size_t index, Seq last_seq) const {
    return {.number = chain_[index]->number,
            .ordinal = chain_[index]->header->ordinal,
            .bytes = chain_[index]->size,
            .last_seq = last_seq};
  }

  void SortFiles() {
    for (size_t i = 0; i + 1 < chain_.size(); ++i) {
      plan_.newest->before.push_back(Kept(i, chain_[i + 1]->header->cut_seq));
    }
    for (size_t i = 0; anchor_ && i < chain_.size(); ++i) {
      const bool is_anchor = chain_[i]->number == anchor_->segment;
      const Seq last_seq =
          is_anchor ? anchor_->frame.next_seq() - 1 : chain_[i + 1]->header->cut_seq;
      plan_.kept.push_back(Kept(i, last_seq));
      if (is_anchor) break;
    }
    for (const SegmentScan& scan : scans_) {
      const auto is_scan = [&](const KeptSegment& kept) { return kept.number == scan.number; };
      if (std::ranges::any_of(plan_.kept, is_scan)) continue;
      (scan.blank ? plan_.blank : plan_.leftover).push_back(scan.number);
    }
  }

  /// The first seq that only the log can supply from here on.
  Seq FirstDue() const { return std::max(expected_, facts_.flushed_seq + 1); }

  const SegmentScan* Find(uint64_t number) const {
    for (const SegmentScan& scan : scans_) {
      if (scan.number == number) return &scan;
    }
    return nullptr;
  }

  std::string Path(uint64_t number) const { return LogPath(facts_.dir, number); }

  std::unexpected<Error> Lost(uint64_t segment, uint64_t offset, Seq first, Seq last,
                              std::string_view what = "the frame is damaged or missing") const {
    return Fail(ErrorCode::kCorruption,
                Format("{}: lost data at offset {}: {}; seqs {} to {} were on stable storage",
                       Path(segment), offset, what, first, last));
  }

  std::unexpected<Error> Inconsistent(uint64_t segment, uint64_t offset) const {
    return Fail(ErrorCode::kCorruption,
                Format("{}: the log contradicts itself at offset {}: seq {} is due", Path(segment),
                       offset, expected_));
  }

  const ChainFacts& facts_;
  const std::vector<SegmentScan>& scans_;
  std::vector<const SegmentScan*> chain_;
  Seq expected_ = 0;                  // comes after the frames accepted so far
  StreamPosition stream_;             // of the last frame accepted so far
  uint64_t tail_ = 0;                 // end of the last accepted frame of the last segment
  std::optional<ChainFrame> anchor_;  // the last frame that is not copied
  LogPlan plan_;
};

}  // namespace

Result<LogPlan> PlanRecovery(const ChainFacts& facts, const std::vector<SegmentScan>& scans) {
  return Planner(facts, scans).Run();
}

}  // namespace cordwood::storage
