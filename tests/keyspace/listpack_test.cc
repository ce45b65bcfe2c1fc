#include "keyspace/types/listpack.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace cordwood::keyspace {
namespace {

std::string Text(size_t bytes) { return std::string(bytes, 'v'); }

// As lpBytes of Redis 7.2 tells them, the length behind each entry included.
TEST(Listpack, EntriesTakeWhatTheyTakeInRedis) {
  const auto number = [](int64_t value) { return ListpackEntryBytes(std::to_string(value)); };
  EXPECT_EQ(number(0), 2u);
  EXPECT_EQ(number(127), 2u);
  EXPECT_EQ(number(128), 3u);
  EXPECT_EQ(number(-1), 3u);
  EXPECT_EQ(number(4095), 3u);
  EXPECT_EQ(number(-4096), 3u);
  EXPECT_EQ(number(4096), 4u);
  EXPECT_EQ(number(-32768), 4u);
  EXPECT_EQ(number(32768), 5u);
  EXPECT_EQ(number(8388607), 5u);
  EXPECT_EQ(number(-8388609), 6u);
  EXPECT_EQ(number(2147483647), 6u);
  EXPECT_EQ(number(2147483648), 10u);
  EXPECT_EQ(number(std::numeric_limits<int64_t>::min()), 10u);
  EXPECT_EQ(ListpackEntryBytes(""), 2u);
  EXPECT_EQ(ListpackEntryBytes("01"), 4u) << "no integer as it is written";
  EXPECT_EQ(ListpackEntryBytes(Text(63)), 65u);
  EXPECT_EQ(ListpackEntryBytes(Text(64)), 67u);
  EXPECT_EQ(ListpackEntryBytes(Text(125)), 128u);
  EXPECT_EQ(ListpackEntryBytes(Text(126)), 130u);
  EXPECT_EQ(ListpackEntryBytes(Text(4095)), 4099u);
  EXPECT_EQ(ListpackEntryBytes(Text(4096)), 4103u);
}

TEST(Listpack, LimitsAreElementsOrBytes) {
  EXPECT_FALSE(IsBeyondListpack(-2, 8192, 8000));
  EXPECT_TRUE(IsBeyondListpack(-2, 8193, 1));
  EXPECT_TRUE(IsBeyondListpack(-1, 4097, 1));
  EXPECT_FALSE(IsBeyondListpack(-5, 65536, 1));
  EXPECT_FALSE(IsBeyondListpack(std::numeric_limits<int32_t>::min(), 65536, 1));
  EXPECT_FALSE(IsBeyondListpack(3, 100, 3));
  EXPECT_TRUE(IsBeyondListpack(3, 100, 4));
  EXPECT_FALSE(IsBeyondListpack(0, 100, 1));
  EXPECT_TRUE(IsBeyondListpack(1000, 8193, 1)) << "however few";
}

TEST(Listpack, ComesBackAtHalfOfTheLimit) {
  EXPECT_TRUE(IsListpackAgain(-2, 4096, 4000));
  EXPECT_FALSE(IsListpackAgain(-2, 4097, 1));
  EXPECT_TRUE(IsListpackAgain(5, 100000, 2));
  EXPECT_FALSE(IsListpackAgain(5, 10, 3));
}

}  // namespace
}  // namespace cordwood::keyspace
