#include "storage/memtable/skiplist.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

using Key = std::pair<std::string, uint64_t>;

struct EntryOrder {
  bool operator()(const Key& a, const Key& b) const {
    return CompareEntries(a.first, a.second, b.first, b.second) < 0;
  }
};

using Model = std::map<Key, std::string, EntryOrder>;

std::string RandomKey(Random& random) {
  std::string key(random.Below(5), '\0');
  for (char& c : key) c = static_cast<char>(random.OneIn(4) ? 0xff : random.Below(4));
  return key;
}

void ExpectAt(const SkipListCursor& cursor, const Model& model, Model::const_iterator at) {
  ASSERT_EQ(cursor.Valid(), at != model.end());
  if (!cursor.Valid()) return;
  ASSERT_EQ(cursor.key(), at->first.first);
  ASSERT_EQ(cursor.trailer(), at->first.second);
  ASSERT_EQ(cursor.value(), at->second);
}

void Compare(const SkipList& list, const Model& model, Random& random) {
  SkipListCursor cursor(&list);
  Model::const_iterator at = model.begin();
  cursor.SeekToFirst();
  for (int step = 0; step < 300; ++step) {
    ASSERT_NO_FATAL_FAILURE(ExpectAt(cursor, model, at)) << "step " << step;
    if (!cursor.Valid() || random.OneIn(5)) {
      if (random.OneIn(8)) {
        cursor.SeekToLast();
        at = model.empty() ? model.end() : std::prev(model.end());
      } else {
        const Key key(RandomKey(random), random.Below(1 << 14));
        cursor.Seek(key.first, key.second);
        at = model.lower_bound(key);
      }
    } else if (random.OneIn(2)) {
      cursor.Next();
      ++at;
    } else {
      cursor.Prev();
      at = at == model.begin() ? model.end() : std::prev(at);
    }
  }
}

TEST(SkipList, AgreesWithAModelInBothDirections) {
  for (const uint64_t seed : support::Seeds(20, 1'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    Arena arena;
    SkipList list(&arena);
    Model model;
    for (Seq seq = 1; seq <= 2000; ++seq) {
      if (seq % 100 == 1) {
        ASSERT_NO_FATAL_FAILURE(Compare(list, model, random));
      }
      const Tag tag{.is_put = random.OneIn(2)};
      const std::string value(random.Below(20), 'v');
      const Key key(RandomKey(random), PackTrailer(random.Below(50), tag));
      if (!model.emplace(key, value).second) continue;
      list.Insert(key.first, key.second, value);
    }
    ASSERT_NO_FATAL_FAILURE(Compare(list, model, random));
  }
}

TEST(SkipList, AscendingAndDescendingInsertsStaySorted) {
  Arena arena;
  SkipList list(&arena);
  for (int i = 0; i < 1000; ++i) {
    list.Insert("up" + std::to_string(1000 + i), 1, "");
    list.Insert("down" + std::to_string(9999 - i), 1, "");
  }
  int count = 1;
  SkipListCursor cursor(&list);
  cursor.SeekToFirst();
  for (std::string last(cursor.key());; last = cursor.key(), ++count) {
    cursor.Next();
    if (!cursor.Valid()) break;
    ASSERT_LT(last, cursor.key());
  }
  EXPECT_EQ(count, 2000);
}

TEST(SkipList, AnEmptyListHasNoPlace) {
  Arena arena;
  const SkipList list(&arena);
  EXPECT_EQ(list.First(), nullptr);
  EXPECT_EQ(list.Last(), nullptr);
  EXPECT_EQ(list.FindAtOrAfter("", ~uint64_t{0}), nullptr);
  EXPECT_EQ(list.FindBefore("\xff\xff", 0), nullptr);
}

}  // namespace
}  // namespace cordwood::storage
