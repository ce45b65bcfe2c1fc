// Readers run beside the writer; under ThreadSanitizer a missing release or acquire shows.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "storage/memtable/sorted_memtable.h"
#include "storage/table/merging_iterator.h"

namespace cordwood::storage {
namespace {

constexpr Seq kEntries = 20'000;
constexpr uint64_t kKeys = 3'000;

std::string KeyOf(Seq seq) { return "key" + std::to_string(seq * 7919 % kKeys); }
std::string ValueOf(Seq seq) { return "value" + std::to_string(seq); }

/// Every entry of `memtable` is complete and in order; returns how many there are.
uint64_t Walk(const Memtable& memtable) {
  uint64_t count = 0;
  std::string last_key;
  uint64_t last_trailer = ~uint64_t{0};
  std::vector<std::unique_ptr<EntryIterator>> runs;
  AppendListIterators(memtable, 0, runs);
  const auto iterator = NewMergingIterator(std::move(runs));
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++count) {
    EXPECT_LT(CompareEntries(last_key, last_trailer, iterator->key(), iterator->trailer()), 0);
    EXPECT_EQ(iterator->key(), KeyOf(TrailerSeq(iterator->trailer())));
    EXPECT_EQ(iterator->value(), ValueOf(TrailerSeq(iterator->trailer())));
    last_key = iterator->key();
    last_trailer = iterator->trailer();
  }
  return count;
}

/// The newest seq of at most `at_most` that was added for the key of `seq`; 0 if none.
Seq NewestOf(Seq seq, Seq at_most) {
  while (seq <= at_most) seq += kKeys;
  return seq > kKeys ? seq - kKeys : 0;
}

void ReadUntilDone(const Memtable& memtable, const std::atomic<Seq>& visible, uint64_t seed) {
  Random random(seed);
  for (Seq seen = 0; seen < kEntries;) {
    seen = visible.load(std::memory_order_acquire);
    for (int i = 0; i < 200; ++i) {
      const Seq at_most = random.Below(seen + 1);
      const Seq base = 1 + random.Below(kKeys);
      const auto found = memtable.Get(KeyOf(base), at_most);
      ASSERT_EQ(found ? found->seq : 0, NewestOf(base, at_most));
      if (found) {
        ASSERT_EQ(found->value, ValueOf(found->seq));
      }
    }
    ASSERT_GE(Walk(memtable), seen);
    ASSERT_GE(memtable.bytes(), seen * 30);
  }
}

TEST(SkipListConcurrency, ReadersSeeWhatTheyWereToldAndOnlyCompleteEntries) {
  Memtable memtable;
  std::atomic<Seq> visible = 0;
  std::vector<std::jthread> readers;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    readers.emplace_back([&memtable, &visible, seed] { ReadUntilDone(memtable, visible, seed); });
  }
  for (Seq seq = 1; seq <= kEntries; ++seq) {
    memtable.Add(seq, Tag{}, KeyOf(seq), ValueOf(seq));
    visible.store(seq, std::memory_order_release);
  }
  readers.clear();
  EXPECT_EQ(Walk(memtable), kEntries);
}

}  // namespace
}  // namespace cordwood::storage
