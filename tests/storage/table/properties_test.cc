#include "storage/table/properties.h"

#include <gtest/gtest.h>

#include <string>

namespace cordwood::storage {
namespace {

TEST(TableProperties, CountsWhatEntriesAre) {
  TableProperties properties;
  properties.Count("a", PackTrailer(7, {.is_put = true, .assumption = 3}), "value", false);
  properties.Count("b", PackTrailer(2, {.is_put = false}), "", false);
  properties.Count("cc", PackTrailer(9, {.is_put = true}), "v", false);
  properties.Count("cc", PackTrailer(8, {.is_put = true}), "vv", true);
  EXPECT_EQ(properties.entries, 4u);
  EXPECT_EQ(properties.deletes, 1u);
  EXPECT_EQ(properties.superseded, 1u);
  EXPECT_EQ(properties.unsettled, 1u);
  EXPECT_EQ(properties.key_bytes, 6u);
  EXPECT_EQ(properties.value_bytes, 8u);
  EXPECT_EQ(properties.largest_entry, 6u);
  EXPECT_EQ(properties.min_seq, 2u);
  EXPECT_EQ(properties.max_seq, 9u);
  EXPECT_EQ(properties.smallest_key, "a");
}

TEST(TableProperties, ComeBackAsTheyWereAndOnlyWhole) {
  const TableProperties properties{.entries = 1,
                                   .deletes = 200,
                                   .superseded = 150,
                                   .unsettled = 3,
                                   .dead_ranges = 4,
                                   .data_blocks = 5,
                                   .key_bytes = uint64_t{6} << 40,
                                   .value_bytes = 7,
                                   .largest_entry = 9,
                                   .min_seq = 8,
                                   .max_seq = kMaxSeq,
                                   .smallest_key = std::string("\0a", 2),
                                   .largest_key = "z"};
  const std::string contents = EncodeProperties(properties);
  const Result<TableProperties> decoded = DecodeProperties(contents);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, properties);
  EXPECT_FALSE(DecodeProperties(contents + "x"));
  for (size_t size = 0; size < contents.size(); ++size) {
    EXPECT_FALSE(DecodeProperties(contents.substr(0, size))) << size;
  }
}

TEST(DeadRanges, ComeBackAsTheyWereAndOnlyWhole) {
  std::string contents = "\2";
  AppendDeadRange(contents, {.begin = "a", .end = "b", .seq = 1000});
  AppendDeadRange(contents, {.begin = "", .end = "", .seq = kMaxSeq});
  const Result<std::vector<DeadRangeView>> ranges = DecodeDeadRanges(contents);
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ(ranges->front().begin, "a");
  EXPECT_EQ(ranges->front().end, "b");
  EXPECT_EQ(ranges->front().seq, 1000u);
  EXPECT_EQ(ranges->back().end, "");
  EXPECT_FALSE(DecodeDeadRanges(contents + "x"));
  for (size_t size = 0; size < contents.size(); ++size) {
    EXPECT_FALSE(DecodeDeadRanges(contents.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace cordwood::storage
