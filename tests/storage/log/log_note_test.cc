// The newest segment that the log had is lost, or older than it was: every start must notice, and
// no start may notice what no damage did. The rig checks the promises at every recovery.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/format.h"
#include "storage/file_names.h"
#include "storage/log/note_file.h"
#include "tests/storage/log/log_rig.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"
#include "tests/support/sim_random.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimOp;
using support::SimRandom;

constexpr Durability kDurabilities[] = {Durability::kAlways, Durability::kEverySecond,
                                        Durability::kNever};

std::string NameOf(Durability durability) {
  switch (durability) {
    case Durability::kAlways:
      return "Always";
    case Durability::kEverySecond:
      return "EverySecond";
    case Durability::kNever:
      return "Never";
  }
  return "";
}

std::string NotePathOfRig() { return NotePath(LogRig::kDir); }

LogNote NoteOf(LogRig& rig) {
  const Result<LogNote> note = ReadNote(rig.env(), std::string(LogRig::kDir), LogRig::kStoreId);
  EXPECT_TRUE(note) << note.error().message();
  return note ? *note : LogNote{};
}

/// Ticks every tenth of a second, as a loop does.
void PassMs(LogRig& rig, uint64_t ms) {
  for (uint64_t passed = 0; passed < ms; passed += 100) {
    rig.env().AdvanceMs(100);
    rig.log().Tick();
    rig.Settle();
  }
}

void ExpectRefusedWithoutAChange(LogRig& rig, const std::string& start) {
  const auto before = rig.Snapshot();
  const Status opened = rig.Open();
  ASSERT_FALSE(opened) << "nobody noticed";
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
  EXPECT_TRUE(opened.error().message().starts_with(start)) << opened.error().message();
  EXPECT_EQ(rig.Snapshot(), before) << "the directory is untouched";
}

// --- the newest segment lost ---

/// A log that was killed a while after its last write, with its newest segment two seconds before.
class LostSegment : public testing::TestWithParam<Durability> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(rig_.Open());
    for (int i = 0; i < 3; ++i) rig_.Commit(1, 9000);
    rig_.Flush();
    for (int i = 0; i < 4; ++i) rig_.Commit(1, 9000);
    newest_ = rig_.NewestSegment();
    older_ = *rig_.env().ReadRaw(newest_);
    PassMs(rig_, 1000);
    rig_.Commit(2, 100);
    ASSERT_EQ(rig_.NewestSegment(), newest_);
    // Under kNever nothing but a full memtable or a stop would sync it, and who was told?
    if (GetParam() == Durability::kNever) rig_.log().SyncSoon(rig_.appended());
    PassMs(rig_, 2000);
    rig_.Kill();
  }

  void MustRefuse(const std::string& what) {
    ExpectRefusedWithoutAChange(rig_, newest_ + ": lost data at offset " + what);
  }

  LogRig rig_{{.durability = GetParam()}};
  std::string newest_;
  std::string older_;
};

TEST_P(LostSegment, DeletedIsRefused) {
  ASSERT_TRUE(rig_.env().RemoveRaw(newest_));
  MustRefuse("0: the segment is missing");
}

TEST_P(LostSegment, EmptiedIsRefused) {
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, ""));
  MustRefuse("0: the segment header is damaged: the file ends at 0");
}

TEST_P(LostSegment, CutInItsHeaderIsRefused) {
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, older_.substr(0, 100)));
  MustRefuse("0: the segment header is damaged: the file ends at 100");
}

TEST_P(LostSegment, ZeroedIsRefused) {
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, std::string(older_.size(), '\0')));
  MustRefuse("0: the segment header is damaged");
}

TEST_P(LostSegment, GarbledIsRefused) {
  std::string garbled = *rig_.env().ReadRaw(newest_);
  for (char& byte : garbled) byte = static_cast<char>(byte ^ 0x5a);
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, garbled));
  MustRefuse("0: the segment header is damaged");
}

TEST_P(LostSegment, GarbledBehindItsHeaderIsRefused) {
  std::string garbled = *rig_.env().ReadRaw(newest_);
  for (size_t at = kLogAlign; at < garbled.size(); ++at) garbled[at] = '#';
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, garbled));
  MustRefuse("4096: the frame is damaged or missing; seqs ");
}

