// Starts that meet a full disk, missing files, or the remains of other starts.

#include <gtest/gtest.h>

#include "base/format.h"
#include "storage/file_names.h"
#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimEnv;
using support::SimOp;

class StoreOpenTest : public ::testing::Test {
 protected:
  // A store with tables and a log.
  void SetUp() override {
    ASSERT_TRUE(world_.Open());
    Fill();
  }

  void Fill() {
    for (int i = 0; i < 200; ++i) world_.WriteRandom(100);
    world_.Sync();
    world_.env().RunUntilIdle();
  }

  // The files of the store whose names contain `kind`, sorted.
  std::vector<std::string> Files(std::string_view kind) {
    std::vector<std::string> paths;
    for (const std::string& path : world_.env().Paths("data")) {
      if (path.find(kind) != std::string::npos) paths.push_back(path.substr(path.find("data/")));
    }
    return paths;
  }

  // Opens it again, which must be refused with a message that says so.
  void MustRefuse(const std::string& what) {
    const Result<std::unique_ptr<Store>> refused = Store::Open(world_.env(), "data", TinyOptions());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kCorruption);
    EXPECT_NE(refused.error().message().find(what), std::string::npos) << refused.error().message();
  }

  StoreWorld world_{1, TinyOptions()};
};

TEST_F(StoreOpenTest, AFullDiskLeavesTheManifestThatCounts) {
  for (const bool clean : {true, false}) {
    ASSERT_TRUE(world_.Close());
    world_.env().FailNext(SimOp::kWrite, "MANIFEST-", ErrorCode::kNoSpace, true);
    ASSERT_TRUE(world_.Open());
    world_.env().ClearFaults();
    if (clean) {
      ASSERT_TRUE(world_.Close());
    } else {
      world_.LosePower(7);
    }
    ASSERT_TRUE(world_.Open()) << "stopped " << (clean ? "cleanly" : "by a power cut");
    world_.env().RunUntilIdle();
    EXPECT_EQ(Files("MANIFEST-").size(), 1u);
    Fill();
  }
}

TEST_F(StoreOpenTest, AStopOnAFullDiskLosesTheSealAndNoMore) {
  world_.env().FailNext(SimOp::kWrite, "CURRENT", ErrorCode::kNoSpace, true);
  EXPECT_TRUE(world_.Close());
  world_.env().ClearFaults();
  EXPECT_TRUE(world_.Open());
}

TEST(StoreOpen, ANewStoreIsOneOnlyOnceItHasACurrent) {
  SimEnv env(1);
  env.FailNext(SimOp::kWrite, "MANIFEST-", ErrorCode::kNoSpace, true);
  const Result<std::unique_ptr<Store>> refused = Store::Open(env, "data", TinyOptions());
  ASSERT_FALSE(refused) << "what it takes in could never be read again";
  EXPECT_EQ(refused.error().code(), ErrorCode::kNoSpace);
  env.ClearFaults();
  EXPECT_TRUE(Store::Open(env, "data", TinyOptions()));
}

TEST(StoreOpen, RefusesOptionsThatNoStoreCanWorkWith) {
  const auto refusal_of = [](const auto& change) {
    StoreOptions options;
    change(options);
    SimEnv env(1);
    const Result<std::unique_ptr<Store>> store = Store::Open(env, "data", options);
    EXPECT_TRUE(env.Paths("data").empty());
    return store ? std::string("opened") : store.error().message();
  };
  const auto is_0 = [](std::string_view name) {
    return Format("{} is 0; it must be at least 1", name);
  };
  using Options = StoreOptions;
  EXPECT_EQ(refusal_of([](Options& o) { o.log_segment_bytes = 0; }), is_0("log_segment_bytes"));
  EXPECT_EQ(refusal_of([](Options& o) { o.memtable_bytes = 0; }), is_0("memtable_bytes"));
  EXPECT_EQ(refusal_of([](Options& o) { o.log_group_bytes = 0; }), is_0("log_group_bytes"));
  EXPECT_EQ(refusal_of([](Options& o) { o.open_files = 0; }), is_0("open_files"));
  EXPECT_EQ(refusal_of([](Options& o) { o.block_bytes = 0; }), is_0("block_bytes"));
  EXPECT_EQ(refusal_of([](Options& o) { o.fragment_bytes = 0; }), is_0("fragment_bytes"));
  EXPECT_EQ(refusal_of([](Options& o) { o.runs_per_level = 0; }), is_0("runs_per_level"));
  EXPECT_EQ(refusal_of([](Options& o) { o.last_level_fanout = 0; }), is_0("last_level_fanout"));
  EXPECT_EQ(refusal_of([](Options& o) { o.compaction_threads = 0; }), is_0("compaction_threads"));
}

