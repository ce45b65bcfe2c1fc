#include "storage/table/merging_iterator.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/memtable/sorted_memtable.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

using Children = std::vector<std::unique_ptr<EntryIterator>>;

/// Passes on a memtable's iterator; fails when and as the test says.
class Fallible final : public EntryIterator {
 public:
  Fallible(std::unique_ptr<EntryIterator> inner, const std::optional<ErrorCode>* failure)
      : inner_(std::move(inner)), failure_(failure) {}

  bool Valid() const override { return !*failure_ && inner_->Valid(); }
  Status status() const override {
    if (*failure_) return Fail(**failure_, "as asked");
    return {};
  }
  void SeekToFirst() override { inner_->SeekToFirst(); }
  void SeekToLast() override { inner_->SeekToLast(); }
  void Seek(std::string_view key, uint64_t trailer) override { inner_->Seek(key, trailer); }
  void SeekBefore(std::string_view key, uint64_t trailer) override {
    inner_->SeekBefore(key, trailer);
  }
  void Next() override { inner_->Next(); }
  void Prev() override { inner_->Prev(); }
  std::string_view key() const override { return inner_->key(); }
  uint64_t trailer() const override { return inner_->trailer(); }
  std::string_view value() const override { return inner_->value(); }

 private:
  const std::unique_ptr<EntryIterator> inner_;
  const std::optional<ErrorCode>* const failure_;
};

std::unique_ptr<EntryIterator> IteratorOf(const Memtable& memtable) {
  Children runs;
  AppendListIterators(memtable, 0, runs);
  return NewMergingIterator(std::move(runs));
}

void AddTo(Memtable& memtable, const EntryKey& key, const std::string& value) {
  memtable.Add(TrailerSeq(key.second), TrailerTag(key.second), key.first, value);
}

/// Passes on a memtable's iterator; after each search it calls `after`, as if another thread had
/// come in between.
class Interrupted final : public EntryIterator {
 public:
  Interrupted(std::unique_ptr<EntryIterator> inner, std::function<void()> after)
      : inner_(std::move(inner)), after_(std::move(after)) {}

  bool Valid() const override { return inner_->Valid(); }
  Status status() const override { return inner_->status(); }
  void SeekToFirst() override { inner_->SeekToFirst(); }
  void SeekToLast() override { inner_->SeekToLast(); }
  void Seek(std::string_view key, uint64_t trailer) override {
    inner_->Seek(key, trailer);
    after_();
  }
  void SeekBefore(std::string_view key, uint64_t trailer) override {
    inner_->SeekBefore(key, trailer);
    after_();
  }
  void Next() override { inner_->Next(); }
  void Prev() override { inner_->Prev(); }
  std::string_view key() const override { return inner_->key(); }
  uint64_t trailer() const override { return inner_->trailer(); }
  std::string_view value() const override { return inner_->value(); }

 private:
  const std::unique_ptr<EntryIterator> inner_;
  const std::function<void()> after_;
};

TEST(MergingIterator, AgreesWithAModelInBothDirections) {
  for (const uint64_t seed : support::Seeds(40, 2000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    const EntryModel model = RandomModel(random, static_cast<int>(random.Below(300)));
    std::vector<Memtable> memtables(random.Below(12));
    Children children;
    for (const Memtable& memtable : memtables) children.push_back(IteratorOf(memtable));
    EntryModel merged;
    if (!memtables.empty()) merged = model;
    // From the end: of one key the oldest version first.
    for (auto entry = merged.rbegin(); entry != merged.rend(); ++entry) {
      AddTo(memtables[random.Below(memtables.size())], entry->first, entry->second);
    }
    const auto iterator = NewMergingIterator(std::move(children));
    ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(*iterator, merged));
    ASSERT_NO_FATAL_FAILURE(ExpectSameWalk(*iterator, merged, random, 1000));
  }
}

TEST(MergingIterator, EqualEntriesComeInTheOrderOfTheChildrenInBothDirections) {
  Memtable memtables[3];
  for (int i = 0; i < 3; ++i) {
    const std::string child = std::to_string(i);
    AddTo(memtables[i], {"a", PackTrailer(1, Tag{})}, "a" + child);
    AddTo(memtables[i], {"b", PackTrailer(1, Tag{})}, "b" + child);
  }
  Children children;
  for (const Memtable& memtable : memtables) children.push_back(IteratorOf(memtable));
  const auto iterator = NewMergingIterator(std::move(children));
  const std::vector<std::string> expected = {"a0", "a1", "a2", "b0", "b1", "b2"};
  // To each place, one step back, and on again.
  for (size_t turn = 1; turn < expected.size(); ++turn) {
    iterator->SeekToFirst();
    for (size_t i = 0; i < turn; ++i, iterator->Next()) ASSERT_EQ(iterator->value(), expected[i]);
    ASSERT_EQ(iterator->value(), expected[turn]);
    iterator->Prev();
    ASSERT_TRUE(iterator->Valid());
    ASSERT_EQ(iterator->value(), expected[turn - 1]);
    iterator->Next();
    for (size_t i = turn; i < expected.size(); ++i, iterator->Next()) {
      ASSERT_TRUE(iterator->Valid());
      ASSERT_EQ(iterator->value(), expected[i]);
    }
    ASSERT_FALSE(iterator->Valid());
  }
}

