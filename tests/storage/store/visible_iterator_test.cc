#include "storage/visible_iterator.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/memtable/sorted_memtable.h"
#include "storage/table/merging_iterator.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

constexpr Tag kPut{.is_put = true};

std::unique_ptr<EntryIterator> IteratorOf(const Memtable& memtable) {
  std::vector<std::unique_ptr<EntryIterator>> lists;
  AppendListIterators(memtable, 0, lists);
  return NewMergingIterator(std::move(lists));
}

/// Passes on another one; counts its moves, and calls back after every search.
class Observed final : public EntryIterator {
 public:
  struct Observer {
    uint64_t steps = 0;
    uint64_t searches = 0;
    std::function<void()> after_search = [] {};
  };

  Observed(std::unique_ptr<EntryIterator> inner, Observer* observer)
      : inner_(std::move(inner)), observer_(observer) {}

  bool Valid() const override { return inner_->Valid(); }
  Status status() const override { return inner_->status(); }
  void SeekToFirst() override { inner_->SeekToFirst(); }
  void SeekToLast() override { inner_->SeekToLast(); }
  void Seek(std::string_view key, uint64_t trailer) override {
    inner_->Seek(key, trailer);
    Searched();
  }
  void SeekBefore(std::string_view key, uint64_t trailer) override {
    inner_->SeekBefore(key, trailer);
    Searched();
  }
  void Next() override {
    ++observer_->steps;
    inner_->Next();
  }
  void Prev() override {
    ++observer_->steps;
    inner_->Prev();
  }
  std::string_view key() const override { return inner_->key(); }
  uint64_t trailer() const override { return inner_->trailer(); }
  std::string_view value() const override { return inner_->value(); }

 private:
  void Searched() {
    ++observer_->searches;
    observer_->after_search();
  }

  const std::unique_ptr<EntryIterator> inner_;
  Observer* const observer_;
};

TEST(VisibleIterator, SeekBeforeStaysBeforeTheKeyWhileAWriterAddsBehindIt) {
  Memtable memtable;
  memtable.Add(1, kPut, "a", "");
  memtable.Add(2, kPut, "z", "");
  Seq seq = 2;
  Observed::Observer observer{.after_search = [&] {
    ++seq;
    memtable.Add(seq, kPut, "x" + std::to_string(seq), "");
  }};
  VisibleIterator walk(std::make_unique<Observed>(IteratorOf(memtable), &observer), kMaxSeq);
  walk.SeekBefore("k");
  ASSERT_TRUE(walk.Valid());
  EXPECT_EQ(walk.key(), "a");
}

// A counter that is written without end has a version for each write, in one memtable.
class HotKeyTest : public testing::Test {
 protected:
  static constexpr Seq kVersions = 5000;

  HotKeyTest() {
    memtable_.Add(1, kPut, "a", "");
    memtable_.Add(2, kPut, "z", "");
    for (Seq seq = 3; seq < 3 + kVersions; ++seq) {
      memtable_.Add(seq, kPut, "hot", std::to_string(seq));
    }
  }

  /// What a walk at `seq` meets, forwards or backwards, in few moves.
  std::string Walk(Seq seq, bool forwards) {
    Observed::Observer moves;
    VisibleIterator walk(std::make_unique<Observed>(IteratorOf(memtable_), &moves), seq);
    std::string met;
    if (forwards) {
      for (walk.SeekToFirst(); walk.Valid(); walk.Next()) Append(met, walk);
    } else {
      for (walk.SeekToLast(); walk.Valid(); walk.Prev()) Append(met, walk);
    }
    EXPECT_TRUE(walk.status());
    EXPECT_LT(moves.steps + moves.searches, 100u);
    return met;
  }

  static void Append(std::string& met, const VisibleIterator& walk) {
    met += std::string(walk.key()) + "=" + std::string(walk.value()) + " ";
  }

  Memtable memtable_;
};

TEST_F(HotKeyTest, IsSteppedOverInAFewMoves) {
  EXPECT_EQ(Walk(kMaxSeq, true), "a= hot=5002 z= ");
  EXPECT_EQ(Walk(kMaxSeq, false), "z= hot=5002 a= ");
}

