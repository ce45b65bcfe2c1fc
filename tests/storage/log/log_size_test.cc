// Segments that are small while little is written and of the full size under load.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/storage/log/log_rig.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimOp;

constexpr uint64_t kSmall = 64 << 10;
constexpr uint64_t kFull = 256 << 10;

class LogSize : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(rig_.Open()); }

  /// How many segments there are of each size.
  std::map<uint64_t, int> Sizes() {
    std::map<uint64_t, int> sizes;
    for (const std::string& path : rig_.Segments()) ++sizes[rig_.env().ReadRaw(path)->size()];
    return sizes;
  }
  /// Half of a small segment.
  void Load() {
    for (int i = 0; i < 4; ++i) rig_.Commit(1, 7000);
  }
  void Rest() {
    rig_.env().AdvanceMs(30'001);
    rig_.log().Tick();
    rig_.Settle();
  }
  /// Everything is there, after the power went, and the log goes on.
  void ExpectAllIsThere() {
    const Seq before = rig_.appended();
    rig_.LosePower(1, PowerLoss::kDrop);
    ASSERT_TRUE(rig_.Open());
    EXPECT_EQ(rig_.recovered(), before);
    rig_.Commit();
    EXPECT_EQ(rig_.log().synced(), before + 1);
  }

  LogRig rig_{{.segment_bytes = kFull, .small_segment_bytes = kSmall}};
};

TEST_F(LogSize, IsSmallAtTheStart) {
  rig_.Commit();
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 2}}));
}

TEST_F(LogSize, IsFullUnderLoad) {
  Load();
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 1}, {kFull, 1}})) << "before it is needed";
  for (int i = 0; i < 10; ++i) rig_.Commit(1, 7000);
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 1}, {kFull, 2}}));
  ExpectAllIsThere();
}

TEST_F(LogSize, IsSmallAgainAtRest) {
  for (int i = 0; i < 10; ++i) rig_.Commit(1, 7000);
  rig_.Flush();
  Rest();
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kFull, 1}, {kSmall, 1}})) << "active, and ready";
  EXPECT_EQ(rig_.log().stats().segment_bytes, kFull + kSmall);
  ExpectAllIsThere();
}

TEST_F(LogSize, LetsUsedSegmentsBeUsedAgainUnderLoadAndGivesThemBackAtRest) {
  for (int i = 0; i < 300; ++i) {
    rig_.Commit(1, 7000);
    if (i % 16 == 15) rig_.Flush();
  }
  EXPECT_GT(rig_.log().stats().recycled, 3u);
  rig_.Flush();
  EXPECT_EQ(Sizes()[kFull], 3) << "active, ready, and a spare";
  Rest();
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kFull, 1}, {kSmall, 1}}));
  for (int i = 0; i < 30; ++i) rig_.Commit(1, 7000);
  ExpectAllIsThere();
}

TEST_F(LogSize, TakesWhatIsThereWhereThereIsNoSpaceForMore) {
  rig_.Commit();
  ASSERT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 2}}));
  rig_.env().SetDiskBytes(rig_.env().UsedDiskBytes());
  Load();
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 2}}));
  EXPECT_FALSE(rig_.log().room().full());
  EXPECT_TRUE(rig_.log().room().AcceptsWrites());
  EXPECT_FALSE(rig_.log().room().SegmentIsLate());
  rig_.env().SetDiskBytes(UINT64_MAX);
  for (int i = 0; i < 3; ++i) rig_.Commit(1, 7000);
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 2}, {kFull, 1}})) << "with the next one";
  ExpectAllIsThere();
}

TEST_F(LogSize, MakesASegmentAnewThatCannotBeCut) {
  Load();
  ASSERT_EQ(Sizes()[kFull], 1);
  rig_.env().FailNext(SimOp::kTruncate, ".wal", ErrorCode::kIo);
  Rest();
  EXPECT_FALSE(rig_.log().failed());
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 2}}));
  ExpectAllIsThere();
}

// A backup may hold on to it.
TEST_F(LogSize, CutsNoSegmentThatHasAnotherName) {
  Load();
  for (const std::string& path : rig_.Segments()) {
    if (rig_.env().ReadRaw(path)->size() != kFull) continue;
    ASSERT_TRUE(rig_.env().LinkRaw(path, "/db/held"));
  }
  Rest();
  EXPECT_EQ(rig_.env().ReadRaw("/db/held")->size(), kFull);
  EXPECT_EQ(Sizes(), (std::map<uint64_t, int>{{kSmall, 2}}));
}

TEST_F(LogSize, AGroupThatIsLargerThanASmallSegmentFindsOne) {
  rig_.Commit(1, 60'000);
  EXPECT_EQ(rig_.log().synced(), 1u);
  ExpectAllIsThere();
}

}  // namespace
}  // namespace cordwood::storage
