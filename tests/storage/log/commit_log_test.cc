#include "storage/log/commit_log.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/log/segment_scan.h"
#include "tests/storage/log/log_rig.h"
#include "tests/support/seal.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;

TEST(CommitLog, IsEmptyAtTheStart) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.log().synced(), 0u);
  EXPECT_EQ(rig.log().visible(), 0u);
  EXPECT_FALSE(rig.log().failed());
  EXPECT_TRUE(rig.log().room().AcceptsWrites());
}

TEST(CommitLog, DoesNothingUntilItIsKicked) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  const uint64_t calls = rig.env().Calls();
  rig.Append();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.env().Calls(), calls);
  EXPECT_GT(rig.log().room().pending_bytes(), 0u);
  rig.Settle();
  EXPECT_EQ(rig.log().synced(), 1u);
  EXPECT_EQ(rig.log().room().pending_bytes(), 0u);
}

TEST(CommitLog, HasMemoryForALargeBatchOnlyWhileNoOtherIsOnItsWay) {
  LogRig rig({.segment_bytes = 1 << 20, .switch_percent = 100});
  ASSERT_TRUE(rig.Open());
  CommitLog& log = rig.log();
  log.SetGroupBytes(1000);
  EXPECT_TRUE(log.room().HasMemoryFor(5000)) << "one may be larger than the bound";
  rig.Append(1, 100);
  EXPECT_TRUE(log.room().HasMemoryFor(800));
  EXPECT_TRUE(log.room().HasMemoryFor(5000))
      << "behind small ones, which must not hold it up for ever";
  rig.Append(1, 5000);
  EXPECT_FALSE(log.room().HasMemoryFor(1));
  log.Kick();
  while (log.room().pending_bytes() > 0) ASSERT_TRUE(rig.env().Step());
  EXPECT_TRUE(log.room().HasMemoryFor(1000)) << "while it is written";
  EXPECT_FALSE(log.room().HasMemoryFor(1001)) << "two would be too many";
  rig.Settle();
  EXPECT_TRUE(log.room().HasMemoryFor(5000));
}

TEST(CommitLog, HasMemoryAgainWhenItTellsThatItGotAhead) {
  LogRig rig({.segment_bytes = 1 << 20});
  ASSERT_TRUE(rig.Open());
  rig.log().SetGroupBytes(1000);
  rig.Append(1, 5000);
  rig.log().Kick();
  // Whoever waits asks when S passes, and then not again for long.
  while (rig.log().synced() == 0) ASSERT_TRUE(rig.env().Step());
  EXPECT_TRUE(rig.log().room().HasMemoryFor(5000));
}

TEST(CommitLog, ShowsNothingBeforeTheSyncUnderAlways) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.env().StallSyncs(rig.NewestSegment(), 50);
  rig.Append(3);
  rig.log().Kick();
  rig.env().RunForMs(40);
  EXPECT_EQ(rig.log().visible(), 0u);
  EXPECT_EQ(rig.log().synced(), 0u);
  rig.env().RunForMs(40);
  EXPECT_EQ(rig.log().visible(), 3u);
  EXPECT_EQ(rig.log().synced(), 3u);
}

TEST(CommitLog, MakesOneGroupOfAllThatComesDuringASync) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.env().StallSyncs(rig.NewestSegment(), 50);
  rig.Append();
  rig.log().Kick();
  rig.env().RunForMs(10);
  for (int i = 0; i < 7; ++i) rig.Append();
  // No Kick: the log goes on by itself.
  rig.env().RunForMs(200);
  EXPECT_EQ(rig.log().synced(), 8u);
  const LogStats stats = rig.log().stats();
  EXPECT_EQ(stats.group_ops.count, 2u);
  EXPECT_EQ(stats.group_ops.max, 7u);
  EXPECT_EQ(stats.sync_ns.count, 2u);
  EXPECT_GE(stats.sync_ns.max, 50'000'000u);
}

TEST(CommitLog, TellsTheListenerAfterEveryGroup) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  const int before = rig.progress_calls();
  rig.Commit();
  EXPECT_EQ(rig.progress_calls(), before + 1);
}

