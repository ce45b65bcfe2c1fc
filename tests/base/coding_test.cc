#include "base/coding.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "base/random.h"

namespace cordwood {
namespace {

std::vector<uint64_t> EdgesOfEveryWidth() {
  std::vector<uint64_t> values = {0, std::numeric_limits<uint64_t>::max()};
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t power = uint64_t{1} << bit;
    values.insert(values.end(), {power - 1, power, power + 1});
  }
  return values;
}

TEST(Coding, VarintsComeBack) {
  for (const uint64_t value : EdgesOfEveryWidth()) {
    std::string bytes;
    AppendVarint64(bytes, value);
    bytes += "rest";
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint64(), value);
    EXPECT_EQ(reader.rest(), "rest");
  }
}

TEST(Coding, AVarintCutShortIsNotRead) {
  std::string bytes;
  AppendVarint64(bytes, std::numeric_limits<uint64_t>::max());
  ASSERT_EQ(bytes.size(), 10u);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(reader.Varint64(), std::nullopt);
    EXPECT_EQ(reader.size(), size);
  }
}

TEST(Coding, AVarintBeyond64BitsIsRefused) {
  ByteReader too_large("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  EXPECT_EQ(too_large.Varint64(), std::nullopt);
  ByteReader too_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(too_long.Varint64(), std::nullopt);
}

TEST(Coding, AVarint32BeyondItsRangeLeavesTheReaderInPlace) {
  std::string bytes;
  AppendVarint64(bytes, uint64_t{1} << 32);
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Varint32(), std::nullopt);
  EXPECT_EQ(reader.Varint64(), uint64_t{1} << 32);
}

TEST(Coding, LengthPrefixedBytesComeBackOrNotAtAll) {
  std::string bytes;
  AppendLengthPrefixed(bytes, std::string_view("a\0b", 3));
  ByteReader whole(bytes);
  EXPECT_EQ(whole.LengthPrefixed(), std::string_view("a\0b", 3));
  EXPECT_TRUE(whole.empty());
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(reader.LengthPrefixed(), std::nullopt);
    EXPECT_EQ(reader.size(), size);
  }
}

TEST(Coding, BigEndianKeepsTheOrderOfNumbers) {
  Random random(7);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t a = random.Next() >> random.Below(64);
    const uint64_t b = random.Next() >> random.Below(64);
    std::string left;
    std::string right;
    AppendBigEndian64(left, a);
    AppendBigEndian64(right, b);
    EXPECT_EQ(a < b, left < right);
    EXPECT_EQ(LoadBigEndian64(left.data()), a);
  }
}

TEST(Coding, ZigZagKeepsSmallNumbersSmall) {
  EXPECT_EQ(ZigZag(0), 0u);
  EXPECT_EQ(ZigZag(-1), 1u);
  EXPECT_EQ(ZigZag(1), 2u);
  for (const uint64_t value : EdgesOfEveryWidth()) {
    EXPECT_EQ(ZigZag(UnZigZag(value)), value);
  }
}

TEST(AllZero, FindsOneBitAnywhere) {
  std::string bytes(4096, '\0');
  EXPECT_TRUE(AllZero(bytes));
  EXPECT_TRUE(AllZero(""));
  for (const size_t at : {size_t{0}, size_t{1}, size_t{2048}, size_t{4095}}) {
    bytes[at] = 1;
    EXPECT_FALSE(AllZero(bytes)) << at;
    bytes[at] = 0;
  }
}

}  // namespace
}  // namespace cordwood