TEST_F(HotKeyTest, IsFoundAtAnOldStateInAFewMoves) {
  EXPECT_EQ(Walk(100, true), "a= hot=100 z= ");
  EXPECT_EQ(Walk(100, false), "z= hot=100 a= ");
  EXPECT_EQ(Walk(2, true), "a= z= ");
  EXPECT_EQ(Walk(2, false), "z= a= ");
}

TEST_F(HotKeyTest, IsSteppedOverInAFewMovesAfterItWasDeleted) {
  memtable_.Add(3 + kVersions, Tag{.is_put = false}, "hot", "");
  EXPECT_EQ(Walk(kMaxSeq, true), "a= z= ");
  EXPECT_EQ(Walk(kMaxSeq, false), "z= a= ");
  EXPECT_EQ(Walk(2 + kVersions, true), "a= hot=5002 z= ");
}

// Two keys that exist, with thousands of deleted ones between them.
class DeletedRangeTest : public testing::Test {
 protected:
  static constexpr int kDeleted = 2000;

  DeletedRangeTest() {
    Add("a", kPut);
    for (int i = 0; i < kDeleted; ++i) Add(std::to_string(10000 + i), kPut);
    Add("~", kPut);
    for (int i = 0; i < kDeleted; ++i) Add(std::to_string(10000 + i), Tag{.is_put = false});
  }

  void Add(const std::string& key, Tag tag) {
    ++seq_;
    memtable_.Add(seq_, tag, key, "");
  }

  Memtable memtable_;
  Seq seq_ = 0;
};

TEST_F(DeletedRangeTest, IsCrossedInPiecesAndNothingTwice) {
  constexpr uint64_t kBudget = 100;
  // Deleted, or newer than what the walk may see.
  for (const auto& [seq, expected] : {std::pair(kMaxSeq, "a ~ "), std::pair(Seq{1}, "a ")}) {
    Observed::Observer moves;
    std::string met;
    std::string from;
    for (bool done = false; !done;) {
      VisibleIterator walk(std::make_unique<Observed>(IteratorOf(memtable_), &moves), seq);
      walk.SetBudget(kBudget);
      const uint64_t before = moves.steps;
      for (walk.Seek(from); walk.Valid(); walk.Next()) met += std::string(walk.key()) + " ";
      EXPECT_LE(moves.steps - before, kBudget + 2);
      done = walk.status().has_value();
      if (done) break;
      EXPECT_TRUE(walk.stopped());
      EXPECT_EQ(walk.status().error().code(), ErrorCode::kPaused);
      EXPECT_GT(walk.passed(), from);
      from = walk.passed();
    }
    EXPECT_EQ(met, expected);
    EXPECT_LT(moves.steps, 2u * kDeleted + 10);
  }
}

TEST_F(DeletedRangeTest, GetsOnWithAnyBudget) {
  std::string from;
  std::string met;
  for (int pieces = 0; pieces < 10 * kDeleted; ++pieces) {
    VisibleIterator walk(IteratorOf(memtable_), kMaxSeq);
    walk.SetBudget(0);
    for (walk.Seek(from); walk.Valid(); walk.Next()) met += std::string(walk.key()) + " ";
    if (walk.status()) break;
    ASSERT_GT(walk.passed(), from);
    from = walk.passed();
  }
  EXPECT_EQ(met, "a ~ ");
}

TEST_F(DeletedRangeTest, IsCrossedBackwardsInPiecesAndNothingTwice) {
  constexpr uint64_t kBudget = 100;
  for (const auto& [seq, expected] : {std::pair(kMaxSeq, "~ a "), std::pair(Seq{1}, "a ")}) {
    Observed::Observer moves;
    std::string met;
    std::string from = "~~";
    for (bool done = false; !done;) {
      VisibleIterator walk(std::make_unique<Observed>(IteratorOf(memtable_), &moves), seq);
      walk.SetBudget(kBudget);
      const uint64_t before = moves.steps;
      for (walk.SeekBefore(from); walk.Valid(); walk.Prev()) met += std::string(walk.key()) + " ";
      EXPECT_LE(moves.steps - before, kBudget + 4);
      done = walk.status().has_value();
      if (done) break;
      EXPECT_TRUE(walk.stopped());
      EXPECT_EQ(walk.status().error().code(), ErrorCode::kPaused);
      EXPECT_LT(walk.passed(), from);
      from = walk.passed();
    }
    EXPECT_EQ(met, expected);
    EXPECT_LT(moves.steps, 2u * kDeleted + 100);
  }
}