TEST_P(LostSegment, ACopyTwoSecondsOlderIsRefused) {
  ASSERT_NE(*rig_.env().ReadRaw(newest_), older_);
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, older_));
  MustRefuse("16464: the frame is damaged or missing; seqs 8 to 9");
}

TEST_P(LostSegment, AnotherStoresIsRefused) {
  const auto number = ParseFileName(std::string_view(newest_).substr(4))->number;
  std::string other = *rig_.env().ReadRaw(newest_);
  const SegmentHeader header{.number = number, .ordinal = 99, .store_id = 1, .bytes = other.size()};
  EncodeSegmentHeader(header, std::span(other).first(kLogAlign));
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, other));
  ExpectRefusedWithoutAChange(rig_, newest_ + ": the header at offset 0 is that of another store");
}

TEST_P(LostSegment, OneOfTheSameOrdinalWithAnotherSaltIsRefused) {
  std::string other = *rig_.env().ReadRaw(newest_);
  SegmentHeader header = *DecodeSegmentHeader(std::string_view(other).substr(0, kLogAlign));
  header.salt ^= 1;
  EncodeSegmentHeader(header, std::span(other).first(kLogAlign));
  ASSERT_TRUE(rig_.env().WriteRaw(newest_, other));
  MustRefuse("0: the segment is another one than the log ended in");
}

TEST_P(LostSegment, IsRefusedAlsoWhenTheTablesHoldWhatIsKnown) {
  ASSERT_TRUE(rig_.Open());
  PassMs(rig_, 1000);
  rig_.Flush();
  rig_.Kill();
  const std::string newest = rig_.NewestSegment();
  ASSERT_TRUE(rig_.env().RemoveRaw(newest));
  ExpectRefusedWithoutAChange(rig_, newest + ": lost data at offset 0: the segment is missing");
}

// --- the note lost ---

TEST_P(LostSegment, AMissingNoteIsRefused) {
  ASSERT_TRUE(rig_.env().RemoveRaw(NotePathOfRig()));
  ExpectRefusedWithoutAChange(rig_, NotePathOfRig() + ": missing");
}

TEST_P(LostSegment, ANoteWithoutAWholeSlotIsRefused) {
  ASSERT_TRUE(rig_.env().FlipBit(NotePathOfRig(), 70, 0));
  ASSERT_TRUE(rig_.env().FlipBit(NotePathOfRig(), kNoteSlotBytes + 4000, 7));
  ExpectRefusedWithoutAChange(rig_, NotePathOfRig() + ": both slots are damaged");
}

TEST_P(LostSegment, AnotherStoresNoteIsRefused) {
  LogRig other({});
  LogNote foreign = NoteOf(rig_);
  foreign.store_id = 1;
  ASSERT_TRUE(NoteFile::Replace(other.env(), std::string(LogRig::kDir), foreign));
  ASSERT_TRUE(rig_.env().WriteRaw(NotePathOfRig(), *other.env().ReadRaw(NotePathOfRig())));
  ExpectRefusedWithoutAChange(rig_, NotePathOfRig() + ": the slot at offset 0 is that of another");
}

TEST_P(LostSegment, OneDamagedSlotOfTheNoteIsNormal) {
  const auto whole = rig_.Snapshot();
  for (const uint64_t at : {uint64_t{50}, kNoteSlotBytes + 50}) {
    for (const auto& [path, bytes] : whole) ASSERT_TRUE(rig_.env().WriteRaw(path, bytes));
    ASSERT_TRUE(rig_.env().FlipBit(NotePathOfRig(), at, 3));
    ASSERT_TRUE(rig_.Open());
    EXPECT_EQ(rig_.recovered(), 9u);
    rig_.Kill();
  }
}

INSTANTIATE_TEST_SUITE_P(Log, LostSegment, testing::ValuesIn(kDurabilities),
                         [](const auto& suite) { return NameOf(suite.param); });

// --- what the note says, and when ---

