#include "storage/space.h"

#include <gtest/gtest.h>

#include <optional>

#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

// A ballast of 16 MiB; 16 MiB and what the manifest takes are kept beside it.
constexpr StoreOptions kSizes = {.log_segment_bytes = 8 * kMegabyte,
                                 .memtable_bytes = 2 * kMegabyte,
                                 .fragment_bytes = 4 * kMegabyte};
constexpr uint64_t kReserve = 16 * kMegabyte + (128 << 10);

class SpaceTest : public ::testing::Test {
 protected:
  SpaceTest() {
    EXPECT_TRUE(env_.CreateDir("/db"));
    Reset(kSizes);
  }
  ~SpaceTest() override { space_->Close(); }

  void Reset(const StoreOptions& options) {
    if (space_) space_->Close();
    space_.emplace(env_, "/db", options, [this] { return use_; }, [this] { ++changes_; });
    space_->Open();
  }
  void LetBallastGrow() {
    for (int i = 0; i < 100; ++i) Tick();
  }
  void Tick() {
    env_.AdvanceMs(100);
    space_->Tick();
    env_.RunUntilIdle();
  }
  void SetFree(uint64_t bytes) {
    env_.SetDiskBytes(env_.UsedDiskBytes() + bytes);
    for (int i = 0; i < 11; ++i) Tick();
  }

  support::SimEnv env_{1};
  Space::Use use_;
  int changes_ = 0;
  std::optional<Space> space_;
};

TEST_F(SpaceTest, MakesABallastWhereThereIsRoom) {
  LetBallastGrow();
  EXPECT_EQ(space_->ballast_bytes(), 16 * kMegabyte);
}

TEST_F(SpaceTest, RefusesWritesWhileWhatTheyCauseStillFits) {
  LetBallastGrow();
  SetFree(kReserve + 1);
  EXPECT_TRUE(space_->AcceptsWrites(0));
  use_.unflushed = 5 * kMegabyte;
  EXPECT_FALSE(space_->AcceptsWrites(0)) << "its flush would not fit";
  EXPECT_TRUE(space_->is_full());
  SetFree(kReserve + 6 * kMegabyte + 1);
  EXPECT_FALSE(space_->AcceptsWrites(0)) << "not before there is a little more";
  SetFree(kReserve + 9 * kMegabyte);
  EXPECT_TRUE(space_->AcceptsWrites(0));
  EXPECT_FALSE(space_->is_full());
}

TEST_F(SpaceTest, CountsTheBallastThatIsNotThereYet) {
  env_.SetDiskBytes(kReserve + 8 * kMegabyte);
  Tick();
  EXPECT_FALSE(space_->AcceptsWrites(0));
}

TEST_F(SpaceTest, RefusesABatchThatDoesNotFitAndNoOther) {
  LetBallastGrow();
  SetFree(kReserve + 20 * kMegabyte);
  EXPECT_FALSE(space_->AcceptsWrites(50 * kMegabyte));
  EXPECT_FALSE(space_->is_full());
  EXPECT_TRUE(space_->AcceptsWrites(1000));
}

TEST_F(SpaceTest, UnknownIsNotFull) {
  env_.HideDiskSpace();
  env_.SetDiskBytes(0);
  Reset(kSizes);
  EXPECT_TRUE(space_->AcceptsWrites(100 * kMegabyte));
  EXPECT_TRUE(space_->CheckSegment(4 * kMegabyte));
  EXPECT_EQ(space_->MergeRoom(), Space::kUnknown);
}

TEST_F(SpaceTest, HasTheFileSystemAskedEveryQuarterOfASmallMemtable) {
  StoreOptions small = kSizes;
  small.memtable_bytes = kMegabyte;
  Reset(small);
  space_->NoteWritten(kMegabyte / 4);
  EXPECT_FALSE(space_->MustMeasure());
  const uint64_t calls = env_.Calls();
  space_->MeasureIfDue();
  EXPECT_EQ(env_.Calls(), calls + 1);
  space_->NoteWritten(kMegabyte / 2);
  EXPECT_TRUE(space_->MustMeasure());
}

