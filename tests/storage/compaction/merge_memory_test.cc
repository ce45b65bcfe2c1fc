// What a merge and a flush hold of large entries: so many of the largest, whatever the inputs.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "base/posix_env.h"
#include "base/random.h"
#include "storage/compaction/merge.h"
#include "storage/file_names.h"
#include "storage/memtable/sorted_memtable.h"
#include "storage/table/merging_iterator.h"
#include "storage/table/table.h"
#include "tests/support/heap_meter.h"
#include "tests/support/temp_dir.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kLarge = 1 << 20;
// Of each input: what it reads ahead and the block it is in. Of the writer: what it gathers.
constexpr uint64_t kSmallPerInput = 600 << 10;
constexpr int kEntriesPerRun = 3;

class MergeMemoryTest : public ::testing::Test {
 protected:
  // So much of it can be compressed.
  std::string LargeValue(size_t compressible) {
    std::string value(kLarge, 'x');
    for (size_t at = 0; at < kLarge - compressible; at += sizeof(uint64_t)) {
      const uint64_t word = random_.Next();
      value.replace(at, sizeof(word), reinterpret_cast<const char*>(&word), sizeof(word));
    }
    return value;
  }

  // Keys of all runs lie between each other; some have small entries between the large ones, and
  // every other value hardly compresses.
  std::unique_ptr<Table> MakeRun(uint64_t number, bool compress) {
    TableBuilder builder(*env_->Open(TablePath(dir_.path(), number), OpenMode::kCreate),
                         {.number = number, .salt = 5}, {.compress = compress});
    for (int i = 0; i < kEntriesPerRun; ++i) {
      const uint64_t trailer = PackTrailer(number, {.is_put = true});
      const std::string key = Format("{:03}-{:03}", i, number);
      const std::string value = LargeValue(number % 2 * kLarge / 3);
      EXPECT_TRUE(builder.Add(key, trailer, value));
      sum_ += Hash64(key, value, trailer);
      if (number % 3 != 0) continue;
      EXPECT_TRUE(builder.Add(key + "-small", trailer, "v"));
      sum_ += Hash64(key + "-small", "v", trailer);
    }
    const Result<TableProperties> properties = builder.Finish();
    EXPECT_EQ(properties->largest_entry, kLarge + 7);
    return *Table::Open(*env_, TablePath(dir_.path(), number), number, nullptr);
  }

  // Runs the merge, checks that everything came out of it, and returns the most that it held.
  uint64_t PeakOf(MergePlan plan, bool compress) {
    RunWriter writer(*env_,
                     {.dir = dir_.path(),
                      .table = {.compress = compress},
                      .fragment_bytes = uint64_t{1} << 40,
                      .next_file_number = [this] { return next_file_++; }},
                     {});
    plan.rules.readers = ReadPoints({}, kMaxSeq);
    plan.rules.older_may_exist = [](std::string_view) { return false; };
    plan.older_may_lie_in = [](const KeyRange&) { return false; };
    plan.proceed = [](uint64_t) { return true; };
    const uint64_t before = support::HeapBytes();
    support::ResetHeapPeak();
    const Result<MergeResult> merged = RunMerge(std::move(plan), writer);
    const uint64_t peak = support::HeapPeak() - before;
    EXPECT_TRUE(merged) << merged.error().message();
    const uint64_t file = merged->fragments.front().file;
    const std::unique_ptr<Table> table =
        *Table::Open(*env_, TablePath(dir_.path(), file), file, nullptr);
    EXPECT_TRUE(table->VerifyAll());
    const auto entry = table->NewIterator({.fill_cache = false});
    for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
      sum_ -= Hash64(entry->key(), entry->value(), entry->trailer());
    }
    EXPECT_EQ(sum_, 0u);
    return peak;
  }

  uint64_t PeakOfMerge(uint64_t runs, bool inputs_compressed, bool compress) {
    std::vector<std::unique_ptr<Table>> tables;
    for (uint64_t i = 0; i < runs; ++i) tables.push_back(MakeRun(next_file_++, inputs_compressed));
    std::vector<std::unique_ptr<EntryIterator>> iterators;
    for (const auto& table : tables) iterators.push_back(table->NewIterator({.fill_cache = false}));
    return PeakOf(
        {.entries = NewMergingIterator(std::move(iterators), Values::kOneAtATime), .rules = {}},
        compress);
  }

  const std::unique_ptr<Env> env_ = NewPosixEnv({});
  const support::TempDir dir_;
  Random random_{1};
  uint64_t next_file_ = 1;
  uint64_t sum_ = 0;  // over all entries that went in and have not come out
};

TEST_F(MergeMemoryTest, AMergeHoldsFourOfTheLargestWhateverTheInputs) {
  for (const uint64_t runs : {1, 9}) {
    for (const bool compress : {false, true}) {
      const uint64_t peak = PeakOfMerge(runs, compress, compress);
      EXPECT_LE(peak, kLargestEntriesInMerge * kLarge + (runs + 1) * kSmallPerInput)
          << runs << " runs, compressed: " << compress;
    }
  }
}

TEST_F(MergeMemoryTest, AFlushHoldsNoneOfThem) {
  Memtable memtable;
  constexpr int kEntries = 6;
  for (Seq seq = 1; seq <= kEntries; ++seq) {
    const std::string key = Format("key{}", seq);
    const std::string value = LargeValue(0);
    memtable.Add(seq, {.is_put = true}, key, value);
    sum_ += Hash64(key, value, PackTrailer(seq, {.is_put = true}));
  }
  std::vector<std::unique_ptr<EntryIterator>> iterators;
  AppendListIterators(memtable, 0, iterators);
  const uint64_t peak = PeakOf(
      {.entries = NewMergingIterator(std::move(iterators)), .rules = {.values_stay = true}}, false);
  EXPECT_LE(peak, kSmallPerInput);
  EXPECT_LT(kSmallPerInput, kLarge);
}

}  // namespace
}  // namespace cordwood::storage