TEST(Note, TellsSWithinASecondAfterItMoved) {
  for (const Durability durability : kDurabilities) {
    LogRig rig({.durability = durability});
    ASSERT_TRUE(rig.Open());
    for (int i = 0; i < 3; ++i) {
      rig.Commit();
      rig.log().SyncSoon(rig.appended());
      rig.Settle();
      ASSERT_EQ(rig.log().synced(), rig.appended());
      PassMs(rig, 1000);
      EXPECT_EQ(NoteOf(rig).known_synced, rig.appended());
    }
  }
}

TEST(Note, TellsSAboutOnceASecondHoweverMuchIsWritten) {
  LogRig rig({.segment_bytes = 4 << 20});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  const uint64_t before = NoteOf(rig).counter;
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 5; ++j) rig.Commit();
    PassMs(rig, 100);
  }
  const uint64_t writes = NoteOf(rig).counter - before;
  EXPECT_GE(writes, 9u);
  EXPECT_LE(writes, 11u) << "in ten seconds and 500 groups";
}

TEST(Note, IsNotTouchedByAnIdleLog) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  PassMs(rig, 2000);
  const uint64_t calls = rig.env().Calls();
  PassMs(rig, 5000);
  EXPECT_EQ(rig.env().Calls(), calls);
}

TEST(Note, NamesTheNewSegmentBeforeAnybodySeesItsFirstGroup) {
  for (const Durability durability : kDurabilities) {
    LogRig rig({.durability = durability});
    ASSERT_TRUE(rig.Open());
    rig.Commit(1, 9000);
    rig.Commit(1, 9000);
    const uint64_t frames = rig.log().stats().frames;
    rig.env().StallSyncs("NOTE", 50);
    rig.Append(1, 9000);
    rig.log().Kick();
    rig.env().RunForMs(40);
    rig.Append();
    rig.log().Kick();
    rig.env().RunForMs(5);
    EXPECT_EQ(rig.log().visible(), 2u) << "the third is in another segment";
    EXPECT_EQ(rig.log().stats().frames, frames + 1) << "and none is written behind it";
    rig.Settle();
    EXPECT_EQ(rig.log().visible(), 4u);
    EXPECT_GE(rig.log().synced(), 3u);
    EXPECT_EQ(NoteOf(rig).ordinal, 2u);
    EXPECT_EQ(NoteOf(rig).known_synced, 3u);
  }
}

// What tells S runs on a lane of its own: however slow, groups are written and acknowledged.
TEST(Note, HoldsNoGroupUp) {
  LogRig rig({.segment_bytes = 1 << 20});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().StallSyncs("NOTE", 5000);
  rig.env().AdvanceMs(950);
  rig.log().Tick();
  for (int i = 0; i < 20; ++i) {
    rig.Append();
    rig.log().Kick();
    rig.env().RunForMs(10);
    EXPECT_EQ(rig.log().synced(), rig.appended());
  }
}

TEST(Note, OfAFailedWriteOrSyncIsFinal) {
  for (const SimOp op : {SimOp::kWrite, SimOp::kSync}) {
    for (const bool at_a_switch : {true, false}) {
      LogRig rig({});
      ASSERT_TRUE(rig.Open());
      rig.Commit(1, 9000);
      rig.Commit(1, 9000);
      rig.env().FailNext(op, "NOTE", ErrorCode::kIo);
      if (at_a_switch) {
        rig.Commit(1, 9000);
      } else {
        PassMs(rig, 1000);
      }
      EXPECT_TRUE(rig.log().failed());
      EXPECT_FALSE(rig.log().status());
      EXPECT_EQ(rig.log().visible(), 2u);
      const uint64_t calls = rig.env().Calls();
      rig.Append();
      PassMs(rig, 2000);
      EXPECT_FALSE(rig.log().Stop());
      EXPECT_EQ(rig.env().Calls(), calls) << "a failed file is not touched again";
      EXPECT_EQ(rig.log().visible(), 2u);
      rig.Kill();
      ASSERT_TRUE(rig.Open());
      EXPECT_EQ(rig.recovered(), at_a_switch ? 3u : 2u);
    }
  }
}

