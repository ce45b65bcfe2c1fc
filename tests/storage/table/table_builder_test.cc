#include "storage/table/table_builder.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/table/format.h"
#include "storage/table/table.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;
using support::SimOp;

constexpr Tag kPut{.is_put = true};

class TableBuilderTest : public testing::Test {
 protected:
  TableBuilder NewBuilder(const TableBuilderOptions& options = {}) {
    return TableBuilder(*env_.Open("000005.sst", OpenMode::kCreate), {.number = 5, .salt = 9},
                        options);
  }

  SimEnv env_{1};
};

TEST_F(TableBuilderTest, ReportsWhatItWrote) {
  TableBuilder builder = NewBuilder();
  ASSERT_TRUE(builder.Add("a", PackTrailer(9, kPut), "value"));
  ASSERT_TRUE(builder.Add("a", PackTrailer(4, {.is_put = false}), ""));
  ASSERT_TRUE(builder.Add("b", PackTrailer(7, {.is_put = true, .assumption = 2}), "v"));
  builder.AddDeadRange({.begin = "c", .end = "d", .seq = 50});
  EXPECT_EQ(builder.entries(), 3u);
  const Result<TableProperties> properties = builder.Finish();
  ASSERT_TRUE(properties);
  const TableProperties expected{.entries = 3,
                                 .deletes = 1,
                                 .superseded = 1,
                                 .unsettled = 1,
                                 .dead_ranges = 1,
                                 .data_blocks = 1,
                                 .key_bytes = 3,
                                 .value_bytes = 6,
                                 .largest_entry = 6,
                                 .min_seq = 4,
                                 .max_seq = 9,
                                 .smallest_key = "a",
                                 .largest_key = "b",
                                 .file_bytes = env_.ReadRaw("000005.sst")->size()};
  EXPECT_EQ(*properties, expected);
}

TEST_F(TableBuilderTest, AFinishedTableIsOnTheDisk) {
  TableBuilder builder = NewBuilder();
  ASSERT_TRUE(builder.Add("a", PackTrailer(1, kPut), "value"));
  ASSERT_TRUE(builder.Finish());
  EXPECT_EQ(*env_.ReadDurable("000005.sst"), *env_.ReadRaw("000005.sst"));
}

TEST_F(TableBuilderTest, EntriesOutOfOrderAreRefused) {
  TableBuilder builder = NewBuilder({.block_bytes = 64});
  ASSERT_TRUE(builder.Add("b", PackTrailer(5, kPut), std::string(100, 'x')));
  for (const auto& [key, seq] : {std::pair("a", 1), std::pair("b", 5), std::pair("b", 6)}) {
    const Status status = builder.Add(key, PackTrailer(static_cast<Seq>(seq), kPut), "");
    ASSERT_FALSE(status) << key << seq;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(builder.Add("b", PackTrailer(4, kPut), ""));
}

TEST_F(TableBuilderTest, AnEntryLargerThanABlockHasOneOfItsOwn) {
  TableBuilder builder = NewBuilder({.block_bytes = 1000});
  ASSERT_TRUE(builder.Add("a", PackTrailer(1, kPut), "small"));
  ASSERT_TRUE(builder.Add("b", PackTrailer(1, kPut), std::string(5000, 'x')));
  ASSERT_TRUE(builder.Add("c", PackTrailer(1, kPut), "small"));
  EXPECT_EQ(builder.Finish()->data_blocks, 3u);
}

TEST_F(TableBuilderTest, TheEstimateIsCloseToTheFile) {
  for (const bool compress : {false, true}) {
    TableBuilder builder = NewBuilder({.compress = compress});
    for (int i = 0; i < 20'000; ++i) {
      ASSERT_TRUE(builder.Add("key" + std::to_string(100'000 + i), PackTrailer(1, kPut), "value"));
    }
    const double estimate = static_cast<double>(builder.file_bytes());
    const double actual = static_cast<double>(builder.Finish()->file_bytes);
    EXPECT_NEAR(estimate / actual, 1.0, 0.02);
    ASSERT_TRUE(env_.RemoveRaw("000005.sst"));
  }
}

TEST_F(TableBuilderTest, CompressionMakesCompressibleTablesSmaller) {
  EntryModel model;
  for (int i = 0; i < 1000; ++i) {
    model[{"key" + std::to_string(i), PackTrailer(1, kPut)}] = std::string(100, 'x');
  }
  const TableProperties plain = BuildTable(env_, "1", 1, model, {});
  const TableProperties packed = BuildTable(env_, "2", 2, model, {.compress = true});
  EXPECT_LT(packed.file_bytes, plain.file_bytes / 4);
}

TEST_F(TableBuilderTest, WritesInLargePieces) {
  TableBuilder builder = NewBuilder();
  const uint64_t calls_before = env_.Calls();
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(
        builder.Add(std::to_string(100'000 + i), PackTrailer(1, kPut), std::string(90, 'x')));
  }
  ASSERT_TRUE(builder.Finish());
  // 2 MB in pieces of 256 KiB, the rest, the sync.
  EXPECT_LE(env_.Calls() - calls_before, 11u);
}

TEST_F(TableBuilderTest, AFailedWriteIsFinal) {
  TableBuilder builder = NewBuilder();
  env_.FailNext(SimOp::kWrite, "000005.sst", ErrorCode::kNoSpace);
  const Status status = builder.Add("a", PackTrailer(2, kPut), std::string(300 << 10, 'x'));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(builder.Add("b", PackTrailer(1, kPut), "").error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(builder.Finish().error().code(), ErrorCode::kNoSpace);
}

TEST_F(TableBuilderTest, AFailedSyncFailsTheTable) {
  TableBuilder builder = NewBuilder();
  ASSERT_TRUE(builder.Add("a", PackTrailer(2, kPut), "x"));
  env_.FailNext(SimOp::kSync, "000005.sst", ErrorCode::kIo);
  EXPECT_EQ(builder.Finish().error().code(), ErrorCode::kIo);
  EXPECT_EQ(builder.Finish().error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace cordwood::storage