TEST_F(SpaceTest, HasTheFileSystemAskedEveryFewMegabytes) {
  StoreOptions large = kSizes;
  large.memtable_bytes = 32 * kMegabyte;
  Reset(large);
  space_->NoteWritten(4 * kMegabyte);
  EXPECT_FALSE(space_->MustMeasure());
  space_->NoteWritten(4 * kMegabyte);
  EXPECT_TRUE(space_->MustMeasure());
  const uint64_t calls = env_.Calls();
  space_->MeasureSoon();
  space_->MeasureSoon();
  EXPECT_EQ(env_.Calls(), calls) << "by nobody who may not wait";
  env_.RunUntilIdle();
  EXPECT_EQ(env_.Calls(), calls + 1);
  EXPECT_FALSE(space_->MustMeasure());
  EXPECT_EQ(changes_, 1);
  space_->NoteWritten(kMegabyte);
  space_->MeasureIfDue();
  EXPECT_EQ(env_.Calls(), calls + 1);
  space_->NoteWritten(3 * kMegabyte);
  space_->MeasureIfDue();
  EXPECT_EQ(env_.Calls(), calls + 2);
}

TEST_F(SpaceTest, ASegmentMayTakeHalfOfTheBallastAndTheLastOneTheRest) {
  LetBallastGrow();
  SetFree(kMegabyte);
  EXPECT_FALSE(space_->AcceptsWrites(0));
  EXPECT_TRUE(space_->CheckSegment(4 * kMegabyte));
  EXPECT_EQ(space_->ballast_bytes(), 8 * kMegabyte);
  SetFree(kMegabyte);
  const Status refused = space_->CheckSegment(4 * kMegabyte);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(space_->ballast_bytes(), 8 * kMegabyte) << "single deletes may not touch it";
  EXPECT_TRUE(space_->OpenLastPart());
  EXPECT_FALSE(space_->OpenLastPart()) << "that is all";
  EXPECT_TRUE(space_->CheckSegment(4 * kMegabyte));
  EXPECT_EQ(space_->ballast_bytes(), kMegabyte) << "a start needs it";
}

TEST_F(SpaceTest, ASegmentLeavesRoomForTheFlush) {
  LetBallastGrow();
  space_->MakeRoom(UINT64_MAX);
  ASSERT_EQ(space_->ballast_bytes(), kMegabyte);
  use_.unflushed = 10 * kMegabyte;
  env_.SetDiskBytes(env_.UsedDiskBytes() + 15 * kMegabyte);
  EXPECT_FALSE(space_->CheckSegment(4 * kMegabyte));
  EXPECT_TRUE(space_->CheckSegment(2 * kMegabyte)) << "a smaller one";
}

TEST_F(SpaceTest, FlushesAndMergesTakeTheBallastOnlyWhenTheyNeedIt) {
  LetBallastGrow();
  SetFree(5 * kMegabyte);
  space_->MakeRoom(4 * kMegabyte);
  EXPECT_EQ(space_->ballast_bytes(), 16 * kMegabyte);
  space_->MakeRoom(6 * kMegabyte);
  EXPECT_EQ(space_->ballast_bytes(), kMegabyte);
}

TEST_F(SpaceTest, TheBallastComesBackWithTheRoom) {
  LetBallastGrow();
  SetFree(0);
  EXPECT_FALSE(space_->AcceptsWrites(0));
  EXPECT_TRUE(space_->GiveBallast());
  SetFree(0);
  LetBallastGrow();
  EXPECT_EQ(space_->ballast_bytes(), kMegabyte);
  SetFree(100 * kMegabyte);
  EXPECT_TRUE(space_->AcceptsWrites(0));
  LetBallastGrow();
  EXPECT_EQ(space_->ballast_bytes(), 16 * kMegabyte);
}