TEST(CommitLog, PutsEachGroupOnSectorsOfItsOwn) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 10);
  rig.Commit(1, 5000);
  rig.Commit(2, 10);
  const Result<SegmentScan> scan = ScanSegment(rig.env(), std::string(LogRig::kDir), 1);
  ASSERT_TRUE(scan);
  ASSERT_EQ(scan->frames.size(), 4u);
  EXPECT_EQ(scan->frames[0].offset, 4096u);
  EXPECT_EQ(scan->frames[1].offset, 8192u);
  EXPECT_EQ(scan->frames[2].offset, 16384u);
  EXPECT_EQ(scan->frames[3].offset, 20480u);
  EXPECT_EQ(scan->frames[3].header.kind, FrameKind::kEmpty);
}

TEST(CommitLog, LeavesTheNewestSyncedSeqInAnEmptyFrameWhenIdle) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (Seq seq = 1; seq <= 3; ++seq) {
    rig.Commit();
    const Result<SegmentScan> scan = ScanSegment(rig.env(), std::string(LogRig::kDir), 1);
    ASSERT_TRUE(scan);
    const FrameRef& last = scan->frames.back();
    EXPECT_EQ(last.header.kind, FrameKind::kEmpty);
    EXPECT_EQ(last.header.known_synced, seq);
    EXPECT_EQ(last.header.first_seq, seq + 1);
    EXPECT_EQ(scan->frames.size(), seq + 1) << "the next group overwrites it";
  }
  // So a killed process leaves nothing in doubt.
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.copied_groups(), 0u);
  EXPECT_EQ(rig.replayed_groups(), 3u);
}

TEST(CommitLog, WritesNoEmptyFrameBetweenGroupsInARow) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.env().StallSyncs(".wal", 10);
  rig.Append();
  rig.log().Kick();
  for (int i = 0; i < 20; ++i) {
    rig.env().RunForMs(5);
    rig.Append();
  }
  rig.Settle();
  const LogStats stats = rig.log().stats();
  EXPECT_EQ(stats.frames, stats.group_ops.count + 1);
}

TEST(CommitLog, ReplaysAfterACleanStopAndCopiesNothing) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 5; ++i) rig.Append(2);
  ASSERT_TRUE(rig.Stop());
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 10u);
  EXPECT_EQ(rig.copied_groups(), 0u);
}

TEST(CommitLog, DropsWhatComesAfterAStop) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  ASSERT_TRUE(rig.log().Stop());
  const uint64_t calls = rig.env().Calls();
  rig.Append();
  rig.Settle();
  EXPECT_EQ(rig.log().Reserve(10), Admission::kClosed);
  EXPECT_FALSE(rig.log().room().AcceptsWrites());
  ASSERT_TRUE(rig.log().Stop()) << "a second one does nothing";
  EXPECT_EQ(rig.env().Calls(), calls);
  EXPECT_EQ(rig.log().visible(), 1u);
}

TEST(CommitLog, SurvivesItsDestructionWithAGroupInFlight) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Append();
  rig.log().Kick();
  rig.env().Step();
  rig.Append();
  rig.Drop();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 2u);
}

TEST(CommitLog, CountsFramesBytesAndSegments) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 5000);
  const LogStats stats = rig.log().stats();
  EXPECT_EQ(stats.frames, 2u);
  EXPECT_EQ(stats.bytes_written, 8192u + 4096u);
  EXPECT_EQ(stats.segments, 2u) << "the active one and the next one";
  EXPECT_EQ(stats.segment_bytes, 2u * (32 << 10));
  EXPECT_EQ(stats.torn_bytes, 0u);
}

// --- the stream of replication ---

StreamPosition StreamAt(uint64_t offset) { return {.id = {0xab, 0xcd}, .offset = offset}; }

