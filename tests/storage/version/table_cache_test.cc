#include "storage/version/table_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "storage/compaction/run_writer.h"
#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimOp;

constexpr uint64_t kTables = 20;

class TableCacheTest : public testing::Test {
 protected:
  TableCacheTest() {
    for (uint64_t number = 1; number <= kTables; ++number) {
      RunWriter writer(
          env_,
          {.dir = ".", .fragment_bytes = 1 << 20, .next_file_number = [number] { return number; }},
          {});
      for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(writer.Add({.key = Format("{:03}", i), .seq = number, .value = "value"}));
      }
      EXPECT_TRUE(writer.Finish());
      summaries_.push_back(
          (*Table::Open(env_, TablePath(".", number), number, nullptr))->summary());
    }
    table_bytes_ = (*Table::Open(env_, TablePath(".", 1), 1, nullptr))->memory_bytes();
  }

  // A cache with room for so many tables, and the files of all, closed.
  void MakeCache(uint64_t tables) {
    cache_ = std::make_unique<TableCache>(
        env_, nullptr,
        TableCache::Options{.dir = ".", .open_files = 4, .memory_bytes = 2 * tables * table_bytes_},
        TableCache::Hooks{.obsolete = [this](uint64_t number) { obsolete_.push_back(number); },
                          .closed =
                              [this](ClosedTables tables_closed) {
                                closed_.push_back(std::move(tables_closed));
                              }});
    for (uint64_t number = 1; number <= kTables; ++number) {
      files_.push_back(cache_->Make(number, summaries_[number - 1]));
    }
  }

  ~TableCacheTest() override {
    files_.clear();
    closed_.clear();
  }

  uint64_t OpenNow() const { return cache_->stats().open; }

  support::SimEnv env_{1};
  std::vector<std::shared_ptr<const TableSummary>> summaries_;
  uint64_t table_bytes_ = 0;
  std::unique_ptr<TableCache> cache_;
  std::vector<std::shared_ptr<TableFile>> files_;
  std::vector<uint64_t> obsolete_;
  std::vector<ClosedTables> closed_;
};

TEST_F(TableCacheTest, NothingIsOpenUntilItIsRead) {
  MakeCache(8);
  EXPECT_EQ(OpenNow(), 0u);
  EXPECT_EQ(files_[3]->open(), nullptr);
  ASSERT_TRUE(files_[3]->Open());
  EXPECT_NE(files_[3]->open(), nullptr);
  ASSERT_TRUE(files_[3]->Open());
  EXPECT_EQ(cache_->stats().opens, 1u);
  EXPECT_EQ(cache_->stats().bytes, table_bytes_);
}

TEST_F(TableCacheTest, MemoryAndDescriptorsAreBoundedHoweverManyAreRead) {
  MakeCache(8);
  for (int round = 0; round < 3; ++round) {
    for (const auto& file : files_) {
      ASSERT_TRUE(file->Open());
      EXPECT_LE(cache_->stats().bytes, 8 * table_bytes_);
      EXPECT_LE(cache_->stats().files.open, 4u);
      EXPECT_NE(file->open(), nullptr) << "the one that was just opened stays";
    }
  }
  EXPECT_GE(OpenNow(), 6u);
  EXPECT_GT(cache_->stats().closes, kTables);
}

TEST_F(TableCacheTest, WhatIsUsedStaysOpen) {
  MakeCache(8);
  for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(files_[i]->Open());
  for (int round = 0; round < 3; ++round) {
    for (uint64_t i = 3; i < kTables; ++i) {
      for (uint64_t used = 0; used < 3; ++used) ASSERT_NE(files_[used]->open(), nullptr);
      ASSERT_TRUE(files_[i]->Open());
    }
  }
}

TEST_F(TableCacheTest, WhatSomebodyHoldsIsNotClosed) {
  MakeCache(2);
  const std::shared_ptr<const Table> held = *files_[0]->Open();
  for (int round = 0; round < 3; ++round) {
    for (uint64_t i = 1; i < kTables; ++i) ASSERT_TRUE(files_[i]->Open());
  }
  EXPECT_EQ(files_[0]->open(), held.get());
}

// Who pinned a version looks without a lock: it must not be destroyed here.
TEST_F(TableCacheTest, AClosedTableIsHandedOn) {
  MakeCache(2);
  ASSERT_TRUE(files_[0]->Open());
  const Table* seen = files_[0]->open();
  for (uint64_t i = 1; i < kTables; ++i) ASSERT_TRUE(files_[i]->Open());
  ASSERT_EQ(files_[0]->open(), nullptr);
  const Result<std::optional<TableFound>> found = seen->Get("042", kMaxSeq, {});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->value, "value");
}

TEST_F(TableCacheTest, OneThatIsReadOnceIsNotOpenForOthers) {
  MakeCache(8);
  const auto aside = files_[0]->OpenAside();
  ASSERT_TRUE(aside);
  EXPECT_EQ((*aside)->properties().entries, 100u);
  EXPECT_EQ(files_[0]->open(), nullptr);
  EXPECT_EQ(OpenNow(), 0u);
  const std::shared_ptr<const Table> open = *files_[1]->Open();
  EXPECT_EQ(*files_[1]->OpenAside(), open);
}

TEST_F(TableCacheTest, WhatIsWantedIsOpenedWhileThereIsRoom) {
  MakeCache(8);
  for (const auto& file : files_) {
    file->Want();
    file->Want();
  }
  cache_->AwaitIdle();
  EXPECT_GE(OpenNow(), 4u);
  EXPECT_LE(OpenNow(), 8u);
  EXPECT_EQ(cache_->stats().closes, 0u) << "a hint closes nothing";
}

TEST_F(TableCacheTest, LessMemoryClosesTables) {
  MakeCache(16);
  for (const auto& file : files_) ASSERT_TRUE(file->Open());
  EXPECT_GT(OpenNow(), 10u);
  cache_->SetMemory(6 * table_bytes_);
  EXPECT_LE(OpenNow(), 3u);
}

TEST_F(TableCacheTest, AnObsoleteFileIsReportedWithItsDescriptorClosed) {
  MakeCache(8);
  ASSERT_TRUE(files_[4]->Open());
  EXPECT_EQ(cache_->stats().files.open, 1u);
  files_[4]->MarkObsolete();
  files_[4].reset();
  EXPECT_EQ(obsolete_, std::vector<uint64_t>{5});
  EXPECT_EQ(OpenNow(), 0u);
  EXPECT_EQ(cache_->stats().files.open, 0u);
  files_[5].reset();
  EXPECT_EQ(obsolete_.size(), 1u) << "the other one is only closed";
}

TEST_F(TableCacheTest, WhatCannotBeOpenedSaysWhyEachTime) {
  MakeCache(8);
  ASSERT_TRUE(env_.FlipBit(TableFileName(3), summaries_[2]->properties.file_bytes - 40, 1));
  ASSERT_TRUE(env_.RemoveRaw(TableFileName(4)));
  for (int i = 0; i < 2; ++i) {
    for (const uint64_t number : {3, 4}) {
      const auto table = files_[number - 1]->Open();
      ASSERT_FALSE(table);
      EXPECT_EQ(table.error().code(), ErrorCode::kCorruption);
      EXPECT_TRUE(table.error().message().contains(TableFileName(number)))
          << table.error().message();
    }
  }
  EXPECT_EQ(OpenNow(), 0u);
}

}  // namespace
}  // namespace cordwood::storage
