#include "storage/compaction/removals.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class RemovalsTest : public ::testing::Test {
 protected:
  RemovalsTest() {
    EXPECT_TRUE(env_.CreateDir("data"));
    versions_.Load({.store_id = 7}, 1, std::make_shared<Memtable>());
  }
  ~RemovalsTest() override { removals_.Stop(); }

  FileName MakeTable(uint64_t number, uint64_t bytes = 10) {
    EXPECT_TRUE(env_.WriteRaw(TablePath("data", number), std::string(bytes, 'x')));
    return {.kind = FileKind::kTable, .number = number};
  }
  std::vector<FileName> MakeTables(uint64_t count) {
    std::vector<FileName> tables;
    for (uint64_t number = 1; number <= count; ++number) tables.push_back(MakeTable(number));
    return tables;
  }
  size_t Files() { return env_.Paths("data").size(); }
  bool Exists(FileName file) { return *env_.Exists(PathOf("data", file)); }

  support::SimEnv env_{1};
  bool syncs_suffer_ = false;
  VersionSet versions_{env_, nullptr, {.dir = "data", .open_files = 10, .memory_bytes = 1 << 20}};
  Removals removals_{env_, "data", versions_, [this] { return syncs_suffer_; }};
};

TEST_F(RemovalsTest, RemoveFilesOfEveryKind) {
  const FileName table = MakeTable(1);
  const FileName manifest{.kind = FileKind::kManifest, .number = 2};
  ASSERT_TRUE(env_.WriteRaw(PathOf("data", manifest), "x"));
  removals_.Add({table, manifest});
  EXPECT_EQ(removals_.waiting(), 2u);
  env_.RunUntilIdle();
  EXPECT_EQ(Files(), 0u);
  EXPECT_EQ(removals_.removed(), 2u);
  EXPECT_EQ(removals_.waiting(), 0u);
}

TEST_F(RemovalsTest, LetOthersOfTheirLaneInAfterEachFile) {
  env_.Stall(support::SimOp::kRemove, ".sst", 100);
  removals_.Add(MakeTables(20));
  env_.RunForMs(50);
  std::optional<size_t> left;
  env_.Schedule(Lane::kRemovals, [&] { left = Files(); });
  env_.RunUntilIdle();
  EXPECT_EQ(left, 19u);
  EXPECT_EQ(Files(), 0u);
}

TEST_F(RemovalsTest, GoOnAfterAFileThatCannotBeRemoved) {
  env_.FailNext(support::SimOp::kRemove, "000002", ErrorCode::kNoSpace);
  removals_.Add(MakeTables(3));
  env_.RunUntilIdle();
  EXPECT_EQ(Files(), 1u);
  EXPECT_EQ(removals_.removed(), 2u);
}

TEST_F(RemovalsTest, TakeALargeTableDownInSteps) {
  const FileName table = MakeTable(1, 40 * kMiB);
  env_.Stall(support::SimOp::kTruncate, ".sst", 10);
  env_.Stall(support::SimOp::kRemove, ".sst", 10);
  removals_.Add({table});
  std::vector<uint64_t> sizes;
  env_.RunForMs(5);
  for (int step = 0; step < 5; ++step) {
    env_.RunForMs(10);
    sizes.push_back(env_.UsedDiskBytes() / kMiB);
  }
  EXPECT_EQ(sizes, (std::vector<uint64_t>{24, 8, 0, 0, 0}));
  EXPECT_FALSE(Exists(table));
}

TEST_F(RemovalsTest, NeverTouchTheContentOfATableWithAnotherName) {
  const FileName table = MakeTable(1, 40 * kMiB);
  ASSERT_TRUE(env_.LinkRaw(PathOf("data", table), "backup"));
  removals_.Add({table});
  env_.RunUntilIdle();
  EXPECT_FALSE(Exists(table));
  EXPECT_EQ(env_.ReadRaw("backup")->size(), 40 * kMiB);
}

TEST_F(RemovalsTest, UnlinkALargeTableThatCannotBeTruncated) {
  const FileName table = MakeTable(1, 40 * kMiB);
  env_.FailNext(support::SimOp::kTruncate, ".sst", ErrorCode::kIo);
  removals_.Add({table});
  env_.RunUntilIdle();
  EXPECT_FALSE(Exists(table));
}

TEST_F(RemovalsTest, Take64FilesASecondWhileSyncsSuffer) {
  syncs_suffer_ = true;
  removals_.Add(MakeTables(200));
  env_.RunForMs(1000);
  EXPECT_LE(removals_.removed(), 64u);
  EXPECT_GE(removals_.removed(), 55u);
  syncs_suffer_ = false;
  env_.RunForMs(100);
  EXPECT_EQ(removals_.waiting(), 0u);
}

TEST_F(RemovalsTest, LeaveTheRestWhenTheyAreStopped) {
  env_.Stall(support::SimOp::kRemove, ".sst", 100);
  removals_.Add(MakeTables(1000));
  env_.RunForMs(450);
  const uint64_t start_ns = env_.MonotonicNs();
  removals_.Stop();
  EXPECT_LE(env_.MonotonicNs() - start_ns, 201'000'000u);
  EXPECT_EQ(Files(), 994u);
  removals_.Add(MakeTables(1));
  removals_.Kick();
  EXPECT_EQ(env_.TaskCount(), 0u);
}

}  // namespace
}  // namespace cordwood::storage
