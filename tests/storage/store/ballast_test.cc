#include "storage/ballast.h"

#include <gtest/gtest.h>

#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class BallastTest : public ::testing::Test {
 protected:
  BallastTest() { EXPECT_TRUE(env_.CreateDir("/db")); }

  void GrowWhole() {
    while (ballast_.NextStep() > 0) ballast_.Grow();
  }
  uint64_t FileBytes() const {
    const Result<std::string> bytes = env_.ReadRaw(BallastPath("/db"));
    return bytes ? bytes->size() : 0;
  }

  support::SimEnv env_{1};
  Ballast ballast_{env_, "/db", 10 * kMiB};
};

TEST_F(BallastTest, GrowsInStepsAndShrinksAtOnce) {
  EXPECT_EQ(ballast_.held(), 0u);
  ballast_.Grow();
  EXPECT_EQ(ballast_.held(), 4 * kMiB);
  GrowWhole();
  EXPECT_EQ(ballast_.held(), 10 * kMiB);
  EXPECT_EQ(FileBytes(), 10 * kMiB);
  EXPECT_TRUE(ballast_.ShrinkTo(ballast_.half()));
  EXPECT_EQ(FileBytes(), 5 * kMiB);
  EXPECT_FALSE(ballast_.ShrinkTo(ballast_.half())) << "there is nothing to give";
  EXPECT_TRUE(ballast_.ShrinkTo(ballast_.corner()));
  EXPECT_EQ(FileBytes(), kMiB);
  GrowWhole();
  EXPECT_EQ(FileBytes(), 10 * kMiB);
  EXPECT_TRUE(ballast_.ShrinkTo(0));
  EXPECT_FALSE(*env_.Exists(BallastPath("/db")));
}

// A file system that compresses keeps no room for what compresses.
TEST_F(BallastTest, HoldsBytesThatDoNotRepeat) {
  GrowWhole();
  const std::string bytes = *env_.ReadRaw(BallastPath("/db"));
  const std::string first = bytes.substr(0, 64);
  EXPECT_EQ(bytes.find(first, 1), std::string::npos);
  EXPECT_EQ(bytes.find(std::string(16, '\0')), std::string::npos);
}

TEST_F(BallastTest, AStepWithoutRoomLeavesWhatWasThere) {
  ballast_.Grow();
  env_.SetDiskBytes(env_.UsedDiskBytes() + kMiB);
  ballast_.Grow();
  EXPECT_EQ(ballast_.held(), 4 * kMiB);
  EXPECT_EQ(FileBytes(), 4 * kMiB);
  EXPECT_TRUE(ballast_.ShrinkTo(0));
  env_.SetDiskBytes(kMiB);
  ballast_.Grow();
  EXPECT_EQ(ballast_.held(), 0u);
  EXPECT_FALSE(*env_.Exists(BallastPath("/db")));
}

TEST_F(BallastTest, AFileThatCannotBeCutIsRemoved) {
  GrowWhole();
  env_.FailNext(support::SimOp::kTruncate, "BALLAST", ErrorCode::kNoSpace);
  EXPECT_TRUE(ballast_.ShrinkTo(ballast_.half()));
  EXPECT_EQ(ballast_.held(), 0u);
  EXPECT_FALSE(*env_.Exists(BallastPath("/db")));
}

TEST_F(BallastTest, EndsAtTheLimitOfFileSize) {
  env_.SetFileBytesMax(5 * kMiB);
  GrowWhole();
  EXPECT_EQ(FileBytes(), 5 * kMiB);
  env_.SetFileBytesMax(UINT64_MAX);
  GrowWhole();
  EXPECT_EQ(FileBytes(), 10 * kMiB);
}

TEST_F(BallastTest, ADirectoryInItsPlaceIsLeftAlone) {
  ASSERT_TRUE(env_.CreateDir(BallastPath("/db")));
  ballast_.Adopt();
  ballast_.Grow();
  EXPECT_EQ(ballast_.held(), 0u);
  EXPECT_TRUE(*env_.Exists(BallastPath("/db")));
}

TEST_F(BallastTest, WhatTheLastLifeLeftCounts) {
  GrowWhole();
  Ballast smaller(env_, "/db", 6 * kMiB);
  smaller.Adopt();
  EXPECT_EQ(smaller.held(), 6 * kMiB);
  EXPECT_EQ(FileBytes(), 6 * kMiB);
  Ballast larger(env_, "/db", 12 * kMiB);
  larger.Adopt();
  EXPECT_EQ(larger.held(), 6 * kMiB);
  EXPECT_EQ(larger.NextStep(), 4 * kMiB);
}

}  // namespace
}  // namespace cordwood::storage
