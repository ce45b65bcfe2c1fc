// Segments made ahead, full disks, batches larger than a segment, and segments let go.

#include <gtest/gtest.h>

#include <string>

#include "storage/file_names.h"
#include "storage/log/commit_log.h"
#include "tests/storage/log/log_rig.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimOp;

/// A quota that a test opens and closes.
struct Gate {
  bool open = true;
  int asked = 0;

  SpaceGate Function() {
    return [this](uint64_t) -> Status {
      ++asked;
      if (open) return {};
      return Fail(ErrorCode::kNoSpace, "the quota is used up");
    };
  }
};

TEST(LogSpace, HasTheNextSegmentBeforeTheFirstIsHalfUsed) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.Segments().size(), 1u);
  rig.Commit();
  EXPECT_EQ(rig.Segments().size(), 2u);
  EXPECT_EQ(rig.log().stats().segments, 2u);
}

// While it is being made nobody knows whether there will be room for it.
TEST(LogSpace, MakesWritersWaitWhenHalfIsUsedAndTheNextSegmentIsNotReady) {
  Gate gate;
  LogRig rig({.segment_bytes = 128 << 10, .gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  bool release = false;
  rig.env().Schedule(Lane::kSegments, [&] { rig.env().Await([&] { return release; }); });
  rig.env().Step();
  int commits = 0;
  for (; !rig.log().room().SegmentIsLate(); ++commits) {
    ASSERT_LT(commits, 32) << "the whole segment is used up";
    rig.Append();
    rig.log().Kick();
    rig.env().RunForMs(10);
  }
  EXPECT_GE(commits, 13);
  EXPECT_FALSE(rig.log().room().full());
  EXPECT_TRUE(rig.log().room().HasRoomFor(0)) << "what frees space may go on";
  gate.open = false;
  release = true;
  rig.env().Schedule(Lane::kCompaction, [] {});
  rig.env().RunUntilIdle();
  EXPECT_TRUE(rig.log().room().full());
  EXPECT_FALSE(rig.log().room().AcceptsWrites());
  EXPECT_TRUE(rig.log().room().HasRoomFor(0, rig.log().room().spare_bytes()));
}

TEST(LogSpace, GoesOnInTheNextSegmentAndMakesAnother) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 10; ++i) rig.Commit(1, 9000);
  EXPECT_EQ(rig.log().synced(), 10u);
  EXPECT_EQ(rig.Segments().size(), 6u) << "two groups a segment, and one ahead";
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 10u);
}

TEST(LogSpace, MakesTheSegmentInTheLogTaskWhenItsLaneIsBusy) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  bool release = false;
  rig.env().Schedule(Lane::kSegments, [&] { rig.env().Await([&] { return release; }); });
  rig.env().Step();
  for (int i = 0; i < 3; ++i) {
    rig.Append(1, 9000);
    rig.log().Kick();
    rig.env().RunForMs(100);
  }
  EXPECT_EQ(rig.log().synced(), 3u);
  release = true;
  rig.env().Schedule(Lane::kCompaction, [] {});
  rig.env().RunUntilIdle();
}

