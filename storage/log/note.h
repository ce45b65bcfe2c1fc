#pragma once

// The bytes of the log's note (docs/STORAGE_FORMAT.md, "The note"): which segment is the newest of
// the log, and how far the log was on stable storage. Two slots of a sector each, written in turn,
// so that one is whole whatever becomes of the other.
//
//   | slot 0: even counters | slot 1: odd counters |
//   0                       4096                   8192
//
// Encoding and checking only: nothing here opens a file.
//
// Threads: any; no state.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/entry.h"
#include "storage/log/frame.h"

namespace cordwood::storage {

inline constexpr uint64_t kNoteSlotBytes = kLogAlign;
inline constexpr uint64_t kNoteBytes = 2 * kNoteSlotBytes;

/// What a slot says: the log has a segment with this ordinal, or one with a larger one; if it has
/// none with a larger one, this salt is that segment's; and every record with a seq up to
/// known_synced was on stable storage. It says nothing else.
struct LogNote {
  uint64_t store_id = 0;
  uint64_t counter = 0;  // the larger one is the newer note
  uint64_t segment = 0;  // its number, to name its file
  uint64_t ordinal = 0;  // 0: there is no segment yet
  uint64_t salt = 0;
  Seq known_synced = 0;

  friend bool operator==(const LogNote&, const LogNote&) = default;
};

/// Where the slot of a note with this counter stands.
inline constexpr uint64_t NoteSlotOffset(uint64_t counter) { return counter % 2 * kNoteSlotBytes; }

/// REQUIRES: slot.size() == kNoteSlotBytes.
void EncodeNoteSlot(const LogNote& note, std::span<char> slot);

/// What the slot at `offset` says. kCorruption if it is not a whole slot of that place,
/// kUnsupported if another version wrote it.
Result<LogNote> DecodeNoteSlot(std::string_view slot, uint64_t offset);

/// The newer note of a file with these bytes; `path` is for errors. One slot that is not whole is
/// what a power cut leaves. kCorruption if both are not, or one is of another store.
Result<LogNote> DecodeNote(std::string_view bytes, uint64_t store_id, const std::string& path);

}  // namespace cordwood::storage
