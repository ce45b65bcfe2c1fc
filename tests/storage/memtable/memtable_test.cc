#include "storage/memtable/memtable.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/memtable/sorted_memtable.h"
#include "storage/table/merging_iterator.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

constexpr Tag kPut{.is_put = true};
constexpr Tag kDelete{.is_put = false};

std::unique_ptr<EntryIterator> Sorted(const Memtable& memtable) {
  std::vector<std::unique_ptr<EntryIterator>> iterators;
  AppendListIterators(memtable, 0, iterators);
  return NewMergingIterator(std::move(iterators));
}

TEST(Memtable, GetFindsTheNewestVersionThatTheReaderMaySee) {
  Memtable memtable;
  memtable.Add(10, kPut, "key", "ten");
  memtable.Add(20, kDelete, "key", "");
  memtable.Add(30, {.is_put = true, .assumption = 5}, "key", "thirty");

  EXPECT_FALSE(memtable.Get("key", 9));
  EXPECT_EQ(memtable.Get("key", 10)->value, "ten");
  EXPECT_EQ(memtable.Get("key", 19)->seq, 10u);
  EXPECT_FALSE(memtable.Get("key", 20)->tag.is_put);
  EXPECT_EQ(memtable.Get("key", kMaxSeq)->value, "thirty");
  EXPECT_EQ(memtable.Get("key", kMaxSeq)->tag.assumption, 5);
  EXPECT_FALSE(memtable.Get("ke", kMaxSeq));
  EXPECT_FALSE(memtable.Get("key2", kMaxSeq));
}

TEST(Memtable, GetAgreesWithAModelOverManyVersions) {
  for (const uint64_t seed : support::Seeds(5, 500)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    Memtable memtable;
    std::map<std::string, std::map<Seq, std::string>> model;
    const Seq entries = seed == 1 ? 30'000 : 3000;  // the first fills several runs
    for (Seq seq = 1; seq <= entries; ++seq) {
      // A tenth of the writes go to one hot key: its chain is longer than Get walks.
      const std::string key = random.OneIn(10) ? "hot" : std::to_string(random.Below(200));
      const std::string value = std::to_string(random.Next());
      memtable.Add(seq, kPut, key, value);
      model[key][seq] = value;
    }
    for (int i = 0; i < 5000; ++i) {
      const std::string key = random.OneIn(10) ? "hot" : std::to_string(random.Below(250));
      const Seq at_most = random.Below(entries + 100);
      const auto found = memtable.Get(key, at_most);
      const auto& versions = model[key];
      const auto above = versions.upper_bound(at_most);
      ASSERT_EQ(found.has_value(), above != versions.begin()) << key << " at " << at_most;
      if (!found) continue;
      ASSERT_EQ(found->seq, std::prev(above)->first);
      ASSERT_EQ(found->value, std::prev(above)->second);
    }
  }
}

TEST(Memtable, IteratesEveryVersionNewestFirst) {
  Memtable memtable;
  memtable.Add(1, kPut, "b", "1");
  memtable.Add(2, kPut, "a", "2");
  memtable.Add(3, kDelete, "b", "");
  const auto iterator = Sorted(memtable);
  std::string seen;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    seen += std::string(iterator->key()) + std::to_string(TrailerSeq(iterator->trailer())) + " ";
  }
  EXPECT_EQ(seen, "a2 b3 b1 ");
  EXPECT_TRUE(iterator->status());

  iterator->Seek("b", SeekTrailer(2));
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(TrailerSeq(iterator->trailer()), 1u);
  iterator->SeekToLast();
  EXPECT_EQ(iterator->value(), "1");
}