TEST(LogSpace, IsFullWhenNoSegmentCanBeMadeAndResumesByItself) {
  Gate gate;
  LogRig rig({.gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  gate.open = false;
  rig.Commit();
  EXPECT_TRUE(rig.log().room().full());
  EXPECT_FALSE(rig.log().failed());
  ASSERT_FALSE(rig.log().status());
  EXPECT_EQ(rig.log().status().error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(rig.log().synced(), 1u) << "what is reserved still works";

  gate.open = true;
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_TRUE(rig.log().room().full()) << "not before a second is over";
  rig.env().AdvanceMs(1001);
  const int calls = rig.progress_calls();
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_FALSE(rig.log().room().full());
  EXPECT_TRUE(rig.log().status());
  EXPECT_GT(rig.progress_calls(), calls) << "the listener hears of it";
}

TEST(LogSpace, TriesAtMostOnceASecond) {
  Gate gate;
  LogRig rig({.gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  gate.open = false;
  rig.Commit();
  const int asked = gate.asked;
  for (int i = 0; i < 50; ++i) {
    rig.env().AdvanceMs(100);
    rig.log().Tick();
    rig.env().RunUntilIdle();
    EXPECT_TRUE(rig.log().room().full());
  }
  EXPECT_GE(gate.asked - asked, 4);
  EXPECT_LE(gate.asked - asked, 5);
}

// A quota in bytes.
struct Quota {
  uint64_t left = 0;
  SpaceGate Function() {
    return [this](uint64_t bytes) -> Status {
      if (bytes <= left) return {};
      return Fail(ErrorCode::kNoSpace, "the quota is used up");
    };
  }
};

TEST(LogSpace, MakesASmallerSegmentWhereAWholeOneDoesNotFit) {
  Quota quota;
  LogRig rig({.segment_bytes = 1 << 20, .gate = quota.Function()});
  quota.left = 300 << 10;
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  EXPECT_FALSE(rig.log().room().full());
  EXPECT_EQ(rig.log().stats().segment_bytes, (1u << 20) + (256u << 10));
  quota.left = 10 << 10;
  while (!rig.log().room().full()) {
    ASSERT_LT(rig.appended(), 1000u);
    rig.Commit();
  }
  EXPECT_EQ(rig.log().synced(), rig.appended());
  quota.left = 1 << 20;
  rig.log().RetrySegments();
  rig.env().RunUntilIdle();
  EXPECT_FALSE(rig.log().room().full()) << "not only after a second";
}

// What was let in must not wait for a segment that cannot be made.
TEST(LogSpace, HasRoomForWhatFitsIntoOneOfTheSegmentsThatAreThere) {
  Quota quota;
  LogRig rig({.segment_bytes = 1 << 20, .gate = quota.Function()});
  quota.left = 100 << 10;
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 900 << 10);
  EXPECT_TRUE(rig.log().room().HasRoomFor(80 << 10));
  EXPECT_FALSE(rig.log().room().HasRoomFor(200 << 10));
  EXPECT_EQ(rig.log().Reserve(200 << 10), Admission::kWait);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().Reserve(200 << 10), Admission::kNoSpace);
  EXPECT_TRUE(rig.log().room().HasRoomFor(80 << 10)) << "the small one is still there";
  quota.left = 1 << 20;
  rig.log().RetrySegments();
  rig.env().RunUntilIdle();
  EXPECT_TRUE(rig.log().room().HasRoomFor(200 << 10));
}

TEST(LogSpace, TellsWhyASegmentCouldNotBeMade) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (const ErrorCode code : {ErrorCode::kNoDescriptors, ErrorCode::kNotFound}) {
    rig.env().FailNext(SimOp::kCreate, ".wal", code, true);
    while (!rig.log().room().full()) rig.Commit(1, 9000);
    ASSERT_FALSE(rig.log().status());
    EXPECT_EQ(rig.log().status().error().code(), code);
    rig.env().ClearFaults();
    rig.env().AdvanceMs(1001);
    rig.log().Tick();
    rig.env().RunUntilIdle();
    EXPECT_FALSE(rig.log().room().full());
  }
}

// A smaller segment would only put it off: tables need as much.
TEST(LogSpace, ALimitOfFileSizeIsToldWithWhatASegmentNeeds) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 9000);
  rig.Commit(1, 9000);
  rig.env().SetFileBytesMax(24'000);
  rig.Commit(1, 9000);  // in the next segment, and there is no other behind it
  EXPECT_TRUE(rig.log().room().full());
  const Status shortage = rig.log().shortage();
  ASSERT_FALSE(shortage);
  EXPECT_EQ(shortage.error().code(), ErrorCode::kFileLimit);
  EXPECT_TRUE(shortage.error().message().contains("is 24000 bytes and has to be at least 32768"))
      << shortage.error().message();
  EXPECT_FALSE(rig.log().failed());
  rig.env().SetFileBytesMax(UINT64_MAX);
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_FALSE(rig.log().room().full());
  EXPECT_TRUE(rig.log().shortage());
}

TEST(LogSpace, ALimitOfFileSizeIsToldOfASegmentForOneBatchToo) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().SetFileBytesMax(40'000);
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kWait);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kNoSpace);
  EXPECT_FALSE(rig.log().room().full());
  ASSERT_FALSE(rig.log().shortage());
  EXPECT_EQ(rig.log().shortage().error().code(), ErrorCode::kFileLimit);
}

