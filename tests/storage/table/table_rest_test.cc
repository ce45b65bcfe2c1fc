// Iterators that give the memory of a large value back for a while.

#include <gtest/gtest.h>

#include <string>

#include "storage/table/table.h"
#include "storage/table/table_builder.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;
using support::SimOp;

constexpr size_t kLarge = 1 << 20;

class TableRestTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    TableBuilder builder(*env_.Open("000001.sst", OpenMode::kCreate), {.number = 1, .salt = 5},
                         {.compress = GetParam()});
    Add(builder, "a", "small");
    Add(builder, "b", std::string(kLarge, 'b'));
    Add(builder, "c", std::string(kLarge, 'c'));
    ASSERT_TRUE(builder.Finish());
    table_ = *Table::Open(env_, "000001.sst", 1, nullptr);
    iterator_ = table_->NewIterator({.fill_cache = false});
  }

  static void Add(TableBuilder& builder, const std::string& key, const std::string& value) {
    ASSERT_TRUE(builder.Add(key, PackTrailer(1, {.is_put = true}), value));
  }

  SimEnv env_{1};
  std::unique_ptr<Table> table_;
  std::unique_ptr<EntryIterator> iterator_;
};

TEST_P(TableRestTest, KeepsTheKeyAndGivesTheValueBackWhenItWakes) {
  iterator_->SeekToFirst();
  iterator_->Rest();
  iterator_->Wake();
  EXPECT_EQ(iterator_->value(), "small");
  for (const char key : {'b', 'c'}) {
    iterator_->Next();
    ASSERT_TRUE(iterator_->Valid());
    iterator_->Rest();
    EXPECT_TRUE(iterator_->Valid());
    EXPECT_EQ(iterator_->key(), std::string(1, key));
    EXPECT_EQ(iterator_->trailer(), PackTrailer(1, {.is_put = true}));
    iterator_->Wake();
    ASSERT_TRUE(iterator_->Valid());
    EXPECT_EQ(iterator_->key(), std::string(1, key));
    EXPECT_EQ(iterator_->value(), std::string(kLarge, key));
  }
  iterator_->Next();
  EXPECT_FALSE(iterator_->Valid());
  iterator_->Rest();
  EXPECT_TRUE(iterator_->status());
}

TEST_P(TableRestTest, ASeekEndsARest) {
  for (const char* const key : {"b", "c", "a", "b", "b"}) {
    iterator_->Seek(key, SeekTrailer(kMaxSeq));
    ASSERT_TRUE(iterator_->Valid());
    EXPECT_EQ(iterator_->key(), key);
    EXPECT_EQ(iterator_->value().back(), *key == 'a' ? 'l' : *key);
    iterator_->Rest();
  }
  iterator_->Seek("d", SeekTrailer(kMaxSeq));
  EXPECT_FALSE(iterator_->Valid());
  iterator_->Rest();
  iterator_->Seek("c", SeekTrailer(kMaxSeq));
  ASSERT_TRUE(iterator_->Valid());
  EXPECT_EQ(iterator_->value(), std::string(kLarge, 'c'));
}

TEST_P(TableRestTest, AValueThatCannotBeReadAgainIsAnError) {
  if (GetParam()) GTEST_SKIP() << "its blocks are small in the file: they stay in the read buffer";
  iterator_->Seek("b", SeekTrailer(kMaxSeq));
  ASSERT_TRUE(iterator_->Valid());
  iterator_->Rest();
  env_.FailNext(SimOp::kRead, "000001.sst", ErrorCode::kIo);
  iterator_->Wake();
  EXPECT_FALSE(iterator_->Valid());
  ASSERT_FALSE(iterator_->status());
  EXPECT_EQ(iterator_->status().error().code(), ErrorCode::kIo);
}

INSTANTIATE_TEST_SUITE_P(Compressed, TableRestTest, testing::Bool());

}  // namespace
}  // namespace cordwood::storage