TEST_F(SpaceTest, AStartWithoutRoomTakesAllOfIt) {
  LetBallastGrow();
  EXPECT_TRUE(space_->GiveBallast());
  env_.SetDiskBytes(env_.UsedDiskBytes());
  Reset(kSizes);
  EXPECT_EQ(space_->ballast_bytes(), 0u);
  EXPECT_FALSE(*env_.Exists(BallastPath("/db")));
}

TEST_F(SpaceTest, TheSegmentOfAStartLeavesHalfOfTheRoom) {
  EXPECT_EQ(space_->FirstSegmentBytes(kMegabyte), kMegabyte) << "there is enough";
  env_.SetDiskBytes(env_.UsedDiskBytes() + 100'000);
  Reset(kSizes);
  EXPECT_EQ(space_->FirstSegmentBytes(kMegabyte), 49'152u);
  env_.SetDiskBytes(env_.UsedDiskBytes());
  Reset(kSizes);
  EXPECT_EQ(space_->FirstSegmentBytes(kMegabyte), 16'384u) << "it is tried";
  env_.HideDiskSpace();
  Reset(kSizes);
  EXPECT_EQ(space_->FirstSegmentBytes(kMegabyte), kMegabyte);
}

TEST_F(SpaceTest, ALimitOfOurOwnIsReckonedAsTheDiskIs) {
  StoreOptions limited = kSizes;
  limited.max_disk_bytes = 100 * kMegabyte;
  Reset(limited);
  use_.stored = 100 * kMegabyte - kReserve - 16 * kMegabyte;
  EXPECT_TRUE(space_->AcceptsWrites(0));
  use_.stored += kMegabyte;
  EXPECT_FALSE(space_->AcceptsWrites(0));
  EXPECT_TRUE(space_->CheckSegment(4 * kMegabyte)) << "deletes keep to the disk alone";
  space_->SetMaxDiskBytes(0);
  EXPECT_TRUE(space_->AcceptsWrites(0));
  space_->SetMaxDiskBytes(10 * kMegabyte);
  use_.stored = 4 * kMegabyte;
  EXPECT_TRUE(space_->AcceptsWrites(0)) << "lowered so far, half of it may be used";
}

TEST_F(SpaceTest, ALimitOfOurOwnTakesNoBatchThatIsLargerThanWhatIsLeft) {
  space_->SetMaxDiskBytes(10 * kMegabyte);
  EXPECT_FALSE(space_->AcceptsWrites(11 * kMegabyte));
  EXPECT_FALSE(space_->is_full()) << "smaller ones fit";
  use_.stored = 4 * kMegabyte;
  EXPECT_FALSE(space_->AcceptsWrites(7 * kMegabyte));
  EXPECT_TRUE(space_->AcceptsWrites(5 * kMegabyte));
}

TEST(FitToDisk, MakesThePartsOfASmallDiskSmaller) {
  const StoreOptions fitted = FitToDisk(StoreOptions(), 64 * kMegabyte);
  EXPECT_EQ(fitted.log_segment_bytes, kMegabyte);
  EXPECT_EQ(fitted.memtable_bytes, kMegabyte);
  EXPECT_EQ(fitted.fragment_bytes, kMegabyte);
  const StoreOptions tiny = FitToDisk(StoreOptions(), 100'000);
  EXPECT_EQ(tiny.log_segment_bytes, 64u << 10);
  const StoreOptions large = FitToDisk(StoreOptions(), 8192 * kMegabyte);
  EXPECT_EQ(large.log_segment_bytes, StoreOptions().log_segment_bytes);
  EXPECT_EQ(FitToDisk({.memtable_bytes = 1000}, 64 * kMegabyte).memtable_bytes, 1000u);
}

}  // namespace
}  // namespace cordwood::storage
