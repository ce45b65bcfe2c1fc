#include "storage/memtable/sorted_array.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

using Node = SkipList::Node;

/// (key, trailer) in the order of entries.
struct InOrder {
  bool operator()(const std::pair<std::string, uint64_t>& a,
                  const std::pair<std::string, uint64_t>& b) const {
    return CompareEntries(a.first, a.second, b.first, b.second) < 0;
  }
};

class SortedArrayTest : public testing::Test {
 protected:
  using Entries = std::set<std::pair<std::string, uint64_t>, InOrder>;

  SortedArray::Nodes NodesWith(const Entries& entries) {
    SortedArray::Nodes nodes;
    for (const auto& [key, trailer] : entries) nodes.push_back(NewNode(key, trailer));
    return nodes;
  }
  const Node* NewNode(const std::string& key, uint64_t trailer) {
    return lists_.emplace_back(&arena_).Insert(key, trailer, {});
  }

  /// Finds all that is there, and what lies right before and behind it.
  void Check(const Entries& entries, const std::vector<std::string>& others) {
    const SortedArray array(NodesWith(entries));
    ASSERT_EQ(array.size(), entries.size());
    size_t at = 0;
    for (const auto& [key, trailer] : entries) {
      ASSERT_EQ(array.Find(key, trailer), at) << key;
      ASSERT_EQ(array.Find(key, trailer + 1), at) << key << ": newer";
      ASSERT_EQ(array.Find(key, trailer - 1), at + 1) << key << ": older";
      ++at;
    }
    for (const std::string& key : others) {
      for (const uint64_t trailer : {uint64_t{0}, uint64_t{500}, SeekTrailer(kMaxSeq)}) {
        const auto found = entries.lower_bound({key, trailer});
        ASSERT_EQ(array.Find(key, trailer),
                  static_cast<size_t>(std::distance(entries.begin(), found)))
            << testing::PrintToString(key);
      }
    }
  }

  Arena arena_;
  std::deque<SkipList> lists_;
};

TEST_F(SortedArrayTest, FindsKeysAsUsersNameThem) {
  const std::vector<std::function<std::string(uint64_t)>> names = {
      [](uint64_t i) { return Format("key:{:012}", i * 7); },
      [](uint64_t i) { return Format("memtier-{}", i * 31); },
      [](uint64_t i) {
        const char* kinds[] = {"user:", "cart:", "session:"};
        return Format("{}{}", kinds[i % 3], i * 1013 % 7919);
      },
      [](uint64_t i) { return std::string(9, 'e') + Format("{:08x}", i) + std::string(7, 'x'); },
  };
  for (const auto& name : names) {
    for (const size_t size : {1u, 2u, 127u, 128u, 129u, 128u * 128u, 128u * 128u + 1, 20'000u}) {
      SCOPED_TRACE(name(1) + " " + std::to_string(size));
      Entries entries;
      for (uint64_t i = 0; entries.size() < size; ++i) entries.insert({name(i), 1000 + i});
      std::vector<std::string> others = {"", "\xff", name(1).substr(0, 3), name(1) + "zz"};
      for (uint64_t i = 0; i < 500; ++i) others.push_back(name(i * 37) + (i % 2 == 0 ? "!" : ""));
      Check(entries, others);
    }
  }
}

// Prefixes of each other, zeros, many versions: where heads are equal and keys are not.
TEST_F(SortedArrayTest, FindsKeysThatAreMeantToConfuseHeads) {
  for (const uint64_t seed : support::Seeds(5, 300)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    const auto draw = [&] {
      std::string key(random.Below(20), '\0');
      for (char& byte : key) byte = random.OneIn(4) ? (random.OneIn(2) ? 'a' : '\xff') : '\0';
      return key;
    };
    Entries entries;
    const size_t size = 1 + random.Below(3000);
    for (size_t tries = 0; tries < size; ++tries) {
      entries.insert({draw(), 2 * (1 + random.Below(1000))});
    }
    std::vector<std::string> others;
    for (int i = 0; i < 500; ++i) others.push_back(draw());
    Check(entries, others);
  }
}

TEST_F(SortedArrayTest, MergesInOrder) {
  Random random(7);
  for (const bool disjoint : {false, true}) {
    Entries a;
    Entries b;
    for (uint64_t i = 1; i <= 3000; ++i) {
      const bool to_a = disjoint ? i <= 1200 : random.OneIn(3);
      (to_a ? a : b).insert({Format("{:06}", disjoint ? i : random.Below(500)), 2 * i});
    }
    const SortedArray::Nodes of_a = NodesWith(a);
    const SortedArray::Nodes of_b = NodesWith(b);
    for (const auto& [first, second] : {std::pair(of_a, of_b), std::pair(of_b, of_a)}) {
      const SortedArray::Nodes merged = MergeNodes(first, second);
      ASSERT_EQ(merged.size(), 3000u);
      for (size_t i = 1; i < merged.size(); ++i) {
        ASSERT_LT(CompareEntries(merged[i - 1]->key(), merged[i - 1]->trailer(), merged[i]->key(),
                                 merged[i]->trailer()),
                  0);
      }
    }
    EXPECT_EQ(MergeNodes(of_a, {}), of_a);
    EXPECT_EQ(MergeNodes({}, of_a), of_a);
  }
}

TEST_F(SortedArrayTest, ACursorMovesBothWaysAndOffTheEnds) {
  const SortedArray array(NodesWith({{"a", 2}, {"b", 6}, {"b", 4}, {"c", 2}}));
  SortedArrayCursor cursor(&array);
  EXPECT_FALSE(cursor.Valid());
  cursor.Seek("b", SeekTrailer(kMaxSeq));
  ASSERT_TRUE(cursor.Valid());
  EXPECT_EQ(cursor.trailer(), 6u);
  cursor.Next();
  EXPECT_EQ(cursor.trailer(), 4u);
  cursor.SeekBefore("b", SeekTrailer(kMaxSeq));
  EXPECT_EQ(cursor.key(), "a");
  cursor.Prev();
  EXPECT_FALSE(cursor.Valid());
  cursor.SeekBefore("a", SeekTrailer(kMaxSeq));
  EXPECT_FALSE(cursor.Valid()) << "before the first there is none";
  cursor.SeekToLast();
  EXPECT_EQ(cursor.key(), "c");
  cursor.Next();
  EXPECT_FALSE(cursor.Valid());
  cursor.SeekBefore("z", 0);
  EXPECT_EQ(cursor.key(), "c");
  cursor.SeekToFirst();
  EXPECT_EQ(cursor.key(), "a");
}

}  // namespace
}  // namespace cordwood::storage
