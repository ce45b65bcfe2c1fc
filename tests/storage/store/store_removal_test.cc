// Files go while nobody waits for them: not a write, not a stop, not a start.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "storage/file_names.h"
#include "storage/store.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kMs = 1'000'000;

// Every entry gets a table of its own.
StoreOptions ManyTables() {
  return {.log_segment_bytes = 2 << 20,
          .memtable_bytes = 64 << 20,
          .block_bytes = 64,
          .fragment_bytes = 1};
}

class StoreRemoval : public ::testing::Test {
 protected:
  ~StoreRemoval() override { store_.reset(); }

  // What it took, in milliseconds of simulated time.
  template <typename Do>
  uint64_t MsOf(Do what) {
    const uint64_t start_ns = env_.MonotonicNs();
    what();
    return (env_.MonotonicNs() - start_ns) / kMs;
  }

  void Open() {
    Result<std::unique_ptr<Store>> opened = Store::Open(env_, "data", ManyTables());
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(*opened);
  }
  void Close() {
    EXPECT_TRUE(store_->Close());
    store_.reset();
  }

  // From the wish to write to the acknowledgement.
  void Write(const WriteBatch& batch) {
    while (store_->Admit(batch.bytes().size(), Intent::kAdd) != WriteGate::kOpen) Pass();
    const Result<Seq> seq = store_->Write(batch);
    ASSERT_TRUE(seq);
    store_->Kick();
    while (store_->visible() < *seq) Pass();
  }
  void Put(uint64_t key) {
    WriteBatch batch;
    batch.Put(Format("key{:08}", key), std::string(100, 'v'));
    Write(batch);
  }
  void DropEverything() {
    WriteBatch batch;
    batch.DropRange("", "");
    Write(batch);
  }
  void FlushMemtable() {
    store_->SetMemory({.memtable_bytes = 1, .block_cache_bytes = 1 << 20});
    Put(0);
    store_->SetMemory({.memtable_bytes = 64 << 20, .block_cache_bytes = 1 << 20});
  }
  void Pass() {
    env_.RunForMs(1);
    if (env_.MonotonicNs() < next_tick_ns_) return;
    next_tick_ns_ = env_.MonotonicNs() + 100 * kMs;
    store_->Tick();
  }

  void FillTables(uint64_t count) {
    constexpr uint64_t kPerBatch = 100;
    for (uint64_t key = 1; key <= count; key += kPerBatch) {
      WriteBatch batch;
      for (uint64_t i = key; i < key + kPerBatch; ++i) {
        batch.Put(Format("key{:08}", i), std::string(100, 'v'));
      }
      Write(batch);
    }
    FlushMemtable();
    env_.RunUntilIdle();
  }

  size_t Tables() {
    return static_cast<size_t>(std::ranges::count_if(
        env_.Paths("data"), [](const std::string& path) { return path.ends_with(".sst"); }));
  }

  support::SimEnv env_{1};
  std::unique_ptr<Store> store_;
  uint64_t next_tick_ns_ = 0;
};

TEST_F(StoreRemoval, HoldsUpNeitherWritesNorStopNorStartHoweverManyFilesThereAre) {
  const uint64_t count = support::FullRun() ? 32'000 : 1'000;
  Open();
  FillTables(count);
  ASSERT_GE(Tables(), count);
  env_.Stall(support::SimOp::kRemove, "", 100);
  env_.Stall(support::SimOp::kSyncDir, "", 100);
  DropEverything();
  FlushMemtable();
  uint64_t longest_ms = 0;
  for (uint64_t key = 1; key <= 3000; ++key) {
    longest_ms = std::max(longest_ms, MsOf([&] { Put(key); }));
    if (HasFailure()) return;
  }
  const BackgroundStats stats = store_->Stats().background;
  EXPECT_GT(stats.files_removed, 10u);
  EXPECT_GT(stats.files_to_remove, count / 2);
  EXPECT_GT(store_->Stats().log.segments, 1u);
  EXPECT_LE(longest_ms, 50u);
  const uint64_t stop_ms = MsOf([&] { Close(); });
  EXPECT_LE(stop_ms, 2000u);
  const uint64_t start_ms = MsOf([&] { Open(); });
  EXPECT_LE(start_ms, 2000u);
  RecordProperty("longest_write_ms", static_cast<int>(longest_ms));
  RecordProperty("stop_ms", static_cast<int>(stop_ms));
  RecordProperty("start_ms", static_cast<int>(start_ms));
  EXPECT_GT(Tables(), count / 2) << "somebody waited for their removal";
  env_.ClearFaults();
  env_.RunUntilIdle();
  const std::shared_ptr<const Tree> tree = store_->versions().tree();
  size_t used = 0;
  for (const storage::Run& run : tree->runs()) used += run.fragments.size();
  EXPECT_EQ(Tables(), used);
}

TEST_F(StoreRemoval, OrphansGoOnceTheStoreServes) {
  Open();
  FillTables(100);
  Close();
  const size_t tables = Tables();
  for (const FileName orphan :
       {FileName{FileKind::kTable, 900'001}, FileName{FileKind::kManifest, 900'002}}) {
    ASSERT_TRUE(env_.WriteRaw(PathOf("data", orphan), "left over"));
  }
  ASSERT_TRUE(env_.WriteRaw(TemporaryPath(CurrentPath("data")), "left over"));
  Open();
  EXPECT_TRUE(*env_.Exists(TablePath("data", 900'001)));
  Put(1);
  env_.RunUntilIdle();
  EXPECT_FALSE(*env_.Exists(TablePath("data", 900'001)));
  EXPECT_FALSE(*env_.Exists(ManifestPath("data", 900'002)));
  EXPECT_FALSE(*env_.Exists(TemporaryPath(CurrentPath("data"))));
  EXPECT_EQ(Tables(), tables);
}

}  // namespace
}  // namespace cordwood::storage
