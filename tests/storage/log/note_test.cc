#include "storage/log/note.h"

#include <gtest/gtest.h>

#include <string>

#include "base/coding.h"
#include "base/hash.h"
#include "storage/log/note_file.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kStoreId = 0x1234;

LogNote NoteOf(uint64_t counter) {
  return {.store_id = kStoreId,
          .counter = counter,
          .segment = 20 + counter,
          .ordinal = 10 + counter,
          .salt = 0xfeedfacecafebeef,
          .known_synced = 1000 + counter};
}

std::string Slot(const LogNote& note) {
  std::string slot(kNoteSlotBytes, '\0');
  EncodeNoteSlot(note, slot);
  return slot;
}

/// A file of the notes 6 and 7.
std::string BothSlots() { return Slot(NoteOf(6)) + Slot(NoteOf(7)); }

Result<LogNote> Decode(std::string_view bytes) { return DecodeNote(bytes, kStoreId, "d/NOTE"); }

TEST(LogNote, HasTheBytesOfTheSpecification) {
  const std::string slot = Slot(NoteOf(7));
  EXPECT_EQ(slot.substr(0, 8), "CWLGNOTE");
  EXPECT_EQ(LoadFixed<uint64_t>(slot.data() + 8), Hash64(std::string_view(slot).substr(16), 4096));
  EXPECT_EQ(LoadFixed<uint32_t>(slot.data() + 16), 1u);
  EXPECT_EQ(LoadFixed<uint32_t>(slot.data() + 20), 0u);
  EXPECT_EQ(LoadFixed<uint64_t>(slot.data() + 24), kStoreId);
  EXPECT_EQ(LoadFixed<uint64_t>(slot.data() + 32), 7u);
  EXPECT_EQ(LoadFixed<uint64_t>(slot.data() + 40), 27u);
  EXPECT_EQ(LoadFixed<uint64_t>(slot.data() + 48), 17u);
  EXPECT_EQ(LoadFixed<uint64_t>(slot.data() + 56), 0xfeedfacecafebeef);
  EXPECT_EQ(LoadFixed<uint64_t>(slot.data() + 64), 1007u);
  EXPECT_TRUE(AllZero(std::string_view(slot).substr(72)));
}

TEST(LogNote, TheLargerCounterWins) {
  EXPECT_EQ(*Decode(BothSlots()), NoteOf(7));
  EXPECT_EQ(*Decode(Slot(NoteOf(8)) + Slot(NoteOf(7))), NoteOf(8));
}

TEST(LogNote, AnyFlippedBitOfASlotLeavesTheOtherOne) {
  for (uint64_t at = 0; at < kNoteBytes; ++at) {
    std::string bytes = BothSlots();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
    const Result<LogNote> note = Decode(bytes);
    ASSERT_TRUE(note) << note.error().message();
    EXPECT_EQ(*note, NoteOf(at < kNoteSlotBytes ? 7 : 6)) << at;
  }
}

TEST(LogNote, ASlotThatIsCutOffLeavesTheFirstOne) {
  for (const uint64_t size : {4096, 4097, 8191}) {
    EXPECT_EQ(*Decode(BothSlots().substr(0, size)), NoteOf(6)) << size;
  }
}

TEST(LogNote, NoWholeSlotIsRefused) {
  for (const std::string& bytes :
       {std::string(), std::string(kNoteBytes, '\0'), BothSlots().substr(0, 4095),
        std::string(kNoteSlotBytes, '#') + Slot(NoteOf(7)).replace(100, 1, "#")}) {
    const Result<LogNote> note = Decode(bytes);
    ASSERT_FALSE(note);
    EXPECT_EQ(note.error().code(), ErrorCode::kCorruption);
    EXPECT_TRUE(note.error().message().starts_with("d/NOTE: both slots are damaged"))
        << note.error().message();
  }
}

TEST(LogNote, ASlotInThePlaceOfTheOtherCountsForNothing) {
  EXPECT_EQ(*Decode(Slot(NoteOf(6)) + Slot(NoteOf(8))), NoteOf(6));
  EXPECT_FALSE(Decode(Slot(NoteOf(7)) + Slot(NoteOf(6))));
}

TEST(LogNote, ASlotOfAnotherStoreIsRefused) {
  LogNote other = NoteOf(5);
  other.store_id = 77;
  for (const std::string& bytes :
       {Slot(NoteOf(6)) + Slot(other), std::string(kNoteSlotBytes, '#') + Slot(other)}) {
    const Result<LogNote> note = Decode(bytes);
    ASSERT_FALSE(note);
    EXPECT_EQ(note.error().code(), ErrorCode::kCorruption);
    EXPECT_TRUE(note.error().message().starts_with(
        "d/NOTE: the slot at offset 4096 is that of another store"));
  }
}