TEST(Note, WithoutSpaceIsFullAndGoesOnByItself) {
  for (const SimOp op : {SimOp::kWrite, SimOp::kSync}) {
    LogRig rig({});
    ASSERT_TRUE(rig.Open());
    rig.Commit(1, 9000);
    rig.Commit(1, 9000);
    rig.env().FailNext(op, "NOTE", ErrorCode::kNoSpace, true);
    rig.Commit(1, 9000);
    EXPECT_EQ(rig.log().visible(), 2u) << "it is not noted";
    EXPECT_FALSE(rig.log().failed());
    EXPECT_TRUE(rig.log().room().full());
    EXPECT_EQ(rig.log().status().error().code(), ErrorCode::kNoSpace);
    EXPECT_FALSE(rig.log().room().AcceptsWrites());
    PassMs(rig, 3000);
    EXPECT_EQ(rig.log().visible(), 2u);
    rig.env().ClearFaults();
    PassMs(rig, 1100);
    EXPECT_EQ(rig.log().visible(), 3u);
    EXPECT_FALSE(rig.log().room().full());
    rig.Commit();
    EXPECT_EQ(rig.log().visible(), 4u);
    ASSERT_TRUE(rig.Stop());
    ASSERT_TRUE(rig.Open());
    EXPECT_EQ(rig.recovered(), 4u);
  }
}

TEST(Note, AStopWithoutSpaceForItEndsAndTells) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 9000);
  rig.Commit(1, 9000);
  rig.env().FailNext(SimOp::kWrite, "NOTE", ErrorCode::kNoSpace, true);
  rig.Commit(1, 9000);
  const Status stopped = rig.Stop();
  ASSERT_FALSE(stopped) << "the third was never acknowledged";
  EXPECT_EQ(stopped.error().code(), ErrorCode::kNoSpace);
  rig.env().ClearFaults();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 3u) << "and is there all the same";
}

TEST(Note, AStartWithoutSpaceForANewOneWritesOverTheOlderSlot) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit(1, 9000);
  rig.Kill();
  rig.env().FailNext(SimOp::kOpen, "NOTE.tmp", ErrorCode::kNoSpace, true);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 3u);
  EXPECT_EQ(NoteOf(rig).known_synced, 3u);
  rig.Commit();
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 4u);
}

TEST(Note, ACleanStopTellsAll) {
  for (const Durability durability : kDurabilities) {
    LogRig rig({.durability = durability});
    ASSERT_TRUE(rig.Open());
    rig.Commit();
    ASSERT_TRUE(rig.Stop());
    EXPECT_EQ(NoteOf(rig).known_synced, 1u);
  }
}

TEST(Note, IsNamedBeforeAnyOlderSegmentGoes) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit(1, 9000);
  rig.env().FailNext(SimOp::kWrite, "NOTE", ErrorCode::kNoSpace, true);
  rig.Commit(1, 9000);
  rig.Commit(1, 9000);
  const std::string noted = LogPath(LogRig::kDir, NoteOf(rig).segment);
  rig.log().ReleaseThrough(4);
  rig.env().RunUntilIdle();
  EXPECT_TRUE(*rig.env().Exists(noted));
}

// --- crashes ---

struct Life {
  const char* name;
  void (*run)(LogRig&);
};

/// Two switches, S told in between, a release.
void SwitchesAndTicks(LogRig& rig) {
  for (int i = 0; i < 6 && !rig.env().frozen(); ++i) {
    rig.Commit(1, 9000);
    if (i % 2 == 1) PassMs(rig, 1000);
    if (i == 4) rig.Flush();
  }
}

void ReleasesAndAStop(LogRig& rig) {
  for (int i = 0; i < 5 && !rig.env().frozen(); ++i) {
    rig.Commit(1, 9000);
    if (i > 1) rig.Flush();
  }
  if (!rig.env().frozen()) IgnoreError(rig.Stop(), "the world may be frozen");
}

constexpr Life kLives[] = {{"SwitchesAndTicks", SwitchesAndTicks},
                           {"ReleasesAndAStop", ReleasesAndAStop}};

class NoteAtEveryCall : public testing::TestWithParam<std::tuple<Life, Durability>> {
 protected:
  LogRig MakeRig() const { return LogRig({.seed = seed_, .durability = std::get<1>(GetParam())}); }

  /// Runs the life until call `call`, or to its end.
  void Run(LogRig& rig, uint64_t call) const {
    if (call != 0) rig.env().CrashAtCall(call);
    const Status opened = rig.Open();
    if (opened) return std::get<0>(GetParam()).run(rig);
    EXPECT_TRUE(rig.env().frozen()) << opened.error().message();
  }

