#include "storage/compaction/memtable_sorter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/format.h"
#include "base/posix_env.h"
#include "storage/table/merging_iterator.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kListEntries = 32;

std::shared_ptr<Memtable> NewMemtable() {
  return std::make_shared<Memtable>(Memtable::Options{.list_entries = kListEntries});
}

class MemtableSorterTest : public testing::Test {
 protected:
  void SetUp() override { versions_.Load({.store_id = 7}, 1, memtable_); }
  void TearDown() override { sorter_.Stop(); }

  void Fill(uint64_t entries) {
    for (; entries > 0; --entries) {
      ++seq_;
      memtable_->Add(seq_, {.is_put = true}, Format("{:05}", seq_ * 7919 % 10'007), "value");
    }
  }
  void Switch() {
    memtable_ = NewMemtable();
    versions_.SwitchMemtable(memtable_);
  }
  void Sort() {
    sorter_.Kick();
    env_.RunUntilIdle(0);
  }

  support::SimEnv env_{1};
  VersionSet versions_{env_, nullptr, {.dir = "data", .open_files = 8, .memory_bytes = 1 << 20}};
  std::shared_ptr<Memtable> memtable_ = NewMemtable();
  Seq seq_ = 0;
  BlockPool blocks_;
  MemtableSorter sorter_{env_, versions_, blocks_};
};

TEST_F(MemtableSorterTest, SortsListsOfTheActiveMemtableOnceTheyAreSealed) {
  Fill(kListEntries);
  Sort();
  EXPECT_EQ(versions_.Memtables().at(0).lists_sorted, 0u) << "writes may go to it";
  Fill(2 * kListEntries);
  Sort();
  const SortedMemtable sorted = versions_.Memtables().at(0);
  EXPECT_EQ(sorted.lists_sorted, 2u);
  ASSERT_EQ(sorted.arrays.size(), 1u);
  EXPECT_EQ(sorted.arrays[0]->size(), 2 * kListEntries);
}

TEST_F(MemtableSorterTest, MakesOneArrayOfWhatWaitsToBeFlushed) {
  Fill(5 * kListEntries + 3);
  Sort();
  Switch();
  Fill(3);
  Switch();
  Sort();
  const std::vector<SortedMemtable> memtables = versions_.Memtables();
  ASSERT_EQ(memtables.size(), 3u);
  EXPECT_EQ(memtables[1].arrays.size(), 0u) << "a list alone is in order";
  ASSERT_EQ(memtables[2].arrays.size(), 1u);
  EXPECT_EQ(memtables[2].arrays[0]->size(), 5 * kListEntries + 3);
  EXPECT_EQ(memtables[2].lists_sorted, memtables[2]->lists());
}

TEST_F(MemtableSorterTest, AKickWhileItIsAtWorkIsNotLost) {
  Fill(2 * kListEntries);
  sorter_.Kick();
  Fill(kListEntries);
  sorter_.Kick();
  env_.RunUntilIdle(0);
  EXPECT_EQ(versions_.Memtables().at(0).lists_sorted, 2u);
}

TEST_F(MemtableSorterTest, HasBlocksReadyForWhatIsWrittenNext) {
  blocks_.SetKept(100 * BlockPool::kBlockBytes);
  EXPECT_TRUE(blocks_.wants_blocks());
  Sort();
  EXPECT_FALSE(blocks_.wants_blocks());
  EXPECT_GE(blocks_.kept(), 2 * BlockPool::kBlockBytes);
}

TEST_F(MemtableSorterTest, DestroysTheVersionsThatASwitchReplaced) {
  Fill(1);
  Switch();
  EXPECT_TRUE(versions_.cell().HasRetired()) << "the executor does not";
  Sort();
  EXPECT_FALSE(versions_.cell().HasRetired());
}

TEST_F(MemtableSorterTest, StartsNothingOnceItIsStopped) {
  Fill(3 * kListEntries);
  sorter_.Stop();
  Sort();
  EXPECT_EQ(versions_.Memtables().at(0).lists_sorted, 0u);
}

// Under ThreadSanitizer a missing order between writer, sorter and reader shows.
TEST(MemtableSorterConcurrency, ReadersSeeEverythingWhileListsAreSorted) {
  constexpr Seq kEntries = 60'000;
  const std::unique_ptr<Env> env = NewPosixEnv();
  VersionSet versions(*env, nullptr, {.dir = ".", .open_files = 8, .memory_bytes = 1 << 20});
  std::shared_ptr<Memtable> memtable = NewMemtable();
  versions.Load({.store_id = 7}, 1, memtable);
  BlockPool blocks;
  MemtableSorter sorter(*env, versions, blocks);
  std::atomic<Seq> visible{0};
  std::jthread reader([&] {
    VersionCell::Slot& slot = versions.cell().TakeSlot();
    while (visible.load() < kEntries) {
      const auto pinned = versions.cell().Pin(slot, [&] { return visible.load(); });
      const auto iterator = pinned.version->NewIterator({});
      Seq seen = 0;
      for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
        seen += TrailerSeq(iterator->trailer()) <= pinned.seq ? 1 : 0;
      }
      EXPECT_EQ(seen, pinned.seq);
      VersionCell::Unpin(slot);
    }
    versions.cell().ReturnSlot(slot);
  });
  size_t lists = 1;
  for (Seq seq = 1; seq <= kEntries; ++seq) {
    memtable->Add(seq, {.is_put = true}, Format("{:05}", seq * 7919 % 100'003), "value");
    visible.store(seq);
    if (memtable->lists() != lists) {
      lists = memtable->lists();
      sorter.Kick();
    }
    if (seq % 10'000 == 0) {
      memtable = NewMemtable();
      lists = 1;
      versions.SwitchMemtable(memtable);
      sorter.Kick();
    }
  }
  reader.join();
  sorter.Stop();
}

}  // namespace
}  // namespace cordwood::storage