TEST(CommitLogStream, IsThatBehindTheNewestBatchOfTheFrame) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.log().SetStream(StreamAt(10));
  rig.Append();
  rig.log().SetStream(StreamAt(20));
  rig.Append();
  rig.log().SetStream(StreamAt(30));  // of a batch that is not in the group yet
  rig.Settle();
  Result<SegmentScan> scan = ScanSegment(rig.env(), std::string(LogRig::kDir), 1);
  ASSERT_TRUE(scan);
  ASSERT_EQ(scan->frames.size(), 3u);
  EXPECT_EQ(scan->frames[0].header.stream, StreamPosition());
  EXPECT_EQ(scan->frames[1].header.stream, StreamAt(20));
  EXPECT_EQ(scan->frames[2].header.kind, FrameKind::kEmpty);
  EXPECT_EQ(scan->frames[2].header.stream, StreamAt(20));
  rig.Commit();
  scan = ScanSegment(rig.env(), std::string(LogRig::kDir), 1);
  ASSERT_TRUE(scan);
  EXPECT_EQ(scan->frames[2].header.stream, StreamAt(30));
}

TEST(CommitLogStream, IsFoundAgainAfterAStopAKillAndAPowerLoss) {
  LogRig rig({.durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  rig.log().SetStream(StreamAt(10));
  rig.Commit();
  rig.log().SetStream(StreamAt(20));
  rig.Commit();
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  EXPECT_GT(rig.copied_groups(), 0u);
  EXPECT_EQ(rig.recovered_stream(), StreamAt(20));
  // The copies carry it too, also where nothing tells but them.
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered_stream(), StreamAt(20));
  // Nothing was written since, and the segments with its frames go.
  ASSERT_TRUE(rig.Stop());
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered_stream(), StreamAt(20));
  const std::string oldest = rig.Segments().front();
  rig.Flush();
  ASSERT_TRUE(rig.Stop());
  EXPECT_FALSE(*rig.env().Exists(oldest));
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered_stream(), StreamAt(20));
}

TEST(CommitLogStream, EndsWithTheFirstBatchThatIsPartOfNone) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.log().SetStream(StreamAt(10));
  rig.Commit();
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered_stream(), StreamAt(10));
  rig.Commit();
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered_stream(), StreamPosition());
}

// The frame of the older layout had no stream, and its payload began elsewhere.
TEST(CommitLogStream, ALogOfTheOlderLayoutIsRefusedAndLeftAsItIs) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Drop();
  const std::string path = rig.Segments().front();
  std::string bytes = *rig.env().ReadRaw(path);
  bytes[16] = 1;
  support::SealSegment(bytes);
  ASSERT_TRUE(rig.env().WriteRaw(path, bytes));
  const auto before = rig.Snapshot();
  const Status opened = rig.Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(rig.Snapshot(), before);
}

// --- everysec and no ---

TEST(CommitLogEverySecond, ShowsAfterTheWriteAndSyncsASecondLater) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  EXPECT_EQ(rig.log().visible(), 1u);
  EXPECT_EQ(rig.log().synced(), 0u);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().synced(), 0u) << "the second is not over";
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().synced(), 1u);
}

TEST(CommitLogEverySecond, SyncsInABusyStreamWithoutTicks) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().AdvanceMs(1001);
  rig.Commit();
  EXPECT_GE(rig.log().synced(), 1u);
}

TEST(CommitLogEverySecond, DoesNotSyncWhenThereIsNothingToSync) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  const auto a_second_passes = [&] {
    rig.env().AdvanceMs(1001);
    rig.log().Tick();
    rig.env().RunUntilIdle();
  };
  a_second_passes();  // in which the note tells S
  const uint64_t calls = rig.env().Calls();
  for (int i = 0; i < 5; ++i) a_second_passes();
  EXPECT_EQ(rig.env().Calls(), calls);
}

TEST(CommitLogEverySecond, MakesWritersWaitAfterTwoSecondsWithoutASync) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  EXPECT_FALSE(rig.log().room().SyncIsLate());
  rig.env().StallSyncs(rig.NewestSegment(), 3000);
  rig.env().AdvanceMs(1500);
  rig.log().Tick();
  rig.env().RunForMs(100);
  EXPECT_FALSE(rig.log().room().SyncIsLate());
  rig.env().RunForMs(600);
  EXPECT_TRUE(rig.log().room().SyncIsLate());
  rig.env().RunForMs(3000);
  EXPECT_EQ(rig.log().synced(), 1u);
  EXPECT_FALSE(rig.log().room().SyncIsLate());
}