// Rule F1: what became of the write is unknown.
TEST(LogSpace, AWriteBeyondTheLimitOfFileSizeIsFinal) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().SetFileBytesMax(4096);
  rig.Commit();
  EXPECT_TRUE(rig.log().failed());
  EXPECT_EQ(rig.log().status().error().code(), ErrorCode::kFileLimit);
}

TEST(LogSpace, KeepsHalfOfASegmentForCommandsThatFreeSpace) {
  Gate gate;
  LogRig rig({.segment_bytes = 128 << 10, .gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  gate.open = false;
  rig.Commit();
  int writes = 0;
  while (rig.log().room().AcceptsWrites()) {
    rig.Commit();
    ASSERT_LT(++writes, 100);
  }
  EXPECT_GE(writes, 10);
  int frees = 0;
  while (rig.log().room().HasRoomFor(0, rig.log().room().spare_bytes())) {
    rig.Commit();
    ASSERT_LT(++frees, 100);
  }
  EXPECT_GE(frees, 10);
  EXPECT_EQ(rig.log().synced(), rig.appended()) << "all of it fitted what was reserved";
}

TEST(LogSpace, HoldsWhatDoesNotFitUntilThereIsSpace) {
  Gate gate;
  LogRig rig({.gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  gate.open = false;
  rig.Commit(1, 9000);
  rig.Commit(1, 9000);
  rig.Commit(1, 9000);  // nobody asked AcceptsWrites
  rig.Commit(1, 9000);
  EXPECT_EQ(rig.log().synced(), 2u);
  EXPECT_FALSE(rig.log().room().HasRoomFor(0, rig.log().room().spare_bytes()));
  EXPECT_FALSE(rig.log().failed());
  gate.open = true;
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  rig.Observe();
  EXPECT_EQ(rig.log().synced(), 4u);
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
}

TEST(LogSpace, StopTellsWhatCouldNotBeStored) {
  Gate gate;
  LogRig rig({.gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  gate.open = false;
  for (int i = 0; i < 4; ++i) rig.Commit(1, 9000);
  const Status stopped = rig.Stop();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kNoSpace);
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 2u);
  EXPECT_EQ(rig.copied_groups(), 0u);
}

TEST(LogSpace, StopTriesOnceMore) {
  Gate gate;
  LogRig rig({.gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  gate.open = false;
  for (int i = 0; i < 4; ++i) rig.Commit(1, 9000);
  gate.open = true;
  ASSERT_TRUE(rig.Stop());
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 4u);
}

TEST(LogSpace, AFullDiskIsNotAFailureAndTheStoreStartsOnIt) {
  Gate gate;
  LogRig rig({.segment_bytes = 2 << 20, .gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  gate.open = false;
  rig.env().SetDiskBytes(rig.env().UsedDiskBytes() + (512 << 10));
  rig.Commit();
  EXPECT_TRUE(rig.log().room().full());
  EXPECT_EQ(rig.log().synced(), 1u);
  rig.Kill();
  ASSERT_TRUE(rig.Open()) << "a small segment is enough";
  EXPECT_EQ(rig.recovered(), 1u);
  rig.Commit();
  EXPECT_TRUE(rig.log().room().full());
  while (rig.log().room().AcceptsWrites()) {
    ASSERT_LT(rig.appended(), 60u) << "the small segment is used up";
    rig.Commit();
  }
  EXPECT_TRUE(rig.log().room().HasRoomFor(0, rig.log().room().spare_bytes()));
  EXPECT_EQ(rig.log().synced(), rig.appended());
}

TEST(LogSpace, ASegmentThatCouldNotBeMadeLeavesNoFile) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.env().FailNext(SimOp::kSync, "000002.wal", ErrorCode::kIo);
  rig.Commit();
  EXPECT_TRUE(rig.log().room().full()) << "the log itself is healthy";
  EXPECT_FALSE(rig.log().failed());
  EXPECT_EQ(rig.Segments().size(), 1u);
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_FALSE(rig.log().room().full());
}

// --- batches larger than a segment ---

TEST(LargeBatch, GetsASegmentOfItsOwn) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kWait);
  const int calls = rig.progress_calls();
  rig.env().RunUntilIdle();
  EXPECT_GT(rig.progress_calls(), calls);
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kReady);
  rig.Commit(1, 100'000);
  EXPECT_EQ(rig.log().synced(), 2u);
  rig.Commit();
  rig.Commit(1, 9000);
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 4u);
}

TEST(LargeBatch, WaitsForTheGroupBeforeIt) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Append(1, 20'000);
  EXPECT_EQ(rig.log().Reserve(20'000), Admission::kWait);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().Reserve(20'000), Admission::kReady);
}

TEST(LargeBatch, IsRefusedWhenItsSegmentCannotBeMade) {
  Gate gate;
  LogRig rig({.gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  gate.open = false;
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kWait);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kNoSpace);
  EXPECT_EQ(rig.log().Reserve(1'000), Admission::kReady);
  EXPECT_FALSE(rig.log().room().full()) << "others are not concerned";
  gate.open = true;
  EXPECT_EQ(rig.log().Reserve(50'000), Admission::kWait) << "a smaller one may fit, in a second";
  rig.env().RunUntilIdle();
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().Reserve(50'000), Admission::kReady);
  EXPECT_EQ(rig.log().Reserve(600'000), Admission::kWait);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().Reserve(600'000), Admission::kReady);
}

// Each attempt fills the disk: nobody makes one that nobody asks for any more.
TEST(LargeBatch, IsNotTriedAgainUnlessSomebodyAsks) {
  Gate gate;
  LogRig rig({.gate = gate.Function()});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  gate.open = false;
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kWait);
  rig.env().RunUntilIdle();
  const int asked = gate.asked;
  for (int i = 0; i < 20; ++i) {
    rig.env().AdvanceMs(1001);
    rig.log().Tick();
    rig.env().RunUntilIdle();
  }
  EXPECT_EQ(gate.asked, asked);
}

TEST(LargeBatch, GivesBackASegmentThatNobodyTakes) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  EXPECT_EQ(rig.log().Reserve(100'000), Admission::kWait);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.Segments().size(), 3u);
  rig.env().AdvanceMs(10'001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.Segments().size(), 2u);
  rig.Commit(1, 100'000);
  EXPECT_EQ(rig.log().synced(), 2u);
}

TEST(LargeBatch, IsTakenWithoutAskingToo) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit(2, 300'000);
  EXPECT_EQ(rig.log().synced(), 2u);
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 2u);
}

// --- letting segments go ---

TEST(ReleaseThrough, RemovesSegmentsWhoseRecordsAreAllFlushed) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 9; ++i) rig.Commit(1, 9000);
  EXPECT_EQ(rig.Segments().size(), 6u);
  rig.log().ReleaseThrough(5);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.Segments().size(), 5u) << "seq 6 shares a segment with seq 5, and one is a spare";
  rig.Flush();
  EXPECT_EQ(rig.Segments().size(), 3u) << "the active one, the next one and a spare stay";
  EXPECT_EQ(rig.log().stats().segments, 3u);
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 9u);
  EXPECT_EQ(rig.replayed_groups(), 0u);
  rig.Commit();
  rig.LosePower(2, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 10u);
}

// The manifest may have noted the old segment, and a crash leaves the new one without a header.
TEST(ReleaseThrough, KeepsASegmentUntilItsSuccessorIsOnStableStorage) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit(1, 9000);
  ASSERT_EQ(rig.log().synced(), 3u) << "the third is in another segment";
  rig.Flush();
  rig.log().ReleaseThrough(2);
  rig.env().RunUntilIdle();
  const std::string noted = rig.NewestSegment();
  EXPECT_TRUE(*rig.env().Exists(noted));
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 9000);
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.Settle();
  rig.Flush();
  EXPECT_FALSE(*rig.env().Exists(noted));
}

TEST(ReleaseThrough, AlsoCoversSegmentsOfEarlierLives) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 5; ++i) rig.Commit(1, 9000);
  ASSERT_TRUE(rig.Stop());
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.Segments().size(), 4u);
  rig.Commit();
  rig.Flush();
  EXPECT_EQ(rig.Segments().size(), 3u);
}

