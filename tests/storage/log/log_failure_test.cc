// Calls of the environment that fail: what is final, what is not, and what is never promised.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/format.h"
#include "storage/log/commit_log.h"
#include "tests/storage/log/log_rig.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimOp;

/// After a failure of a segment in use: S and D stay, and no file is touched again.
void ExpectFinal(LogRig& rig) {
  const Seq synced = rig.log().synced();
  const Seq visible = rig.log().visible();
  EXPECT_TRUE(rig.log().failed());
  EXPECT_FALSE(rig.log().status());
  EXPECT_FALSE(rig.log().room().AcceptsWrites());
  EXPECT_FALSE(rig.log().room().HasRoomFor(0, rig.log().room().spare_bytes()));
  EXPECT_EQ(rig.log().Reserve(10), Admission::kClosed);
  const uint64_t calls = rig.env().Calls();
  for (int i = 0; i < 3; ++i) {
    rig.Commit();
    rig.env().AdvanceMs(1500);
    rig.log().Tick();
    rig.env().RunUntilIdle();
  }
  rig.SetDurability(Durability::kAlways);
  rig.env().RunUntilIdle();
  EXPECT_FALSE(rig.log().Stop());
  EXPECT_EQ(rig.log().synced(), synced);
  EXPECT_EQ(rig.log().visible(), visible);
  EXPECT_EQ(rig.log().room().pending_bytes(), 0u) << "nothing piles up";
  EXPECT_EQ(rig.env().Calls(), calls) << "a failed file is not touched again\n"
                                      << rig.env().Report();
}

TEST(LogFailure, AFailedSyncIsFinal) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().FailNext(SimOp::kSync, rig.NewestSegment(), ErrorCode::kIo);
  const int calls = rig.progress_calls();
  rig.Commit();
  EXPECT_GT(rig.progress_calls(), calls) << "the listener hears of it";
  EXPECT_EQ(rig.log().visible(), 1u);
  ExpectFinal(rig);
}

TEST(LogFailure, AFailedWriteIsFinal) {
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kNoSpace}) {
    LogRig rig({});
    ASSERT_TRUE(rig.Open());
    rig.Commit();
    rig.env().FailNext(SimOp::kWrite, rig.NewestSegment(), code);
    rig.Commit();
    EXPECT_EQ(rig.log().visible(), 1u);
    ExpectFinal(rig);
  }
}

TEST(LogFailure, AFailedSyncIsFinalUnderEverySecondToo) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.env().FailNext(SimOp::kSync, rig.NewestSegment(), ErrorCode::kIo);
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().synced(), 0u);
  EXPECT_EQ(rig.log().visible(), 1u);
  ExpectFinal(rig);
}

TEST(LogFailure, AFailedFirstWriteOfASegmentIsFinal) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 9000);
  rig.Commit(1, 9000);
  rig.env().FailNext(SimOp::kWrite, "000002.wal", ErrorCode::kIo);
  rig.Commit(1, 9000);
  EXPECT_EQ(rig.log().synced(), 2u);
  ExpectFinal(rig);
}

TEST(LogFailure, AFailedSyncDropsWhatWaitsBehindIt) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.env().StallSyncs(rig.NewestSegment(), 50);
  rig.env().FailNext(SimOp::kSync, rig.NewestSegment(), ErrorCode::kIo);
  rig.Append();
  rig.log().Kick();
  rig.env().RunForMs(20);
  rig.Append();
  rig.env().RunUntilIdle();
  EXPECT_EQ(rig.log().visible(), 0u);
  ExpectFinal(rig);
}

