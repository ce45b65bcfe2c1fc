#include "storage/memtable/sorted_memtable.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "storage/table/merging_iterator.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kListEntries = 16;

class SortedMemtableTest : public testing::Test {
 protected:
  void Fill(Seq entries) {
    while (seq_ < entries) {
      const std::string key = Format("{:04}", random_.Below(1000));
      ++seq_;
      sorted_->Add(seq_, Tag{}, key, std::to_string(seq_));
      model_[{key, kMaxSeq - seq_}] = seq_;
    }
  }

  static size_t Iterators(const SortedMemtable& sorted, const WalkBounds& bounds = {}) {
    std::vector<std::unique_ptr<EntryIterator>> iterators;
    sorted.AppendIterators(bounds, iterators);
    return iterators.size();
  }

  /// The seqs of all entries, in order; walks back too.
  static std::vector<Seq> Walk(const SortedMemtable& sorted) {
    std::vector<std::unique_ptr<EntryIterator>> children;
    sorted.AppendIterators({}, children);
    const auto iterator = NewMergingIterator(std::move(children));
    std::vector<Seq> seqs;
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      seqs.push_back(TrailerSeq(iterator->trailer()));
      EXPECT_EQ(iterator->value(), std::to_string(seqs.back()));
    }
    size_t back = seqs.size();
    for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) {
      EXPECT_EQ(TrailerSeq(iterator->trailer()), seqs.at(--back));
    }
    EXPECT_EQ(back, 0u);
    return seqs;
  }

  std::vector<Seq> Expected() const {
    std::vector<Seq> seqs;
    for (const auto& [entry, seq] : model_) seqs.push_back(seq);
    return seqs;
  }

  Random random_{1};
  Seq seq_ = 0;
  std::map<std::pair<std::string, Seq>, Seq> model_;
  SortedMemtable sorted_{
      .memtable = std::make_shared<Memtable>(Memtable::Options{.list_entries = kListEntries})};
};

TEST_F(SortedMemtableTest, ShowsTheSameSortedAndUnsorted) {
  Fill(1000);
  const SortedMemtable unsorted = sorted_;
  EXPECT_EQ(Walk(unsorted), Expected());
  for (const size_t lists : {1u, 7u, 40u, 62u}) {
    sorted_ = sorted_.SortedThrough(lists);
    EXPECT_EQ(sorted_.lists_sorted, lists);
    EXPECT_EQ(Walk(sorted_), Expected()) << lists;
  }
  EXPECT_EQ(Walk(sorted_.SortedWhole()), Expected());
  EXPECT_EQ(Walk(unsorted.SortedWhole()), Expected());
  EXPECT_EQ(Iterators(unsorted.SortedWhole()), 1u);
}

TEST_F(SortedMemtableTest, HasFewPartsHoweverManyListsThereAre) {
  size_t most = 0;
  for (size_t lists = 1; lists <= 300; ++lists) {
    Fill((lists + 1) * kListEntries - 5);  // the last one is not full
    sorted_ = sorted_.SortedThrough(lists);
    most = std::max(most, Iterators(sorted_));
  }
  EXPECT_LE(most, 7u);
  EXPECT_EQ(Walk(sorted_), Expected());
}

TEST_F(SortedMemtableTest, TakesInWhatIsAddedToTheNewestList) {
  Fill(3 * kListEntries);
  sorted_ = sorted_.SortedThrough(2);
  Fill(3 * kListEntries + 5);
  EXPECT_EQ(Walk(sorted_), Expected()) << "the list that was the newest, and one more";
}

TEST_F(SortedMemtableTest, OpensNoArrayThatLiesOutOfTheBounds) {
  for (int i = 0; i < 64; ++i) sorted_->Add(++seq_, Tag{}, Format("b{:02}", i), {});
  sorted_ = sorted_.SortedWhole();
  EXPECT_EQ(Iterators(sorted_, {.begin = "a", .end = "c"}), 1u);
  EXPECT_EQ(Iterators(sorted_, {.begin = "b63", .end = ""}), 1u);
  EXPECT_EQ(Iterators(sorted_, {.begin = "a", .end = "b000"}), 1u);
  EXPECT_EQ(Iterators(sorted_, {.begin = "a", .end = "b00"}), 0u);
  EXPECT_EQ(Iterators(sorted_, {.begin = "b630", .end = "c"}), 0u);
  EXPECT_EQ(Iterators(sorted_, {.begin = "b630", .end = ""}), 0u);
}

TEST_F(SortedMemtableTest, AnArrayIsCountedWithTheMemtable) {
  const size_t one_list = [&] {
    Fill(kListEntries);
    return sorted_->bytes();
  }();
  sorted_->Add(++seq_, Tag{}, "k", {});
  EXPECT_GE(sorted_->bytes(), one_list + kListEntries * SortedArray::kEntryBytes);
}

}  // namespace
}  // namespace cordwood::storage