TEST(ReleaseThrough, TriesAgainWhatCouldNotBeRemoved) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 5; ++i) rig.Commit(1, 9000);
  rig.env().FailNext(SimOp::kRemove, "000002.wal", ErrorCode::kIo);
  rig.Flush();
  EXPECT_FALSE(rig.log().failed());
  rig.Flush();
  EXPECT_EQ(rig.log().stats().segments, 3u);
}

// --- using segments again ---

TEST(Recycling, UsesSegmentsAgainInsteadOfMakingNewOnes) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 60; ++i) {
    rig.Commit(1, 9000);
    if (i % 6 == 5) rig.Flush();
  }
  EXPECT_GT(rig.log().stats().recycled, 8u);
  EXPECT_LE(rig.Segments().size(), 7u);
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 60u);
}

TEST(Recycling, IsForPromisesThatSyncEveryGroup) {
  LogRig rig({.durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 9; ++i) rig.Commit(1, 9000);
  rig.log().SyncSoon(9);
  rig.Settle();
  rig.Flush();
  EXPECT_EQ(rig.log().stats().recycled, 0u);
  EXPECT_EQ(rig.Segments().size(), 2u);
}

TEST(Recycling, LeavesNothingBehindWhenAStepFails) {
  for (const SimOp op : {SimOp::kRename, SimOp::kOpen, SimOp::kLinkCount, SimOp::kRead}) {
    SCOPED_TRACE(static_cast<int>(op));
    LogRig rig({});
    ASSERT_TRUE(rig.Open());
    for (int i = 0; i < 5; ++i) rig.Commit(1, 9000);
    rig.env().FailNext(op, ".wal", ErrorCode::kIo);
    rig.Flush();
    EXPECT_FALSE(rig.log().failed());
    EXPECT_EQ(rig.log().stats().segments, rig.Segments().size());
    rig.Commit(1, 9000);
    rig.LosePower(1, PowerLoss::kDrop);
    ASSERT_TRUE(rig.Open());
    EXPECT_EQ(rig.recovered(), 6u);
  }
}

TEST(Recycling, GivesSparesBackWhenTheDiskIsFull) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 5; ++i) rig.Commit(1, 9000);
  rig.Flush();
  const size_t before = rig.Segments().size();
  rig.env().SetDiskBytes(rig.env().UsedDiskBytes());
  for (int i = 0; i < 12 && !rig.log().room().full(); ++i) rig.Commit(1, 9000);
  EXPECT_TRUE(rig.log().room().full());
  rig.Settle();
  EXPECT_LE(rig.Segments().size(), before + 1);
}