// The kernel forgets that pages are dirty when a sync fails. What a restart on the same kernel
// reads is therefore not what survives the next power loss, unless recovery writes it again.
TEST(LogFailure, WhatIsRecoveredAfterAFailedSyncSurvivesPowerLoss) {
  for (const Durability durability : {Durability::kAlways, Durability::kEverySecond}) {
    LogRig rig({.durability = durability});
    ASSERT_TRUE(rig.Open());
    for (int i = 0; i < 3; ++i) rig.Commit();
    rig.env().FailNext(SimOp::kSync, rig.NewestSegment(), ErrorCode::kIo);
    rig.Commit();
    rig.env().AdvanceMs(1001);
    rig.log().Tick();
    rig.env().RunUntilIdle();
    ASSERT_TRUE(rig.log().failed());
    rig.Kill();
    ASSERT_TRUE(rig.Open());
    EXPECT_EQ(rig.recovered(), 4u);
    rig.LosePower(1, PowerLoss::kDrop);
    ASSERT_TRUE(rig.Open());
    EXPECT_EQ(rig.recovered(), 4u);
  }
}

// Nor can it be written again where there is no space: then it is not taken for what is on the
// medium.
TEST(LogFailure, OnAFullDiskWhatAFailedSyncLeftIsNotBelieved) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit();
  rig.env().FailNext(SimOp::kSync, rig.NewestSegment(), ErrorCode::kIo);
  rig.Commit();
  ASSERT_TRUE(rig.log().failed());
  rig.Kill();
  rig.env().SetDiskBytes(1);
  const Status opened = rig.Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kNoSpace) << opened.error().message();
  rig.env().SetDiskBytes(UINT64_MAX);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 3u);
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 3u);
}

TEST(LogFailure, AFailedReadIsNeverTheEndOfTheLog) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 4; ++i) rig.Commit(1, 9000);
  rig.Kill();
  const auto before = rig.Snapshot();
  for (const SimOp op : {SimOp::kList, SimOp::kOpen, SimOp::kSize, SimOp::kRead}) {
    rig.env().FailNext(op, "/db", ErrorCode::kIo);
    const Status opened = rig.Open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::kIo);
    EXPECT_EQ(rig.Snapshot(), before);
  }
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 4u);
}

TEST(LogFailure, ABitThatFlipsOnTheWayInIsNotTakenForATornTail) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit(1, 2000);
  ASSERT_TRUE(rig.Stop());
  rig.Kill();
  for (int i = 0; i < 20; ++i) {
    rig.env().FlipNextRead("000001.wal");
    const Result<Seq> recovered = rig.RecoverOnCopy();
    if (recovered) {
      EXPECT_EQ(*recovered, 3u);
    }
  }
}

void LiveOnce(LogRig& rig) {
  if (!rig.Open()) return;
  for (int i = 0; i < 4; ++i) rig.Commit(1, 9000);
  rig.Flush();
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.Settle();
  rig.Commit(1, 50'000);
  rig.Commit();
  IgnoreError(rig.Stop(), "the promises are checked at the next Open");
  if (!rig.Open()) return;
  rig.Commit();
}

TEST(LogFailure, NoFailedCallBreaksAPromise) {
  uint64_t calls = 0;
  {
    LogRig rig({.seed = support::BaseSeed()});
    LiveOnce(rig);
    calls = rig.env().Calls();
  }
  for (uint64_t call = 1; call <= calls; ++call) {
    for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kNoSpace}) {
      for (const bool sticky : {false, true}) {
        SCOPED_TRACE(Format("CORDWOOD_SEED={} call {} {}{}", support::BaseSeed(), call,
                            ErrorCodeName(code), sticky ? ", sticky" : ""));
        LogRig rig({.seed = support::BaseSeed()});
        rig.env().FailCall(call, code, sticky);
        LiveOnce(rig);
        if (call % 2 == 0) {
          rig.Kill();
          ASSERT_TRUE(rig.Open()) << rig.env().Report();
        }
        rig.LosePower(call);
        ASSERT_TRUE(rig.Open()) << rig.env().Report();
        const Seq before = rig.recovered();
        rig.Commit(2);
        rig.LosePower(call, PowerLoss::kDrop);
        ASSERT_TRUE(rig.Open()) << rig.env().Report();
        EXPECT_EQ(rig.recovered(), before + 2);
        if (HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace cordwood::storage