TEST(Memtable, IteratesManyRunsInOrderBothWays) {
  Memtable memtable;
  Random random(3);
  std::map<std::pair<std::string, Seq>, int> model;  // the seq counted down: newest first
  for (Seq seq = 1; seq <= 40'000; ++seq) {
    const std::string key = std::to_string(random.Below(10'000));
    memtable.Add(seq, kPut, key, {});
    model[{key, kMaxSeq - seq}] = 0;
  }
  const auto iterator = Sorted(memtable);
  iterator->SeekToFirst();
  for (auto it = model.begin(); it != model.end(); ++it, iterator->Next()) {
    ASSERT_TRUE(iterator->Valid());
    ASSERT_EQ(iterator->key(), it->first.first);
    ASSERT_EQ(TrailerSeq(iterator->trailer()), kMaxSeq - it->first.second);
  }
  EXPECT_FALSE(iterator->Valid());
  iterator->SeekToLast();
  for (auto it = model.rbegin(); it != model.rend(); ++it, iterator->Prev()) {
    ASSERT_TRUE(iterator->Valid());
    ASSERT_EQ(TrailerSeq(iterator->trailer()), kMaxSeq - it->first.second);
  }
  EXPECT_FALSE(iterator->Valid());
}

TEST(Memtable, KeepsTheRangeOfSeqsOfEverythingAdded) {
  Memtable memtable;
  EXPECT_TRUE(memtable.empty());
  memtable.AddDeadRange("a", "b", 7);
  EXPECT_FALSE(memtable.empty());
  memtable.Add(8, kPut, "k", "v");
  memtable.AddCount(1, 1);
  memtable.NoteSeq(9);
  EXPECT_EQ(memtable.first_seq(), 7u);
  EXPECT_EQ(memtable.last_seq(), 9u);
  EXPECT_EQ(memtable.entries(), 1u);
}

TEST(Memtable, DeadRangesKeepTheirBytesAndHideNothing) {
  Memtable memtable;
  memtable.Add(1, kPut, "m", "v");
  {
    std::string begin = "a";
    memtable.AddDeadRange(begin, "z", 2);
    begin = "x";
  }
  memtable.AddDeadRange("q", "", 3);
  ASSERT_EQ(memtable.dead_ranges().size(), 2u);
  EXPECT_EQ(memtable.dead_ranges()[0].begin, "a");
  EXPECT_EQ(memtable.dead_ranges()[0].end, "z");
  EXPECT_EQ(memtable.dead_ranges()[0].seq, 2u);
  EXPECT_EQ(memtable.dead_ranges()[1].end, "");
  EXPECT_TRUE(memtable.Get("m", kMaxSeq));
}

TEST(Memtable, SumsTheChangesOfEachCounter) {
  Memtable memtable;
  memtable.AddCount(3, 10);
  memtable.AddCount(1, -1);
  memtable.AddCount(3, -4);
  EXPECT_EQ(memtable.counts(), (std::map<uint64_t, int64_t>{{1, -1}, {3, 6}}));
}

TEST(Memtable, DrawsEachKeyAboutAsOften) {
  constexpr uint64_t kKeys = 500;
  constexpr int kDraws = 20'000;
  Memtable memtable;
  Random random(1);
  EXPECT_FALSE(memtable.DrawKey(random));
  // Many versions of one key count once.
  for (Seq seq = 1; seq <= 10 * kKeys; ++seq) {
    const uint64_t key = seq <= kKeys ? seq : 1;
    memtable.Add(seq, kPut, "key" + std::to_string(key), "value");
  }
  std::map<std::string, int> drawn;
  int missed = 0;
  for (int i = 0; i < kDraws; ++i) {
    const std::optional<std::string_view> key = memtable.DrawKey(random);
    if (key) {
      ++drawn[std::string(*key)];
    } else {
      ++missed;
    }
  }
  EXPECT_LT(missed, kDraws / 100);
  EXPECT_EQ(drawn.size(), kKeys);
  for (const auto& [key, times] : drawn) {
    EXPECT_GT(times, 10) << key;
    EXPECT_LT(times, 90) << key;
  }
}

TEST(Memtable, BytesGrowWithEverythingAdded) {
  Memtable memtable;
  size_t before = memtable.bytes();
  memtable.Add(1, kPut, "key", std::string(100'000, 'x'));
  EXPECT_GE(memtable.bytes(), before + 100'000);
  before = memtable.bytes();
  memtable.AddDeadRange(std::string(500, 'a'), "b", 2);
  EXPECT_GE(memtable.bytes(), before + 500);
  before = memtable.bytes();
  memtable.AddCount(1, 1);
  EXPECT_GT(memtable.bytes(), before);
}

}  // namespace
}  // namespace cordwood::storage
