#include "storage/table/summary.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/format.h"
#include "storage/table/table.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr int kSummedKeys = 4000;

std::string Key(int i) { return Format("user:{:05}", i); }

class TableSummaryTest : public testing::Test {
 protected:
  TableSummaryTest() {
    EntryModel model;
    for (int i = 0; i < kSummedKeys; ++i) {
      model[{Key(i), PackTrailer(1, {.is_put = true})}] = std::string(40, 'v');
    }
    BuildTable(env_, "000012.sst", 12, model, {.block_bytes = 512}, [](TableBuilder& builder) {
      builder.AddDeadRange({.begin = "b", .end = "c", .seq = 70});
    });
    table_ = *Table::Open(env_, "000012.sst", 12, nullptr);
  }

  support::SimEnv env_{1};
  std::unique_ptr<Table> table_;
};

TEST_F(TableSummaryTest, IsTheSameWhenItComesBack) {
  const std::string bytes = table_->summary()->Encode();
  const auto summary = TableSummary::Decode(bytes);
  ASSERT_TRUE(summary);
  EXPECT_EQ((*summary)->Encode(), bytes);
  EXPECT_EQ((*summary)->salt, kTestSalt);
  EXPECT_EQ((*summary)->properties, table_->properties());
  ASSERT_EQ((*summary)->dead_ranges.size(), 1u);
  EXPECT_EQ((*summary)->dead_ranges[0].end, "c");
  EXPECT_TRUE(Table::Open(env_, "000012.sst", 12, nullptr, *summary));
}

TEST_F(TableSummaryTest, ACutOneIsRefused) {
  const std::string bytes = table_->summary()->Encode();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(TableSummary::Decode(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(TableSummary::Decode(bytes + "x"));
}

TEST_F(TableSummaryTest, IsSmallHoweverManyBlocksThereAre) {
  EXPECT_GT(table_->block_count(), 200u);
  EXPECT_LE(table_->summary()->outline.count(), 16u);
  EXPECT_LT(table_->summary()->Encode().size(), 600u);
}

// By the index, which knows each block.
TEST_F(TableSummaryTest, KnowsAboutHowMuchLiesInARange) {
  const TableSummary& summary = *table_->summary();
  const uint64_t all = summary.BytesIn("", std::nullopt);
  EXPECT_EQ(all, table_->BytesIn("", std::nullopt));
  for (int begin = 0; begin < kSummedKeys; begin += 191) {
    for (int end = begin; end <= kSummedKeys; end += 577) {
      const auto estimate = static_cast<double>(summary.BytesIn(Key(begin), Key(end)));
      const auto exact = static_cast<double>(table_->BytesIn(Key(begin), Key(end)));
      // Each end lies in the right one of sixteen parts.
      EXPECT_NEAR(estimate, exact, static_cast<double>(all) / 8) << begin << " to " << end;
    }
  }
  EXPECT_EQ(summary.BytesIn("a", "b"), 0u);
  EXPECT_EQ(summary.BytesIn("v", std::nullopt), 0u);
  EXPECT_LT(summary.BytesIn(Key(1000), Key(1001)), all / 500) << "one key is not a sixteenth";
}

TEST_F(TableSummaryTest, RangesSideBySideAddUp) {
  const TableSummary& summary = *table_->summary();
  uint64_t sum = summary.BytesIn("", Key(0));
  for (int i = 0; i < kSummedKeys; i += 7) {
    sum += i + 7 < kSummedKeys ? summary.BytesIn(Key(i), Key(i + 7))
                               : summary.BytesIn(Key(i), std::nullopt);
  }
  EXPECT_EQ(sum, summary.BytesIn("", std::nullopt));
}

}  // namespace
}  // namespace cordwood::storage
