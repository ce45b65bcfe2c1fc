// Starts that find no space for a new segment, and go on in the one that there is.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/write_batch.h"
#include "tests/storage/log/log_rig.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;

void Sync(LogRig& rig) {
  rig.env().AdvanceMs(1001);
  rig.log().Tick();
  rig.Settle();
}

TEST(ResumedSegment, ServesStartAfterStart) {
  for (const Durability durability :
       {Durability::kAlways, Durability::kEverySecond, Durability::kNever}) {
    SCOPED_TRACE(static_cast<int>(durability));
    LogRig rig({.durability = durability});
    ASSERT_TRUE(rig.Open());
    rig.Commit(1, 1000);
    const std::string segment = rig.NewestSegment();
    rig.env().SetDiskBytes(1);
    for (Seq life = 1; life <= 5; ++life) {
      rig.Kill();
      ASSERT_TRUE(rig.Open());
      EXPECT_TRUE(rig.resumed());
      EXPECT_EQ(rig.recovered(), life);
      EXPECT_EQ(rig.Segments(), std::vector{segment});
      rig.Commit(1, 500);
      EXPECT_TRUE(rig.log().room().full());
    }
    rig.env().SetDiskBytes(UINT64_MAX);
    Sync(rig);
    rig.env().AdvanceMs(1001);
    rig.log().Tick();
    rig.Settle();
    EXPECT_FALSE(rig.log().room().full());
    for (int i = 0; i < 20; ++i) rig.Commit(1, 5000);
    rig.Kill();
    ASSERT_TRUE(rig.Open());
    EXPECT_FALSE(rig.resumed());
    EXPECT_EQ(rig.recovered(), 26u);
  }
}

/// A value with which the frame of the second record takes a sector.
size_t ValueOfASector() {
  size_t bytes = 0;
  for (uint64_t frame_bytes = 0; frame_bytes < kLogAlign; ++bytes) {
    WriteBatch batch;
    batch.Put("key2", std::string(bytes, 'v'));
    frame_bytes = FrameBytes(batch.bytes().size());
  }
  return bytes - 1;
}

// A whole frame behind a torn one has the very seq that is due once one of the torn one's length
// stands in its place.
TEST(ResumedSegment, HasNoOldFramesBehindNewOnes) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 100);
  Sync(rig);
  rig.Commit(1, ValueOfASector());
  rig.Commit(1, 100);
  const std::string segment = rig.NewestSegment();
  rig.LosePower(1, PowerLoss::kKeep);
  constexpr uint64_t kSecondFrame = 8192;  // a sync was begun before it
  ASSERT_TRUE(rig.env().FlipBit(segment, kSecondFrame + 100, 0));
  rig.env().SetDiskBytes(1);
  ASSERT_TRUE(rig.Open());
  EXPECT_TRUE(rig.resumed());
  EXPECT_EQ(rig.recovered(), 1u);
  rig.Commit(1, ValueOfASector());
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 2u);
}

// The segment before it holds no record, and still its header is one of the chain: whoever goes on
// in the newest needs it, where a new one would have continued an older one.
TEST(ResumedSegment, KeepsTheSegmentsThatItContinues) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 1000);
  Sync(rig);
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  const std::string empty = rig.NewestSegment();
  rig.Append(1, 30'000);  // too large for the segment: it gets one of its own
  rig.log().Kick();
  const auto is_written = [&] {
    const auto bytes = rig.env().ReadRaw(rig.NewestSegment());
    return rig.NewestSegment() != empty && bytes && bytes->size() > 8192 && (*bytes)[8192] != 0;
  };
  while (!is_written()) ASSERT_TRUE(rig.env().Step());
  const std::string newest = rig.NewestSegment();
  rig.LosePower(1, PowerLoss::kKeep);
  ASSERT_TRUE(rig.env().FlipBit(newest, 8192, 0)) << "what was not synced is torn";
  rig.env().SetDiskBytes(1);
  ASSERT_TRUE(rig.Open());
  EXPECT_TRUE(rig.resumed());
  EXPECT_EQ(rig.NewestSegment(), newest);
  EXPECT_EQ(rig.recovered(), 1u);
  for (Seq life = 1; life <= 3; ++life) {
    rig.Kill();
    const Status opened = rig.Open();
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(rig.recovered(), 1u);
  }
}

TEST(ResumedSegment, IsNoneThatHasAnotherName) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit(1, 1000);
  const std::string segment = rig.NewestSegment();
  rig.Kill();
  ASSERT_TRUE(rig.env().LinkRaw(segment, "/db/held"));
  const std::string before = *rig.env().ReadRaw("/db/held");
  rig.env().SetDiskBytes(1);
  const Status opened = rig.Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(*rig.env().ReadRaw("/db/held"), before);
  rig.env().SetDiskBytes(UINT64_MAX);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 1u);
}

}  // namespace
}  // namespace cordwood::storage