TEST_F(DeletedRangeTest, GetsOnBackwardsWithAnyBudget) {
  std::string from = "~~";
  std::string met;
  for (int pieces = 0; pieces < 10 * kDeleted; ++pieces) {
    VisibleIterator walk(IteratorOf(memtable_), kMaxSeq);
    walk.SetBudget(0);
    for (walk.SeekBefore(from); walk.Valid(); walk.Prev()) met += std::string(walk.key()) + " ";
    if (walk.status()) break;
    ASSERT_LT(walk.passed(), from);
    from = walk.passed();
  }
  EXPECT_EQ(met, "~ a ");
}

TEST_F(DeletedRangeTest, IsNotEnteredBehindABound) {
  VisibleIterator walk(IteratorOf(memtable_), kMaxSeq);
  walk.SetBegin("~");
  walk.SetBudget(3);
  walk.SeekToLast();
  ASSERT_TRUE(walk.Valid());
  walk.Prev();
  EXPECT_FALSE(walk.Valid());
  EXPECT_FALSE(walk.stopped());
  EXPECT_TRUE(walk.status());
  EXPECT_EQ(walk.budget(), 3u);
}

TEST_F(DeletedRangeTest, MayBeLeftBackwardsAfterAPause) {
  VisibleIterator walk(IteratorOf(memtable_), kMaxSeq);
  walk.SetBudget(10);
  walk.Seek("1");
  ASSERT_TRUE(walk.stopped());
  walk.SeekToLast();
  EXPECT_TRUE(walk.status());
  ASSERT_TRUE(walk.Valid());
  EXPECT_EQ(walk.key(), "~");
}

using Model = std::map<std::string, std::string>;

/// Walks at random and compares.
void ExpectSameWalk(VisibleIterator& walk, const Model& model, Random& random) {
  auto at = model.begin();
  walk.SeekToFirst();
  for (int step = 0; step < 300; ++step) {
    ASSERT_EQ(walk.Valid(), at != model.end());
    if (walk.Valid()) {
      ASSERT_EQ(walk.key(), at->first);
      ASSERT_EQ(walk.value(), at->second);
    }
    if (!walk.Valid() || random.OneIn(8)) {
      const std::string key = std::to_string(random.Below(40));
      at = model.lower_bound(key);
      if (random.OneIn(2)) {
        walk.Seek(key);
      } else {
        walk.SeekBefore(key);
        at = at == model.begin() ? model.end() : std::prev(at);
      }
    } else if (random.OneIn(2)) {
      walk.Next();
      ++at;
    } else {
      walk.Prev();
      at = at == model.begin() ? model.end() : std::prev(at);
    }
  }
}

TEST(VisibleIterator, AgreesWithAModelAtEveryState) {
  for (const uint64_t seed : support::Seeds(30, 2000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    std::vector<Memtable> memtables(1 + random.Below(3));
    std::vector<Model> states(1);  // by seq
    for (Seq seq = 1; seq <= 600; ++seq) {
      // Few keys, some of them with many versions.
      const std::string key = std::to_string(random.OneIn(2) ? random.Below(3) : random.Below(40));
      const Tag tag{.is_put = !random.OneIn(3)};
      const std::string value = tag.is_put ? std::to_string(seq) : "";
      memtables[random.Below(memtables.size())].Add(seq, tag, key, value);
      states.push_back(states.back());
      states.back().erase(key);
      if (tag.is_put) states.back()[key] = value;
    }
    for (int i = 0; i < 10; ++i) {
      const Seq seq = random.Below(states.size());
      std::vector<std::unique_ptr<EntryIterator>> lists;
      for (const Memtable& memtable : memtables) lists.push_back(IteratorOf(memtable));
      VisibleIterator walk(NewMergingIterator(std::move(lists)), seq);
      ASSERT_NO_FATAL_FAILURE(ExpectSameWalk(walk, states[seq], random));
    }
  }
}

}  // namespace
}  // namespace cordwood::storage
