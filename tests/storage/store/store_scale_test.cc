// Ten thousand tables: what must not grow with their number is counted, not timed.

#include <gtest/gtest.h>

#include "base/format.h"
#include "storage/file_names.h"
#include "storage/version/manifest.h"
#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;
using support::SimOp;

constexpr uint64_t kTables = 10'000;
constexpr uint64_t kFirst = 1'000'000;  // the number of the first of them
constexpr uint64_t kRun = 1'000'000;

std::string BeginOf(uint64_t table) { return Format("t{:06}", table); }

/// A store that was closed, to which a last run of so many tables is added by hand: their files
/// hold nothing, so that nobody can read them without being noticed.
void AddTables(SimEnv& env) {
  ManifestState state = *ReadManifest(env, "data", **ReadCurrent(env, "data"));
  Edit edit{.next_file = kFirst + kTables + 1, .next_run = kRun + 1};
  for (uint64_t i = 0; i < kTables; ++i) {
    const auto summary = std::make_shared<TableSummary>();
    summary->salt = i;
    summary->properties.entries = 1000;
    summary->properties.file_bytes = 1 << 20;
    summary->properties.smallest_key = BeginOf(i);
    summary->properties.largest_key = BeginOf(i) + "x";
    edit.adds.push_back({.run = kRun,
                         .level = 3,
                         .file = kFirst + i,
                         .bytes = 1 << 20,
                         .range = {.begin = BeginOf(i), .end = BeginOf(i + 1)}});
    edit.tables.push_back({.file = kFirst + i, .summary = summary});
    ASSERT_TRUE(env.WriteRaw(TablePath("data", kFirst + i), "x"));
  }
  ASSERT_TRUE(state.Apply(edit));
  const auto writer = ManifestWriter::Create(env, "data", kFirst - 1, state);
  ASSERT_TRUE(writer && (*writer)->Seal());
}

class StoreScaleTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env_.CreateDir("data"));
    store_ = *Store::Open(env_, "data", {});
    ASSERT_TRUE(store_->Close());
    store_.reset();
    AddTables(env_);
    // Whoever opens one of them fails, and is on record.
    env_.FailNext(SimOp::kOpen, "/100", ErrorCode::kIo, true);
    store_ = *Store::Open(env_, "data", {});
  }

  void WriteAndFlush(const std::string& key) {
    WriteBatch batch;
    batch.Put(key, "value");
    ASSERT_TRUE(store_->Write(batch));
    store_->SetMemory({.memtable_bytes = 1});  // the next write finds the memtable full
    WriteBatch next;
    next.Put(key + "'", "value");
    ASSERT_TRUE(store_->Write(next));
    store_->SetMemory({});
    store_->Kick();
    env_.RunUntilIdle();
  }

  SimEnv env_{1};
  std::unique_ptr<Store> store_;
};

TEST_F(StoreScaleTest, NoTableIsOpenedAtTheStart) {
  EXPECT_EQ(store_->Stats().tables.open, 0u);
  EXPECT_EQ(store_->Stats().tables.files.opens, 0u);
  EXPECT_TRUE(env_.InjectedFaults().empty());
  EXPECT_EQ(store_->versions().tree()->runs().back().fragments.size(), kTables);
  EXPECT_EQ(store_->Stats().entries_on_disk, 1000 * kTables);
}

TEST_F(StoreScaleTest, AFlushCopiesNothingOfTheOtherRunsAndWritesOneFrame) {
  WriteAndFlush("z1");
  const std::shared_ptr<const Tree> before = store_->versions().tree();
  const uint64_t calls = env_.Calls();
  WriteAndFlush("z2");
  const uint64_t calls_of_one = env_.Calls() - calls;
  const std::shared_ptr<const Tree> after = store_->versions().tree();
  ASSERT_NE(before, after);
  const storage::Run* old_run = before->FindRun(kRun);
  const storage::Run* new_run = after->FindRun(kRun);
  ASSERT_TRUE(old_run != nullptr && new_run != nullptr);
  EXPECT_EQ(old_run->fragments.data(), new_run->fragments.data()) << "shared, not copied";
  EXPECT_LT(calls_of_one, 60u);
  EXPECT_TRUE(env_.InjectedFaults().empty()) << "nobody opened a table that is not its business";
}

TEST_F(StoreScaleTest, AReadOfAClosedTableNamesItAndNothingElse) {
  Reader reader(*store_);
  View view = reader.Visible(Tier::kCacheOnly);
  const auto value = view.Get(BeginOf(77));
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), ErrorCode::kCold);
  ASSERT_EQ(view.missing().size(), 1u);
  EXPECT_TRUE(view.missing()[0].is_table());
  EXPECT_EQ(view.missing()[0].file_number, kFirst + 77);
  EXPECT_TRUE(env_.InjectedFaults().empty());
}

/// Real tables that are closed after a start: reads find them by way of what they name.
TEST(StoreScale, AColdTableIsOpenedByAFetchAndReadAgain) {
  StoreWorld world(1, TinyOptions());
  ASSERT_TRUE(world.Open());
  for (int i = 0; i < 300; ++i) world.WriteRandom(100);
  world.Sync();
  world.env().RunUntilIdle();
  ASSERT_TRUE(world.Close());
  SimEnv& env = world.env();
  const auto store = *Store::Open(env, "data", TinyOptions());
  Reader reader(*store);
  ASSERT_GT(store->versions().tree()->runs().size(), 0u);
  int opened = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string key = Format("key:{:05}", i);
    Store::FetchedBlocks fetched;
    for (int tries = 0;; ++tries) {
      ASSERT_LT(tries, 12);
      std::vector<BlockRef> missing;
      {
        View view = reader.Visible(Tier::kCacheOnly);
        const auto value = view.Get(key);
        if (value) break;
        ASSERT_EQ(value.error().code(), ErrorCode::kCold);
        missing = view.missing();
      }
      ASSERT_FALSE(missing.empty());
      for (const BlockRef& ref : missing) opened += ref.is_table() ? 1 : 0;
      fetched = {};
      bool done = false;
      store->Fetch(missing, [&](Store::FetchedBlocks blocks) {
        fetched = std::move(blocks);
        done = true;
      });
      env.Await([&] { return done; });
      ASSERT_TRUE(fetched.status) << fetched.status.error().message();
    }
  }
  EXPECT_GT(opened, 0);
  EXPECT_EQ(static_cast<uint64_t>(opened), store->Stats().tables.open) << "each was named once";
}

}  // namespace
}  // namespace cordwood::storage