TEST(LogNote, AnotherVersionIsRefusedWhateverTheOtherSlotSays) {
  std::string slot = Slot(NoteOf(7));
  slot[16] = 2;
  StoreFixed(slot.data() + 8, Hash64(std::string_view(slot).substr(16), 4096));
  const Result<LogNote> note = Decode(Slot(NoteOf(6)) + slot);
  ASSERT_FALSE(note);
  EXPECT_EQ(note.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(note.error().message(),
            "d/NOTE: the slot at offset 4096 has format version 2; this program knows version 1");
}

// --- the file ---

class NoteFileTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env_.CreateDir("d"));
    ASSERT_TRUE(env_.SyncDir("."));
  }
  Result<LogNote> Read() { return ReadNote(env_, "d", kStoreId); }

  support::SimEnv env_{1};
};

TEST_F(NoteFileTest, AMissingFileIsRefusedByName) {
  const Result<LogNote> note = Read();
  ASSERT_FALSE(note);
  EXPECT_EQ(note.error().code(), ErrorCode::kCorruption);
  EXPECT_TRUE(note.error().message().starts_with("d/NOTE: missing"));
}

TEST_F(NoteFileTest, IsWholeFromTheStartOn) {
  ASSERT_TRUE(NoteFile::Replace(env_, "d", {.store_id = kStoreId, .known_synced = 3}));
  const std::string bytes = *env_.ReadDurable("d/NOTE");
  ASSERT_EQ(bytes.size(), kNoteBytes);
  for (const uint64_t offset : {uint64_t{0}, kNoteSlotBytes}) {
    EXPECT_EQ(DecodeNoteSlot(bytes.substr(offset, kNoteSlotBytes), offset)->known_synced, 3u);
  }
}

TEST_F(NoteFileTest, WritesTheSlotsInTurn) {
  Result<NoteFile> file = NoteFile::Replace(env_, "d", {.store_id = kStoreId});
  ASSERT_TRUE(file);
  for (Seq seq = 1; seq <= 5; ++seq) {
    const std::string before = *env_.ReadDurable("d/NOTE");
    ASSERT_TRUE(file->Write({.ordinal = 1, .known_synced = seq}));
    const std::string after = *env_.ReadDurable("d/NOTE");
    EXPECT_EQ(Decode(after)->known_synced, seq) << "it is on stable storage";
    const uint64_t kept = NoteSlotOffset(file->last().counter - 1);
    EXPECT_EQ(after.substr(kept, kNoteSlotBytes), before.substr(kept, kNoteSlotBytes));
  }
}

TEST_F(NoteFileTest, WritesTheSameSlotAgainWhereThereWasNoSpace) {
  Result<NoteFile> file = NoteFile::Replace(env_, "d", {.store_id = kStoreId});
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->Write({.ordinal = 1, .known_synced = 1}));
  const uint64_t counter = file->last().counter;
  for (const auto op : {support::SimOp::kWrite, support::SimOp::kSync}) {
    env_.FailNext(op, "NOTE", ErrorCode::kNoSpace);
    const Status full = file->Write({.ordinal = 1, .known_synced = 2});
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code(), ErrorCode::kNoSpace);
    EXPECT_EQ(file->last().counter, counter);
    EXPECT_GE(Read()->known_synced, 1u) << "the newer slot is whole";
  }
  ASSERT_TRUE(file->Write({.ordinal = 1, .known_synced = 2}));
  EXPECT_EQ(file->last().counter, counter + 1);
  EXPECT_EQ(Read()->known_synced, 2u);
}

TEST_F(NoteFileTest, ARenewalWithoutSpaceWritesOverTheOlderSlot) {
  ASSERT_TRUE(NoteFile::Replace(env_, "d", {.store_id = kStoreId, .known_synced = 1}));
  LogNote next = *Read();
  next.known_synced = 2;
  env_.SetDiskBytes(env_.UsedDiskBytes());
  const Result<NoteFile> file = NoteFile::Renew(env_, "d", next);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(*Read(), file->last());
  EXPECT_EQ(Read()->known_synced, 2u);
  EXPECT_EQ(Read()->counter, next.counter + 1);
  EXPECT_FALSE(*env_.Exists("d/NOTE.tmp"));
}

TEST_F(NoteFileTest, ARenewalThatIsCutAtAnyCallLeavesTheOldNoteOrTheNewOne) {
  for (uint64_t call = 1; call <= 8; ++call) {
    support::SimEnv env(call);
    ASSERT_TRUE(env.CreateDir("d"));
    ASSERT_TRUE(env.SyncDir("."));
    ASSERT_TRUE(NoteFile::Replace(env, "d", {.store_id = kStoreId, .known_synced = 1}));
    LogNote next = *ReadNote(env, "d", kStoreId);
    next.known_synced = 2;
    env.CrashAtCall(env.Calls() + call);
    const bool renewed = NoteFile::Renew(env, "d", next).has_value();
    for (uint64_t seed = 0; seed < 10; ++seed) {
      const auto after = env.CopyAfterPowerLoss(seed);
      const Result<LogNote> note = ReadNote(*after, "d", kStoreId);
      ASSERT_TRUE(note) << note.error().message() << " at call " << call;
      EXPECT_GE(note->known_synced, renewed ? 2u : 1u);
      EXPECT_LE(note->known_synced, 2u);
      EXPECT_TRUE(NoteFile::Renew(*after, "d", *note)) << "over what the crash left";
    }
  }
}

}  // namespace
}  // namespace cordwood::storage
