// Cache-only reads: they touch no file, name what they lack, and work once it was fetched.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "storage/table/merging_iterator.h"
#include "storage/table/table.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;

class TableColdTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 900; ++i) {
      model_[{std::to_string(1000 + i), PackTrailer(5, Tag{})}] = "value " + std::to_string(i);
    }
    for (const uint64_t number : {uint64_t{12}, uint64_t{13}}) {
      const std::string path = "0000" + std::to_string(number) + ".sst";
      BuildTable(env_, path, number, model_, {.block_bytes = 300});
      tables_.push_back(*Table::Open(env_, path, number, &cache_));
    }
    env_.ForbidMainIo(true);
  }

  ReadOptions CacheOnly() {
    missing_.clear();
    return {.tier = Tier::kCacheOnly, .missing = &missing_};
  }

  /// Fetches all that is missing and keeps it pinned.
  void FetchMissing() {
    env_.ForbidMainIo(false);
    for (const BlockRef& ref : missing_) {
      Result<BlockCache::Pin> pin = tables_[ref.file_number - 12]->Fetch(ref);
      ASSERT_TRUE(pin) << pin.error().message();
      pins_.push_back(std::move(*pin));
    }
    env_.ForbidMainIo(true);
  }

  SimEnv env_{1};
  BlockCache cache_{600, 1};  // two blocks: what is pinned must do
  EntryModel model_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<BlockRef> missing_;
  std::vector<BlockCache::Pin> pins_;
};

TEST_F(TableColdTest, AGetNamesTheBlockThatItLacksAndSucceedsOnceFetched) {
  for (const auto& [key, value] : model_) {
    const auto cold = tables_[0]->Get(key.first, kMaxSeq, CacheOnly());
    if (!cold) {
      ASSERT_EQ(cold.error().code(), ErrorCode::kCold);
      ASSERT_EQ(missing_.size(), 1u);
      ASSERT_EQ(missing_[0].file_number, 12u);
      ASSERT_NO_FATAL_FAILURE(FetchMissing());
    }
    const auto found = tables_[0]->Get(key.first, kMaxSeq, CacheOnly());
    ASSERT_TRUE(found);
    ASSERT_EQ((*found)->value, value);
    ASSERT_TRUE(missing_.empty());
  }
  EXPECT_GT(pins_.size(), 10u);
}

TEST_F(TableColdTest, WhatTheFilterRulesOutIsNeverCold) {
  int cold = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto found = tables_[0]->Get("absent" + std::to_string(i), kMaxSeq, CacheOnly());
    if (!found) {
      ++cold;
    } else {
      EXPECT_FALSE(found->has_value());
    }
  }
  EXPECT_LT(cold, 40);
}

TEST_F(TableColdTest, AMissingListIsOptional) {
  const auto cold = tables_[0]->Get("1000", kMaxSeq, {.tier = Tier::kCacheOnly});
  ASSERT_FALSE(cold);
  EXPECT_EQ(cold.error().code(), ErrorCode::kCold);
}

TEST_F(TableColdTest, AnIteratorStopsAtAColdBlockAndGoesOnAfterANewSeek) {
  size_t runs = 0;
  for (bool done = false; !done; ++runs) {
    const auto iterator = tables_[0]->NewIterator(CacheOnly());
    auto at = model_.begin();
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++at) {
      ASSERT_EQ(iterator->key(), at->first.first);
      ASSERT_EQ(iterator->value(), at->second);
    }
    done = iterator->status().has_value();
    ASSERT_EQ(at == model_.end(), done);
    if (!done) {
      ASSERT_EQ(iterator->status().error().code(), ErrorCode::kCold);
      ASSERT_NO_FATAL_FAILURE(FetchMissing());
    }
  }
  ASSERT_EQ(pins_.size(), tables_[0]->block_count());
  EXPECT_GT(pins_.size(), 40u);
  // The first block alone, the others many at a time, and a run that lacks none.
  EXPECT_EQ(runs, 1 + (pins_.size() - 1 + 15) / 16 + 1);
  const auto iterator = tables_[0]->NewIterator(CacheOnly());
  ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(*iterator, model_));
}

TEST_F(TableColdTest, AStepIntoAColdBlockNamesThoseThatFollow) {
  const auto iterator = tables_[0]->NewIterator(CacheOnly());
  iterator->SeekToFirst();
  ASSERT_EQ(missing_.size(), 1u);  // a search may be all that is wanted
  ASSERT_NO_FATAL_FAILURE(FetchMissing());
  const uint64_t second = missing_[0].offset + missing_[0].size;
  missing_.clear();
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
  }
  ASSERT_EQ(missing_.size(), 16u);
  uint64_t offset = second;
  for (const BlockRef& ref : missing_) {
    EXPECT_EQ(ref.file_number, 12u);
    EXPECT_EQ(ref.offset, offset);
    offset += ref.size;
  }
}

TEST_F(TableColdTest, ASeekOfAMergeNamesTheBlocksOfAllTables) {
  std::vector<std::unique_ptr<EntryIterator>> children;
  const ReadOptions options = CacheOnly();
  for (const auto& table : tables_) children.push_back(table->NewIterator(options));
  const auto merged = NewMergingIterator(std::move(children));
  merged->Seek("1150", kMaxSeq);
  EXPECT_FALSE(merged->Valid());
  EXPECT_EQ(merged->status().error().code(), ErrorCode::kCold);
  ASSERT_EQ(missing_.size(), 2u);
  EXPECT_NE(missing_[0].file_number, missing_[1].file_number);
  ASSERT_NO_FATAL_FAILURE(FetchMissing());
  missing_.clear();
  merged->Seek("1150", kMaxSeq);
  ASSERT_TRUE(merged->Valid());
  EXPECT_EQ(merged->key(), "1150");
  EXPECT_TRUE(missing_.empty());
}

TEST_F(TableColdTest, FetchRefusesWhatIsNoBlockOfTheTable) {
  IgnoreError(tables_[0]->Get("1100", kMaxSeq, CacheOnly()), "only to learn a block");
  ASSERT_EQ(missing_.size(), 1u);
  for (int change = 0; change < 3; ++change) {
    BlockRef ref = missing_[0];
    if (change == 0) ++ref.file_number;
    if (change == 1) ++ref.offset;
    if (change == 2) ++ref.size;
    const auto pin = tables_[0]->Fetch(ref);
    ASSERT_FALSE(pin);
    EXPECT_EQ(pin.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST_F(TableColdTest, AFailedReadIsAnErrorWithFileAndOffsetAndNothingIsCached) {
  IgnoreError(tables_[0]->Get("1100", kMaxSeq, CacheOnly()), "only to learn a block");
  const BlockRef ref = missing_.at(0);
  env_.ForbidMainIo(false);
  const std::string place = "table 000012.sst: block at " + std::to_string(ref.offset) + ": ";

  env_.FailNext(support::SimOp::kRead, "000012.sst", ErrorCode::kIo);
  auto pin = tables_[0]->Fetch(ref);
  ASSERT_FALSE(pin);
  EXPECT_EQ(pin.error().code(), ErrorCode::kIo);
  EXPECT_TRUE(pin.error().message().starts_with(place)) << pin.error().message();

  env_.FlipNextRead("000012.sst");
  pin = tables_[0]->Fetch(ref);
  ASSERT_FALSE(pin);
  EXPECT_EQ(pin.error().message(), place + "checksum mismatch");

  EXPECT_EQ(cache_.stats().blocks, 0u);
  EXPECT_TRUE(tables_[0]->Fetch(ref));
}

}  // namespace
}  // namespace cordwood::storage