  uint64_t Calls() const {
    LogRig rig = MakeRig();
    Run(rig, 0);
    return rig.env().Calls();
  }

  const uint64_t seed_ = support::BaseSeed();
};

// Whatever was acknowledged by then, the loss of the newest segment is noticed, or took nothing.
TEST_P(NoteAtEveryCall, ACrashThatTakesTheNewestSegmentAlongIsNoticed) {
  const uint64_t calls = Calls();
  uint64_t refused = 0;
  for (uint64_t call = 3; call <= calls + 1; ++call) {
    for (const bool power : {false, true}) {
      SCOPED_TRACE(Format("CORDWOOD_SEED={} call {} of {}", seed_, call, calls));
      LogRig rig = MakeRig();
      Run(rig, call);
      if (power) {
        rig.LosePower(call, PowerLoss::kDrop);
      } else {
        rig.Kill();
      }
      const std::string newest = rig.NewestSegment();
      if (newest.empty()) continue;
      ASSERT_TRUE(rig.env().RemoveRaw(newest));
      const Status opened = rig.Open();
      if (opened) {
        EXPECT_GE(rig.recovered(), rig.owed());
      } else {
        ++refused;
        EXPECT_TRUE(opened.error().message().starts_with(newest)) << opened.error().message();
      }
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(refused, calls);
}

TEST_P(NoteAtEveryCall, APowerLossAndTwoMoreInRecoveryRefuseNoStart) {
  const uint64_t calls = Calls();
  SimRandom random(seed_);
  const uint64_t step = support::FullRun() ? 1 : 4;
  for (uint64_t call = 3 + seed_ % step; call <= calls + 1; call += step) {
    for (uint64_t in_recovery = 1;; ++in_recovery) {
      SCOPED_TRACE(
          Format("CORDWOOD_SEED={} call {} of {}, then {}", seed_, call, calls, in_recovery));
      LogRig rig = MakeRig();
      Run(rig, call);
      rig.LosePower(random.Next());
      bool cut = false;
      for (int again = 0; again < 2; ++again) {
        rig.env().CrashAtCall(in_recovery);
        const Status opened = rig.Open();
        if (again == 0) cut = !opened;
        ASSERT_TRUE(opened || rig.env().frozen()) << opened.error().message();
        rig.LosePower(random.Next());
      }
      ASSERT_TRUE(rig.Open()) << rig.env().Report();
      rig.Commit(1, 9000);
      EXPECT_EQ(rig.log().visible(), rig.recovered() + 1);
      rig.LosePower(random.Next(), PowerLoss::kDrop);
      ASSERT_TRUE(rig.Open()) << rig.env().Report();
      if (HasFailure()) return;
      if (!cut) break;
    }
  }
}

// No space from some call on, then a power loss, then a start on the full disk.
TEST_P(NoteAtEveryCall, AFullDiskRefusesNoStartThatHasItsSpace) {
  const uint64_t calls = Calls();
  SimRandom random(seed_);
  for (uint64_t call = 3; call <= calls; call += support::FullRun() ? 1 : 3) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={} call {} of {}", seed_, call, calls));
    LogRig rig = MakeRig();
    rig.env().FailNext(SimOp::kWrite, "NOTE", ErrorCode::kNoSpace, true);
    ASSERT_FALSE(rig.Open()) << "a start needs its note";
    rig.env().ClearFaults();
    Run(rig, call + rig.env().Calls());
    rig.LosePower(random.Next());
    rig.env().FailNext(SimOp::kOpen, "NOTE.tmp", ErrorCode::kNoSpace, true);
    ASSERT_TRUE(rig.Open()) << rig.env().Report();
    rig.LosePower(random.Next());
    ASSERT_TRUE(rig.Open()) << rig.env().Report();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Log, NoteAtEveryCall,
                         testing::Combine(testing::ValuesIn(kLives),
                                          testing::ValuesIn(kDurabilities)),
                         [](const auto& suite) {
                           return std::get<0>(suite.param).name + NameOf(std::get<1>(suite.param));
                         });

}  // namespace
}  // namespace cordwood::storage