// --- space that is reserved, and written back early ---

TEST(ReservedSpace, IsAskedForWhereNotEveryGroupIsSynced) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.env().FailNext(SimOp::kReserve, ".wal", ErrorCode::kUnsupported);
  for (int i = 0; i < 12; ++i) rig.Commit(1, 9000);
  EXPECT_EQ(rig.log().visible(), 12u) << "zeros do as well";
  EXPECT_FALSE(rig.log().room().full());
}

TEST(ReservedSpace, ThatThereIsNotMakesTheLogFull) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.env().FailNext(SimOp::kReserve, ".wal", ErrorCode::kNoSpace);
  rig.Commit();
  rig.Settle();
  EXPECT_TRUE(rig.log().room().AcceptsWrites()) << "a smaller one, or another try";
}

TEST(WriteBack, ThatIsRefusedIsReplacedBySyncs) {
  for (const SimOp op : {SimOp::kWriteBack, SimOp::kAwaitWriteBack}) {
    SCOPED_TRACE(static_cast<int>(op));
    LogRig rig({.segment_bytes = 16 << 20, .durability = Durability::kNever});
    ASSERT_TRUE(rig.Open());
    rig.env().FailNext(op, ".wal", ErrorCode::kUnsupported);
    for (int i = 0; i < 35; ++i) rig.Commit(1, 100'000);
    EXPECT_EQ(rig.log().synced(), 0u) << "less than 4 MiB";
    for (int i = 0; i < 65; ++i) rig.Commit(1, 100'000);
    EXPECT_FALSE(rig.log().failed());
    EXPECT_EQ(rig.log().visible(), 100u);
    EXPECT_EQ(rig.log().synced(), 84u) << "twice, with 42 groups each";
    EXPECT_EQ(rig.log().stats().sync_ns.count, 2u);
  }
}

// So a later sync finds at most 4 MiB that are not on their way, or there.
TEST(WriteBack, IsWaitedForBeforeFourMebibytesAreUnderWay) {
  LogRig rig({.segment_bytes = 16 << 20, .durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  rig.env().Stall(SimOp::kAwaitWriteBack, ".wal", 500);
  uint64_t written = 0;
  uint64_t unwaited = 0;  // since a call took long
  for (int i = 0; i < 140; ++i) {
    const uint64_t before = rig.env().MonotonicNs();
    rig.Commit(1, 100'000);
    written += 100'000;
    unwaited += 100'000;
    if (rig.env().MonotonicNs() - before < 500'000'000) continue;
    EXPECT_EQ(rig.log().visible(), static_cast<Seq>(i + 1)) << "nobody who was written waits";
    unwaited = 2 << 20;  // so much may still be under way
  }
  EXPECT_GT(written, 12u << 20);
  EXPECT_LE(unwaited, SegmentWriter::kUnwrittenMax);
  EXPECT_EQ(rig.log().synced(), 0u);
}

TEST(WriteBack, OfWhatWasSyncedIsNotWaitedFor) {
  LogRig rig({.segment_bytes = 16 << 20, .durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.env().FailNext(SimOp::kAwaitWriteBack, ".wal", ErrorCode::kIo);
  for (int i = 0; i < 100; ++i) {
    rig.Commit(1, 100'000);
    if (i % 20 != 19) continue;
    rig.env().AdvanceMs(1001);
    rig.log().Tick();
    rig.Settle();
  }
  EXPECT_FALSE(rig.log().failed());
}

// It may have swallowed what the next sync would have said.
TEST(WriteBack, ThatFailsIsFinal) {
  for (const SimOp op : {SimOp::kWriteBack, SimOp::kAwaitWriteBack}) {
    LogRig rig({.segment_bytes = 16 << 20, .durability = Durability::kNever});
    ASSERT_TRUE(rig.Open());
    rig.env().FailNext(op, ".wal", ErrorCode::kIo);
    for (int i = 0; i < 60; ++i) rig.Commit(1, 100'000);
    EXPECT_TRUE(rig.log().failed());
  }
}

}  // namespace
}  // namespace cordwood::storage