TEST(CommitLogEverySecond, CountsTheAgeOfWhatCameDuringTheSync) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().StallSyncs(rig.NewestSegment(), 2500);
  rig.env().AdvanceMs(1500);
  rig.log().Tick();
  rig.env().RunForMs(100);
  rig.Append();
  rig.log().Kick();
  rig.env().RunForMs(2450);
  EXPECT_EQ(rig.log().synced(), 1u);
  EXPECT_TRUE(rig.log().room().SyncIsLate()) << "the second record is 2.4 s old";
}

TEST(CommitLogNever, SyncsWhenASegmentEndsAndAtTheStop) {
  LogRig rig({.durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 9000);
  rig.Commit(1, 9000);
  rig.env().AdvanceMs(5000);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().synced(), 0u);
  EXPECT_FALSE(rig.log().room().SyncIsLate());
  rig.Commit(1, 9000);
  EXPECT_EQ(rig.log().synced(), 3u) << "the third does not fit the first segment";
  rig.Commit();
  EXPECT_EQ(rig.log().synced(), 3u);
  EXPECT_EQ(rig.log().visible(), 4u);
  ASSERT_TRUE(rig.Stop());
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 4u);
}

// --- changing the promise ---

TEST(SetDurability, KeepsThePromiseOfBatchesAppendedBefore) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.env().StallSyncs(rig.NewestSegment(), 50);
  rig.Append();
  rig.SetDurability(Durability::kEverySecond);
  rig.Append();
  rig.log().Kick();
  rig.env().RunForMs(40);
  EXPECT_EQ(rig.log().visible(), 0u) << "the first batch was promised a sync";
  rig.env().RunForMs(40);
  EXPECT_EQ(rig.log().visible(), 2u);
  EXPECT_EQ(rig.log().synced(), 2u);
  rig.Commit();
  EXPECT_EQ(rig.log().visible(), 3u);
  EXPECT_EQ(rig.log().synced(), 2u);
}

TEST(SetDurability, ToAlwaysSyncsWhatWasShownBefore) {
  LogRig rig({.durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  EXPECT_EQ(rig.log().synced(), 0u);
  rig.SetDurability(Durability::kAlways);
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().synced(), 1u);
}

// Nobody else would: the timer is that of everysec, and an idle log writes no group.
TEST(SetDurability, ToAlwaysSyncsWhatWasAppendedBeforeAndNotWritten) {
  for (const Durability before : {Durability::kEverySecond, Durability::kNever}) {
    for (int steps = 0; steps < 8; ++steps) {  // in the middle of the write, too
      LogRig rig({.durability = before});
      ASSERT_TRUE(rig.Open());
      rig.Append();
      rig.log().Kick();
      rig.Append();
      for (int i = 0; i < steps; ++i) rig.env().Step();
      rig.SetDurability(Durability::kAlways);
      rig.Settle();
      EXPECT_EQ(rig.log().synced(), 2u) << "after " << steps << " steps";
    }
  }
}

TEST(SetDurability, ToNeverStillSyncsWhatWasToBeSyncedWithinASecond) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Append();
  rig.SetDurability(Durability::kNever);
  rig.Settle();
  EXPECT_EQ(rig.log().synced(), 2u);
  rig.Commit();
  EXPECT_EQ(rig.log().synced(), 2u);
}

TEST(SetDurability, ToWhatItWasAsksForNothing) {
  LogRig rig({.durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.SetDurability(Durability::kNever);
  rig.Settle();
  EXPECT_EQ(rig.log().synced(), 0u);
}

TEST(SetDurability, NeverTakesVisibleBack) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().StallSyncs(rig.NewestSegment(), 50);
  rig.SetDurability(Durability::kAlways);
  rig.Append();
  rig.log().Kick();
  for (int i = 0; i < 30; ++i) {
    rig.env().RunForMs(5);
    EXPECT_GE(rig.log().visible(), 1u);
    EXPECT_TRUE(rig.log().visible() == 1 || rig.log().synced() == 2);
  }
  EXPECT_EQ(rig.log().synced(), 2u);
}

}  // namespace
}  // namespace cordwood::storage
