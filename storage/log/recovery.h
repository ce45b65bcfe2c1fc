#pragma once

// Reads the log back after a clean stop or a crash, by the rules of docs/STORAGE_FORMAT.md,
// "Recovery": replays what the tables lack, refuses to lose what was on stable storage, and goes
// on in a new segment, which is on stable storage, and named by the note, when the call returns.
// Old segments are not written, and none is removed before the note names the new one. Only where
// there is no space for a new one the log goes on in the newest that it has
// (storage/log/segment_resume.h).
//
// The answer does not depend on how often a crash cut an earlier recovery short.
//
// Threads: one, before the store serves.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "storage/entry.h"
#include "storage/log/chain.h"
#include "storage/log/note_file.h"
#include "storage/log/segment_file.h"
#include "storage/log/segment_writer.h"

namespace cordwood::storage {

struct RecoveryOptions {
  std::string dir;
  uint64_t store_id = 0;
  uint64_t segment_bytes = 64 << 20;
  /// The manifest's word: tables hold every record up to flushed_seq, and every record up to
  /// known_synced was on stable storage.
  Seq flushed_seq = 0;
  Seq known_synced = 0;
  /// Keeps what PlanSalvage keeps, refuses nothing for what is missing, and does without a note.
  bool accept_loss = false;
  /// REQUIRES: its numbers are larger than those of all files in the directory.
  NumberAllocator allocate;
};

/// Makes the note of a log that has no segment yet. A store has one from before its first CURRENT
/// on: without a note there is no recovery.
Status CreateNote(Env& env, const std::string& dir, uint64_t store_id);

/// The log as it is after recovery; CommitLog goes on from here.
struct RecoveredLog {
  /// The newest record, in the log or the tables. All of them are on stable storage.
  Seq last_seq = 0;
  /// Behind it. Zero if nobody followed, or after a loss.
  StreamPosition stream;
  SegmentWriter active;
  NoteFile note;                  // names the active segment, and last_seq
  std::vector<KeptSegment> kept;  // in order; the active one is not among them
  Seq kept_seq = 0;  // the newest record that is there; less than last_seq after a loss

  /// With accept_loss: what lay in the place of a file, was none, and has these names now.
  std::vector<std::string> set_aside;

  uint64_t replayed_groups = 0;
  uint64_t copied_groups = 0;
  uint64_t torn_bytes = 0;
  bool resumed = false;  // it goes on in the segment that it ended in
};

/// Gets the records above flushed_seq, in order: whole batches, one or more a call. Operation i
/// of `ops` has the seq first_seq + i. An error ends recovery.
using ApplyRecords = std::function<Status(Seq first_seq, uint32_t op_count, std::string_view ops)>;

/// kCorruption if records that were on stable storage are lost: the error names file, offset and
/// seqs, and nothing in the directory has changed. kIo if a call failed. kNoSpace if there is no
/// room for even a small new segment, and none to go on in.
Result<RecoveredLog> RecoverLog(Env& env, const RecoveryOptions& options,
                                const ApplyRecords& apply);

}  // namespace cordwood::storage