TEST(MergingIterator, TurnsInFrontOfWhatAWriterAddsMeanwhile) {
  Memtable memtables[2];
  AddTo(memtables[0], {"a", PackTrailer(1, Tag{})}, "");
  AddTo(memtables[0], {"z", PackTrailer(2, Tag{})}, "");
  AddTo(memtables[1], {"k", PackTrailer(3, Tag{})}, "");
  Seq seq = 3;  // each key that is added lies in front of those before
  Children children;
  children.push_back(std::make_unique<Interrupted>(IteratorOf(memtables[0]), [&] {
    ++seq;
    AddTo(memtables[0], {"x" + std::to_string(100 - seq), PackTrailer(seq, Tag{})}, "");
  }));
  children.push_back(IteratorOf(memtables[1]));
  const auto iterator = NewMergingIterator(std::move(children));
  iterator->Seek("k", SeekTrailer(kMaxSeq));
  ASSERT_EQ(iterator->key(), "k");
  iterator->Prev();
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "a");
  iterator->Next();
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "k");
}

TEST(MergingIterator, SeekMayTakeTheIteratorsOwnKey) {
  Memtable memtables[2];
  for (Seq seq = 1; seq <= 40; ++seq) {
    AddTo(memtables[seq % 2], {"key " + std::to_string(seq / 4 + 100), PackTrailer(seq, Tag{})},
          "");
  }
  const auto iterator = [&] {
    Children children;
    children.push_back(IteratorOf(memtables[0]));
    children.push_back(IteratorOf(memtables[1]));
    return NewMergingIterator(std::move(children));
  }();
  int keys = 0;
  for (iterator->SeekToFirst(); iterator->Valid(); ++keys) iterator->Seek(iterator->key(), 0);
  EXPECT_EQ(keys, 11);
}

TEST(MergingIterator, ASeekAheadMovesOnlyWhatLiesBeforeItsTarget) {
  Memtable memtables[3];
  AddTo(memtables[0], {"a", PackTrailer(1, Tag{})}, "");
  AddTo(memtables[0], {"d", PackTrailer(2, Tag{})}, "");
  AddTo(memtables[1], {"b", PackTrailer(3, Tag{})}, "");
  AddTo(memtables[2], {"e", PackTrailer(4, Tag{})}, "");
  int searches[3] = {};
  Children children;
  for (size_t i = 0; i < 3; ++i) {
    children.push_back(
        std::make_unique<Interrupted>(IteratorOf(memtables[i]), [&, i] { ++searches[i]; }));
  }
  const auto iterator = NewMergingIterator(std::move(children));
  iterator->SeekToFirst();
  iterator->Seek("c", SeekTrailer(kMaxSeq));
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "d");
  EXPECT_EQ(searches[0], 1);
  EXPECT_EQ(searches[1], 1);
  EXPECT_EQ(searches[2], 0);
  iterator->Seek("b", SeekTrailer(kMaxSeq));
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "b");
}

class MergingFailureTest : public testing::Test {
 protected:
  void SetUp() override {
    Children children;
    for (size_t i = 0; i < 3; ++i) {
      AddTo(memtables_[i], {std::string(1, static_cast<char>('a' + i)), 1}, "");
      AddTo(memtables_[i], {std::string(1, static_cast<char>('x' + i)), 1}, "");
      children.push_back(std::make_unique<Fallible>(IteratorOf(memtables_[i]), &failures_[i]));
    }
    iterator_ = NewMergingIterator(std::move(children));
  }

  Memtable memtables_[3];
  std::optional<ErrorCode> failures_[3];
  std::unique_ptr<EntryIterator> iterator_;
};

TEST_F(MergingFailureTest, OneChildsFailureEndsTheMerge) {
  iterator_->SeekToFirst();
  ASSERT_TRUE(iterator_->Valid());
  failures_[0] = ErrorCode::kIo;
  iterator_->Next();
  EXPECT_FALSE(iterator_->Valid());
  EXPECT_EQ(iterator_->status().error().code(), ErrorCode::kIo);
  failures_[0].reset();
  iterator_->SeekToFirst();
  EXPECT_TRUE(iterator_->Valid());
  EXPECT_TRUE(iterator_->status());
}

TEST_F(MergingFailureTest, ARealErrorWinsOverCold) {
  failures_[0] = ErrorCode::kCold;
  failures_[1] = ErrorCode::kCorruption;
  failures_[2] = ErrorCode::kCold;
  iterator_->Seek("a", ~uint64_t{0});
  EXPECT_FALSE(iterator_->Valid());
  EXPECT_EQ(iterator_->status().error().code(), ErrorCode::kCorruption);
}

TEST_F(MergingFailureTest, AFailureWhileTurningIsNotTheEnd) {
  iterator_->Seek("b", ~uint64_t{0});
  ASSERT_TRUE(iterator_->Valid());
  failures_[2] = ErrorCode::kCold;
  iterator_->Prev();
  EXPECT_FALSE(iterator_->Valid());
  ASSERT_FALSE(iterator_->status());
  EXPECT_EQ(iterator_->status().error().code(), ErrorCode::kCold);
}

}  // namespace
}  // namespace cordwood::storage