TEST(StoreOpen, RoundsTheSizeOfSegments) {
  for (const uint64_t bytes : {1, 100'000, 1'000'000}) {
    StoreOptions options = TinyOptions();
    options.log_segment_bytes = bytes;
    StoreWorld world(1, options);
    ASSERT_TRUE(world.Open());
    for (int i = 0; i < 100; ++i) world.WriteRandom(100);
    world.Sync();
    world.Kill();
    ASSERT_TRUE(world.Open());
  }
}

// Whether the directory that a store made survives a power cut that spares only what was synced.
bool Survives(SimEnv& env, const std::string& dir) {
  Result<std::unique_ptr<Store>> store = Store::Open(env, dir, TinyOptions());
  EXPECT_TRUE(store) << store.error().message();
  const std::unique_ptr<SimEnv> after = env.LosePower(1, PowerLoss::kDrop);
  if (store) store->reset();
  return *after->Exists(CurrentPath("parent/data"));
}

TEST(StoreOpen, SyncsTheDirectoryAboveTheNewOne) {
  for (const std::string dir : {"parent/data", "parent/data/", "parent/data//"}) {
    SimEnv env(1);
    ASSERT_TRUE(env.CreateDir("parent"));
    ASSERT_TRUE(env.SyncDir("."));
    EXPECT_TRUE(Survives(env, dir)) << dir;
  }
}

TEST(StoreOpen, SyncsTheDirectoryAboveOneThatAStartBeforeHasMade) {
  SimEnv env(1);
  ASSERT_TRUE(env.CreateDir("parent"));
  ASSERT_TRUE(env.SyncDir("."));
  ASSERT_TRUE(env.CreateDir("parent/data"));
  EXPECT_TRUE(Survives(env, "parent/data"));
}

TEST_F(StoreOpenTest, TakesNoBlankFileForTheLogThatTheManifestKnows) {
  world_.Put("key", "value");
  world_.Sync();
  world_.Kill();
  std::string newest;
  for (const std::string& path : Files(".wal")) {
    if (world_.env().ReadRaw(path)->find_first_not_of('\0') != std::string::npos) newest = path;
  }
  ASSERT_FALSE(newest.empty());
  const std::string bytes = *world_.env().ReadRaw(newest);
  for (const std::string& instead : {std::string(bytes.size(), '\0'), std::string()}) {
    ASSERT_TRUE(world_.env().WriteRaw(newest, instead));
    MustRefuse(newest + ": lost data at offset 0: the segment header is damaged");
  }
  ASSERT_TRUE(world_.env().WriteRaw(newest, bytes));
  EXPECT_TRUE(world_.Open());
}

// The flushes of a long run say which segments there are meanwhile.
TEST_F(StoreOpenTest, MissesTheNewestSegmentOfALongRun) {
  const std::vector<std::string> first = Files(".wal");
  for (int round = 0; Files(".wal").front() <= first.back(); ++round) {
    ASSERT_LT(round, 50) << "the log never went on to another segment";
    Fill();
  }
  world_.Kill();
  const std::vector<std::string> last = Files(".wal");
  for (const std::string& path : last) ASSERT_TRUE(world_.env().RemoveRaw(path));
  MustRefuse(last.front() + ": lost data at offset 0: the segment is missing");
}

}  // namespace
}  // namespace cordwood::storage
