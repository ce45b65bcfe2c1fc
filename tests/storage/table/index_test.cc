#include "storage/table/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/storage/table/entry_model.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

TEST(ShortSeparator, IsBetweenTheKeysAndNeverLongerThanTheFirst) {
  for (const uint64_t seed : support::Seeds(20, 500)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    for (int i = 0; i < 500; ++i) {
      std::string a = RandomKey(random);
      std::string b = RandomKey(random);
      if (b < a) a.swap(b);
      std::string buffer;
      const std::string separator(ShortSeparator(a, b, &buffer));
      ASSERT_GE(separator, a);
      ASSERT_LE(separator.size(), a.size());
      if (a != b) {
        ASSERT_LT(separator, b);
      }
    }
  }
}

TEST(ShortSeparator, CutsWhereItCan) {
  std::string buffer;
  EXPECT_EQ(ShortSeparator("abcdef", "abxyz", &buffer), "abd");
  EXPECT_EQ(ShortSeparator("key00199", "key00200", &buffer), "key001:");
  EXPECT_EQ(ShortSeparator("ab\xff\xff\x01zz", "ac", &buffer), "ab\xff\xff\x02");
  EXPECT_EQ(ShortSeparator("ab\xff\xff", "ac", &buffer), "ab\xff\xff");
  EXPECT_EQ(ShortSeparator("ab", "abc", &buffer), "ab");
  EXPECT_EQ(ShortSeparator("same", "same", &buffer), "same");
  EXPECT_EQ(ShortSeparator("", "x", &buffer), "");
}

TEST(TableIndex, FindsTheFirstSeparatorThatIsNotBelow) {
  for (const uint64_t seed : support::Seeds(30, 1000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    // Often all below one prefix, often with doubles, always with ties in eight bytes.
    const std::string common = random.OneIn(2) ? "generation" : "";
    std::vector<std::string> separators;
    for (uint64_t i = random.Below(60); i > 0; --i)
      separators.push_back(common + RandomKey(random));
    std::sort(separators.begin(), separators.end());
    IndexBuilder builder;
    uint64_t end = 0;
    for (size_t i = 0; i < separators.size(); ++i) {
      builder.Add(separators[i], static_cast<uint32_t>(100 + i));
      end += 100 + i;
    }
    const Result<TableIndex> index = TableIndex::Parse(builder.Finish(), end);
    ASSERT_TRUE(index);
    ASSERT_EQ(index->count(), separators.size());
    uint64_t offset = 0;
    for (size_t i = 0; i < separators.size(); ++i) {
      ASSERT_EQ(index->separator(i), separators[i]);
      ASSERT_EQ(index->handle(i).offset, offset);
      ASSERT_EQ(index->handle(i).size, 100 + i);
      ASSERT_EQ(index->FindOffset(offset), i);
      ASSERT_EQ(index->FindOffset(offset + 1), index->count());
      offset += 100 + i;
    }
    for (int i = 0; i < 200; ++i) {
      const std::string key = (random.OneIn(8) ? "" : common) + RandomKey(random);
      const auto expected = std::lower_bound(separators.begin(), separators.end(), key);
      ASSERT_EQ(index->Find(key), static_cast<size_t>(expected - separators.begin()));
    }
  }
}

TEST(TableIndex, RefusesWhatDoesNotFitTheFile) {
  IndexBuilder builder;
  builder.Add("a", 100);
  builder.Add("b", 50);
  const std::string contents = builder.Finish();
  EXPECT_TRUE(TableIndex::Parse(contents, 150));
  EXPECT_FALSE(TableIndex::Parse(contents, 149));
  EXPECT_FALSE(TableIndex::Parse(contents + "x", 150));
  for (size_t size = 0; size < contents.size(); ++size) {
    EXPECT_FALSE(TableIndex::Parse(contents.substr(0, size), 150)) << size;
  }
}

TEST(TableIndex, RefusesSeparatorsOutOfOrder) {
  IndexBuilder builder;
  builder.Add("b", 100);
  builder.Add("a", 50);
  EXPECT_FALSE(TableIndex::Parse(builder.Finish(), 150));
}

TEST(TableIndex, NonsenseIsRefusedOrReadWithoutHarm) {
  for (const uint64_t seed : support::Seeds(200, 20'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    IndexBuilder builder;
    std::string key;
    for (int i = 0; i < 20; ++i) builder.Add(key += 'x', 20);
    std::string contents = builder.Finish();
    contents[random.Below(contents.size())] = static_cast<char>(random.Next());
    const Result<TableIndex> index = TableIndex::Parse(contents, 400);
    if (!index) continue;
    ASSERT_LE(index->Find(RandomKey(random)), index->count());
  }
}

}  // namespace
}  // namespace cordwood::storage
