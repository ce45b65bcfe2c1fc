#include "keyspace/core/key_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

using support::Seeds;

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

std::string Varint(uint64_t number) {
  std::string out;
  AppendOrderedVarint(out, number);
  return out;
}

/// Numbers of all lengths.
uint64_t AnyNumber(Random& random) { return random.Next() >> random.Below(64); }

std::string AnyBytes(Random& random) {
  static constexpr char kBytes[] = {'\0', '\1', 'a', '\x7f', '\x80', '\xff'};
  std::string bytes;
  for (uint64_t i = random.Below(6); i > 0; --i) bytes.push_back(kBytes[random.Below(6)]);
  return bytes;
}

TEST(OrderedVarint, ComesBackWithWhatFollows) {
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, kMax}) {
    const std::string bytes = Varint(number) + "rest";
    std::string_view view = bytes;
    EXPECT_EQ(TakeOrderedVarint(view), number);
    EXPECT_EQ(view, "rest");
  }
}

TEST(OrderedVarint, HasTheBytesOfTheFormat) {
  EXPECT_EQ(Varint(0), std::string(1, '\0'));
  EXPECT_EQ(Varint(1), "\x01\x01");
  EXPECT_EQ(Varint(0x1234), "\x02\x12\x34");
  EXPECT_EQ(Varint(kMax), "\x08" + std::string(8, '\xff'));
}

TEST(OrderedVarint, KeepsTheOrderOfNumbers) {
  for (const uint64_t seed : Seeds(4, 400)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int i = 0; i < 1000; ++i) {
      const uint64_t a = AnyNumber(random);
      const uint64_t b = random.OneIn(4) ? a + 1 : AnyNumber(random);
      EXPECT_EQ(a < b, Varint(a) < Varint(b)) << a << " " << b;
    }
  }
}

TEST(OrderedVarint, RefusesWhatIsCutShort) {
  for (const std::string& bytes :
       {std::string(), std::string("\x02\x12"), std::string("\x09") + std::string(9, 'x')}) {
    std::string_view view = bytes;
    EXPECT_EQ(TakeOrderedVarint(view), std::nullopt);
    EXPECT_EQ(view, bytes);
  }
}

// Two forms of a number would be two places for one key, and out of order.
TEST(OrderedVarint, RefusesLeadingZeros) {
  for (const std::string& bytes : {std::string("\1\0", 2), std::string("\2\0\1", 3)}) {
    std::string_view view = bytes;
    EXPECT_EQ(TakeOrderedVarint(view), std::nullopt);
    EXPECT_EQ(view, bytes);
    EXPECT_EQ(ParseStoreKey(bytes + "\4"), std::nullopt);
  }
}

TEST(StoreKey, ComesApartAgain) {
  for (const uint64_t seed : Seeds(4, 400)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int i = 0; i < 500; ++i) {
      const Generation generation = AnyNumber(random);
      const std::string name = AnyBytes(random);
      const Oid oid = AnyNumber(random);
      const auto expiry_ms = static_cast<int64_t>(random.Next() >> 1);

      const std::string key = KeyRecordKey(generation, name);
      auto parsed = ParseStoreKey(key);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->generation, generation);
      EXPECT_EQ(parsed->table, Table::kKey);
      EXPECT_EQ(parsed->rest, name);

      const std::string owner = OwnerKey(generation, name);
      parsed = ParseStoreKey(owner);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->table, Table::kOwner);
      EXPECT_EQ(parsed->rest, name);

      const std::string element = ElementKey(generation, oid, name);
      parsed = ParseStoreKey(element);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->table, Table::kElement);
      EXPECT_EQ(parsed->oid, oid);
      EXPECT_EQ(parsed->rest, name);

      const std::string deadline = DeadlineKey(generation, expiry_ms, name);
      parsed = ParseStoreKey(deadline);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->table, Table::kDeadline);
      EXPECT_EQ(parsed->expiry_ms, expiry_ms);
      EXPECT_EQ(parsed->rest, name);
    }
  }
}

TEST(StoreKey, RefusesWhatIsNone) {
  EXPECT_FALSE(ParseStoreKey(""));
  EXPECT_FALSE(ParseStoreKey(Varint(1)));
  EXPECT_FALSE(ParseStoreKey(Varint(1) + '\x09' + "key"));
  EXPECT_FALSE(ParseStoreKey(Varint(1) + '\0' + "key"));
  EXPECT_FALSE(ParseStoreKey(TablePrefix(1, Table::kElement)));
  EXPECT_FALSE(ParseStoreKey(TablePrefix(1, Table::kDeadline) + "1234567"));
}

TEST(StoreKey, DeadlinesLieInTheOrderOfTime) {
  EXPECT_LT(DeadlineKey(1, 5, "z"), DeadlineKey(1, 6, "a"));
  EXPECT_LT(DeadlineKey(1, 255, "z"), DeadlineKey(1, 256, "a"));
  EXPECT_LT(DeadlineKey(1, 5, "a"), DeadlineKey(1, 5, "b"));
}

TEST(StoreKey, AGenerationIsOneRange) {
  const std::string begin = Varint(255);
  const std::string end = Varint(256);
  for (const std::string& inside :
       {KeyRecordKey(255, ""), KeyRecordKey(255, "\xff\xff"), ElementKey(255, kMax, "\xff"),
        DeadlineKey(255, std::numeric_limits<int64_t>::max(), "\xff"), OwnerKey(255, "\xff")}) {
    EXPECT_GE(inside, begin);
    EXPECT_LT(inside, end);
  }
  EXPECT_LT(OwnerKey(254, "\xff"), begin);
  EXPECT_GE(KeyRecordKey(256, ""), end);
}

TEST(PrefixEnd, IsTheSmallestKeyBehindThePrefix) {
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff\xff"), "");
  EXPECT_EQ(PrefixEnd(""), "");
}

TEST(PrefixEnd, BoundsTheElementsOfAnObject) {
  for (const uint64_t seed : Seeds(4, 400)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int i = 0; i < 500; ++i) {
      const Oid oid = AnyNumber(random);
      const Oid other = random.OneIn(3) ? oid + 1 : AnyNumber(random);
      const std::string prefix = ElementPrefix(7, oid);
      const std::string end = PrefixEnd(prefix);
      const std::string key = ElementKey(7, other, AnyBytes(random));
      EXPECT_EQ(key >= prefix && key < end, other == oid) << oid << " " << other;
    }
  }
}

}  // namespace
}  // namespace cordwood::keyspace
