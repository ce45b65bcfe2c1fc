// The log's note, any bytes. Input: a byte of choices (1: the checksums of both slots are made
// right before), and the file in the short form of tests/support/seal.h.
//
// A slot that is read is the same when it is written. The note of a file is that of one of its
// slots, with the larger counter; a file that is refused is so by name.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/coding.h"
#include "base/hash.h"
#include "storage/log/note.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/seal.h"

namespace cordwood::fuzz {
namespace {

using storage::kNoteBytes;
using storage::kNoteSlotBytes;
using storage::LogNote;

constexpr uint64_t kStoreId = 77;
constexpr uint64_t kSlots[] = {0, kNoteSlotBytes};

void Seal(std::string& file) {
  for (const uint64_t offset : kSlots) {
    if (file.size() < offset + kNoteSlotBytes) return;
    const std::string_view rest = std::string_view(file).substr(offset + 16, kNoteSlotBytes - 16);
    StoreFixed(&file[offset + 8], Hash64(rest, offset));
  }
}

/// The notes of the slots that are whole.
std::vector<LogNote> CheckSlots(std::string_view file) {
  std::vector<LogNote> notes;
  for (const uint64_t offset : kSlots) {
    const std::string_view slot =
        file.substr(std::min<size_t>(offset, file.size()), kNoteSlotBytes);
    const Result<LogNote> note = storage::DecodeNoteSlot(slot, offset);
    if (!note) continue;
    std::string again(kNoteSlotBytes, '\0');
    storage::EncodeNoteSlot(*note, again);
    CHECK(slot == again && storage::NoteSlotOffset(note->counter) == offset);
    notes.push_back(*note);
  }
  return notes;
}

std::string File(const LogNote& first, const LogNote& second) {
  std::string file(kNoteBytes, '\0');
  storage::EncodeNoteSlot(first, std::span(file).first(kNoteSlotBytes));
  storage::EncodeNoteSlot(second, std::span(file).last(kNoteSlotBytes));
  return file;
}

}  // namespace

std::vector<std::string> Corpus() {
  const LogNote older{.store_id = kStoreId, .counter = 4, .segment = 9, .ordinal = 3, .salt = 5};
  LogNote newer = older;
  newer.counter = 5;
  newer.known_synced = 1000;
  LogNote foreign = newer;
  foreign.store_id = 1;
  std::vector<std::string> corpus;
  for (const std::string& choices : {std::string("\0", 1), std::string("\1")}) {
    corpus.push_back(choices + support::Pack(File(older, newer)));
    corpus.push_back(choices + support::Pack(File(older, foreign)));
    corpus.push_back(choices + support::Pack(File(older, newer).substr(0, kNoteSlotBytes)));
  }
  return corpus;
}

std::vector<std::string> Dictionary() {
  return {"CWLGNOTE", std::string("\1\0\0\0", 4), std::string("\x4d\0\0\0\0\0\0\0", 8)};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  const std::string_view input = fuzz::View(data, size);
  if (input.empty()) return 0;
  std::string file = support::Expand(input.substr(1));
  if ((input[0] & 1) != 0) fuzz::Seal(file);
  const std::vector<storage::LogNote> slots = fuzz::CheckSlots(file);
  const Result<storage::LogNote> note = storage::DecodeNote(file, fuzz::kStoreId, "d/NOTE");
  if (!note) {
    CHECK(note.error().code() == ErrorCode::kCorruption ||
          note.error().code() == ErrorCode::kUnsupported);
    CHECK(note.error().message().starts_with("d/NOTE: "));
    return 0;
  }
  CHECK(note->store_id == fuzz::kStoreId);
  CHECK(std::ranges::find(slots, *note) != slots.end());
  for (const storage::LogNote& slot : slots) {
    CHECK(slot.store_id == fuzz::kStoreId && slot.counter <= note->counter);
  }
  return 0;
}
