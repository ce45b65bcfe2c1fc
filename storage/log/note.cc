#include "storage/log/note.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"
#include "base/hash.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kNoteMagic = 0x45544f4e474c5743u;  // "CWLGNOTE"
constexpr uint32_t kNoteFormat = 1;

constexpr size_t kSlotChecksumAt = 8;
constexpr size_t kSlotVersionAt = 16;
constexpr size_t kSlotFieldsAt = 24;
constexpr size_t kSlotFieldCount = 6;
constexpr size_t kSlotFieldsEnd = kSlotFieldsAt + kSlotFieldCount * sizeof(uint64_t);

/// Seeded by the place, so that a slot that was copied over the other one counts for nothing.
uint64_t SlotChecksum(std::string_view slot, uint64_t offset) {
  return Hash64(slot.substr(kSlotVersionAt), offset);
}

}  // namespace

void EncodeNoteSlot(const LogNote& note, std::span<char> slot) {
  CHECK(slot.size() == kNoteSlotBytes);
  std::ranges::fill(slot, '\0');
  char* const at = slot.data();
  StoreFixed(at, kNoteMagic);
  StoreFixed(at + kSlotVersionAt, kNoteFormat);
  const uint64_t fields[kSlotFieldCount] = {note.store_id, note.counter, note.segment,
                                            note.ordinal,  note.salt,    note.known_synced};
  std::memcpy(at + kSlotFieldsAt, fields, sizeof(fields));
  StoreFixed(at + kSlotChecksumAt,
             SlotChecksum(std::string_view(at, kNoteSlotBytes), NoteSlotOffset(note.counter)));
}

Result<LogNote> DecodeNoteSlot(std::string_view slot, uint64_t offset) {
  if (slot.size() < kNoteSlotBytes || LoadFixed<uint64_t>(slot.data()) != kNoteMagic ||
      LoadFixed<uint64_t>(slot.data() + kSlotChecksumAt) !=
          SlotChecksum(slot.substr(0, kNoteSlotBytes), offset)) {
    return Fail(ErrorCode::kCorruption, Format("the slot at offset {} is damaged", offset));
  }
  const auto version = LoadFixed<uint32_t>(slot.data() + kSlotVersionAt);
  if (version != kNoteFormat) {
    return Fail(ErrorCode::kUnsupported,
                Format("the slot at offset {} has format version {}; this program knows version {}",
                       offset, version, kNoteFormat));
  }
  uint64_t fields[kSlotFieldCount];
  std::memcpy(fields, slot.data() + kSlotFieldsAt, sizeof(fields));
  const LogNote note{.store_id = fields[0],
                     .counter = fields[1],
                     .segment = fields[2],
                     .ordinal = fields[3],
                     .salt = fields[4],
                     .known_synced = fields[5]};
  const bool is_ours = LoadFixed<uint32_t>(slot.data() + kSlotVersionAt + sizeof(version)) == 0 &&
                       AllZero(slot.substr(kSlotFieldsEnd, kNoteSlotBytes - kSlotFieldsEnd)) &&
                       NoteSlotOffset(note.counter) == offset;
  if (is_ours) return note;
  return Fail(ErrorCode::kCorruption, Format("the slot at offset {} is malformed", offset));
}

Result<LogNote> DecodeNote(std::string_view bytes, uint64_t store_id, const std::string& path) {
  std::optional<LogNote> newest;
  for (const uint64_t offset : {uint64_t{0}, kNoteSlotBytes}) {
    if (bytes.size() < offset + kNoteSlotBytes) break;
    const Result<LogNote> note = DecodeNoteSlot(bytes.substr(offset, kNoteSlotBytes), offset);
    if (!note) {
      if (note.error().code() == ErrorCode::kCorruption) continue;
      return std::unexpected(note.error().Prefixed(path));
    }
    if (note->store_id != store_id) {
      return Fail(ErrorCode::kCorruption,
                  Format("{}: the slot at offset {} is that of another store; restore this "
                         "store's own, or the whole store from a backup",
                         path, offset));
    }
    if (!newest || note->counter > newest->counter) newest = *note;
  }
  if (newest) return *newest;
  return Fail(ErrorCode::kCorruption,
              Format("{}: both slots are damaged, the first at offset 0. They tell where the log "
                     "ends, without which lost records would go unnoticed; restore the whole store "
                     "from a backup, or do without it (cordwood repair)",
                     path));
}

}  // namespace cordwood::storage
