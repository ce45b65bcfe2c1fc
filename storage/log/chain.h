#pragma once

// Judges what scans of a directory's segments prove: which frames are the log, whether records
// that were on stable storage are lost, and what recovery has to do next. A pure function; the
// rules stand in docs/STORAGE_FORMAT.md, "Recovery".
//
// "known synced" below is S: the largest seq that any valid header or frame, the note, or the
// manifest says was on stable storage.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "storage/log/note.h"
#include "storage/log/segment_scan.h"

namespace cordwood::storage {

struct ChainFacts {
  std::string dir;  // for error messages
  uint64_t store_id = 0;
  /// The tables hold every record up to here.
  Seq flushed_seq = 0;
  /// What the manifest knows of S.
  Seq known_synced = 0;
  /// The log has this segment or a later one.
  LogNote note;
};

/// A frame of the log, in its segment.
struct ChainFrame {
  uint64_t segment = 0;
  FrameRef frame;
};

/// A segment that stays, unchanged.
struct KeptSegment {
  uint64_t number = 0;
  uint64_t ordinal = 0;
  uint64_t bytes = 0;
  Seq last_seq = 0;  // nothing in it is newer
};

/// Bytes that were cut off: frames were begun there that are not whole, or follow such a one.
struct TornBytes {
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// The segment that the chain ends in.
struct NewestSegment {
  SegmentHeader header;
  /// Of the last group in it that counts; behind the header if there is none.
  uint64_t end = 0;
  /// The chain in front of it, which it continues: what stays if the log goes on in it. More than
  /// a new segment continues, if the last of these hold no record.
  std::vector<KeptSegment> before;
};

struct LogPlan {
  Seq known_synced = 0;
  /// The newest record, in the log or in the tables.
  Seq last_seq = 0;
  /// Behind last_seq. Zero also if the frame that would tell is not there.
  StreamPosition stream;
  /// Frames with records above flushed_seq, in order.
  std::vector<ChainFrame> replay;
  /// The frames among them that may not be on stable storage: copied into the new segment.
  std::vector<ChainFrame> copy;

  // What the new segment's header says.
  uint64_t ordinal = 0;
  uint64_t predecessor = 0;
  uint64_t cut = 0;
  Seq cut_seq = 0;

  std::vector<KeptSegment> kept;
  std::vector<TornBytes> torn;
  /// Prepared, and not in use.
  std::vector<uint64_t> blank;
  /// Superseded by a new segment.
  std::vector<uint64_t> leftover;

  /// Where the log may go on if there is no space for a new one; nothing: nowhere.
  std::optional<NewestSegment> newest;
};

/// kCorruption, naming file, offset and seqs, if records that were on stable storage are gone.
Result<LogPlan> PlanRecovery(const ChainFacts& facts, const std::vector<SegmentScan>& scans);

}  // namespace cordwood::storage
