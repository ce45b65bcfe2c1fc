#include "storage/learned_gaps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "storage/memtable/sorted_memtable.h"
#include "storage/table/merging_iterator.h"
#include "storage/visible_iterator.h"
#include "tests/storage/store/store_world.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

constexpr Tag kPut{.is_put = true};
constexpr Tag kDeletion{.is_put = false};
constexpr uint64_t kAmple = 1'000'000;

std::string GapKey(uint64_t number) { return Format("k{:05}", number); }

/// Numbered keys in a memtable, walked as a view of the store does it.
class GapWorld {
 public:
  explicit GapWorld(uint64_t bytes_max = 1 << 20) : gaps_(bytes_max) {}

  LearnedGaps& gaps() { return gaps_; }
  Seq seq() const { return seq_; }
  /// What everybody sees.
  void SetVisible(Seq seq) { visible_ = seq; }

  void Put(uint64_t number) {
    gaps_.NotePut(GapKey(number));
    Add(number, kPut);
  }
  void Delete(uint64_t begin, uint64_t end) {
    for (uint64_t number = begin; number < end; ++number) Add(number, kDeletion);
  }

  VisibleIterator Walk(Seq seq) {
    std::vector<std::unique_ptr<EntryIterator>> lists;
    AppendListIterators(memtable_, 0, lists);
    return {NewMergingIterator(std::move(lists)), seq,
            GapWatch(&gaps_, seq, visible_, gaps_.epoch())};
  }
  using Found = std::pair<std::vector<std::string>, uint64_t>;
  /// The keys in [begin, end) at `seq`, and the hidden entries that were stepped over.
  Found Keys(Seq seq, uint64_t begin, uint64_t end) {
    VisibleIterator walk = Walk(seq);
    walk.SetEnd(GapKey(end));
    walk.SetBudget(kAmple);
    std::vector<std::string> keys;
    for (walk.Seek(GapKey(begin)); walk.Valid(); walk.Next()) keys.emplace_back(walk.key());
    EXPECT_TRUE(walk.status());
    return {keys, kAmple - walk.budget()};
  }
  /// The same by a walk from the end to the begin.
  Found KeysBackwards(Seq seq, uint64_t begin, uint64_t end) {
    VisibleIterator walk = Walk(seq);
    walk.SetBegin(GapKey(begin));
    walk.SetBudget(kAmple);
    std::vector<std::string> keys;
    for (walk.SeekBefore(GapKey(end)); walk.Valid(); walk.Prev()) keys.emplace_back(walk.key());
    EXPECT_TRUE(walk.status());
    std::ranges::reverse(keys);
    return {keys, kAmple - walk.budget()};
  }

 private:
  void Add(uint64_t number, Tag tag) { memtable_.Add(++seq_, tag, GapKey(number), "v"); }

  Memtable memtable_;
  LearnedGaps gaps_;
  Seq seq_ = 0;
  Seq visible_ = kMaxSeq;
};

/// Ten live keys around a thousand deleted ones.
void Prepare(GapWorld& world) {
  for (uint64_t number = 0; number < 1010; ++number) world.Put(number);
  world.Delete(5, 1005);
}

TEST(LearnedGaps, AreJumpedOverByTheNextWalk) {
  GapWorld world;
  Prepare(world);
  const auto [first, first_steps] = world.Keys(kMaxSeq, 0, 1010);
  EXPECT_EQ(first.size(), 10u);
  EXPECT_GE(first_steps, 1000u);
  EXPECT_EQ(world.gaps().count(), 1u);
  const auto [second, second_steps] = world.Keys(kMaxSeq, 0, 1010);
  EXPECT_EQ(second, first);
  EXPECT_LE(second_steps, 10u);
  const auto [within, within_steps] = world.Keys(kMaxSeq, 500, 1010);
  EXPECT_EQ(within.size(), 5u);
  EXPECT_LE(within_steps, 10u);
}

TEST(LearnedGaps, AreLearnedByWalksBackwards) {
  GapWorld world;
  Prepare(world);
  const auto [first, first_steps] = world.KeysBackwards(kMaxSeq, 0, 1010);
  EXPECT_EQ(first.size(), 10u);
  EXPECT_GE(first_steps, 1000u);
  EXPECT_EQ(world.gaps().count(), 1u);
  EXPECT_LE(world.Keys(kMaxSeq, 0, 1010).second, 10u);
  EXPECT_LE(world.Keys(kMaxSeq, 5, 1010).second, 10u);
}

TEST(LearnedGaps, AreJumpedOverByWalksBackwards) {
  GapWorld world;
  Prepare(world);
  const auto [first, first_steps] = world.Keys(kMaxSeq, 0, 1010);
  for (int i = 0; i < 2; ++i) {
    const auto [second, second_steps] = world.KeysBackwards(kMaxSeq, 0, 1010);
    EXPECT_EQ(second, first);
    EXPECT_LE(second_steps, 10u);
  }
  EXPECT_LE(world.KeysBackwards(kMaxSeq, 0, 500).second, 10u);
  EXPECT_LE(world.KeysBackwards(kMaxSeq, 400, 500).second, 0u);
  EXPECT_EQ(world.gaps().count(), 1u);
}

TEST(LearnedGaps, OfWalksBackwardsAreJoined) {
  GapWorld world;
  Prepare(world);
  EXPECT_EQ(world.KeysBackwards(kMaxSeq, 700, 1010).first.size(), 5u);
  EXPECT_EQ(world.KeysBackwards(kMaxSeq, 400, 700).first.size(), 0u);
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 400).first.size(), 5u);
  EXPECT_LE(world.KeysBackwards(kMaxSeq, 0, 1010).second, 60u);
  EXPECT_LE(world.KeysBackwards(kMaxSeq, 0, 1010).second, 60u);
}

TEST(LearnedGaps, AWalkThatEndsInOneLooksAtNoMoreEntries) {
  GapWorld world;
  Prepare(world);
  world.Keys(kMaxSeq, 0, 1010);
  for (const bool forwards : {true, false}) {
    VisibleIterator walk = world.Walk(kMaxSeq);
    walk.SetBegin(GapKey(300));
    walk.SetEnd(GapKey(400));
    walk.SetBudget(0);
    if (forwards) {
      walk.Seek(GapKey(350));
    } else {
      walk.SeekBefore(GapKey(350));
    }
    EXPECT_FALSE(walk.Valid());
    EXPECT_FALSE(walk.stopped());
    EXPECT_TRUE(walk.status());
  }
}

// The key that is sought was put again, which this reader does not see yet.
TEST(LearnedGaps, DoNotBeginWithASoughtKeyThatExistsForOthers) {
  GapWorld world;
  Prepare(world);
  const Seq visible = world.seq();
  world.SetVisible(visible);
  world.Put(100);
  EXPECT_EQ(world.Keys(visible, 100, 1010).first.size(), 5u);
  EXPECT_EQ(world.Keys(kMaxSeq, 100, 1010).first.size(), 6u);
}

TEST(LearnedGaps, EndWithTheWalksThatLearnedThem) {
  GapWorld world;
  Prepare(world);
  EXPECT_EQ(world.Keys(kMaxSeq, 100, 400).first.size(), 0u);
  EXPECT_EQ(world.Keys(kMaxSeq, 400, 700).first.size(), 0u);
  EXPECT_EQ(world.gaps().count(), 1u) << "neighbours are joined";
  EXPECT_LE(world.Keys(kMaxSeq, 100, 700).second, 10u);
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 1010).first.size(), 10u);
  EXPECT_EQ(world.gaps().count(), 1u);
}

TEST(LearnedGaps, AShortStretchIsNone) {
  GapWorld world;
  for (uint64_t number = 0; number < 100; ++number) world.Put(number);
  constexpr uint64_t kKeysMin = LearnedGaps::kStepsMin / 2;  // the deletion, and what it deletes
  world.Delete(10, 10 + kKeysMin - 1);
  world.Keys(kMaxSeq, 0, 100);
  world.KeysBackwards(kMaxSeq, 0, 100);
  EXPECT_TRUE(world.gaps().empty());
  world.Delete(10 + kKeysMin - 1, 10 + kKeysMin);
  world.Keys(kMaxSeq, 0, 100);
  EXPECT_EQ(world.gaps().count(), 1u);
}

TEST(LearnedGaps, OfKeysWithManyVersionsAreShort) {
  for (const bool backwards : {false, true}) {
    GapWorld world;
    for (uint64_t number = 0; number < 12; ++number) {
      for (int i = 0; i < 10; ++i) world.Put(number);
    }
    world.Delete(1, 11);
    const auto walk = [&] {
      return backwards ? world.KeysBackwards(kMaxSeq, 1, 11) : world.Keys(kMaxSeq, 1, 11);
    };
    EXPECT_GE(walk().second, LearnedGaps::kStepsMin);
    EXPECT_LE(walk().second, 8u);
  }
}

// However long rows of deleted keys are, of how many versions, and whoever sees them already: what
// the first walk did not learn is little.
TEST(LearnedGaps, ASecondWalkTakesFewStepsOverWhatIsInNone) {
  for (const uint64_t seed : support::Seeds(40, 4000)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    GapWorld world;
    const uint64_t keys = random.Below(400) + 1;
    for (uint64_t number = 0; number < keys; ++number) {
      for (uint64_t versions = random.Below(random.OneIn(8) ? 20 : 3) + 1; versions > 0; --versions)
        world.Put(number);
    }
    // In stretches that come in any order, so that not everybody sees some of them.
    const uint64_t stretch = random.Below(20) + 1;
    std::vector<uint64_t> begins;
    for (uint64_t begin = 0; begin < keys; begin += stretch) begins.push_back(begin);
    for (size_t i = begins.size(); i > 1; --i) std::swap(begins[i - 1], begins[random.Below(i)]);
    const uint64_t before = world.seq();
    for (const uint64_t begin : begins) world.Delete(begin, std::min(keys, begin + stretch));
    world.SetVisible(random.OneIn(3) ? world.seq() : before + random.Below(keys + 1));
    for (const bool backwards : {random.OneIn(2), random.OneIn(2)}) {
      const auto walk = [&] {
        return backwards ? world.KeysBackwards(world.seq(), 0, keys)
                         : world.Keys(world.seq(), 0, keys);
      };
      walk();
      // Backwards it has left the last key of a gap before it knows that.
      const uint64_t jump = backwards ? 8 + 24 : 8;
      ASSERT_LE(walk().second, LearnedGaps::kStepsMin + jump * world.gaps().count());
    }
  }
}

TEST(LearnedGaps, APutComesOutOfItsGap) {
  GapWorld world;
  Prepare(world);
  world.Keys(kMaxSeq, 0, 1010);
  for (const uint64_t number : {5, 500, 1004}) world.Put(number);
  const auto [keys, steps] = world.Keys(kMaxSeq, 0, 1010);
  EXPECT_EQ(keys.size(), 13u);
  EXPECT_LE(steps, 40u) << "the rest of the gap is still known";
}

/// One gap of 2000 keys, in which keys were put and deleted again one after the other.
void TakeOutAndDelete(GapWorld& world) {
  world.Put(0);
  for (uint64_t number = 1; number <= 2000; ++number) world.Put(number);
  world.Delete(1, 2001);
  world.SetVisible(world.seq());
  world.Keys(world.seq(), 0, 3000);
  ASSERT_EQ(world.gaps().count(), 1u);
  for (uint64_t number = 20; number < 1980; number += 20) {
    world.Put(number);
    world.Delete(number, number + 1);
  }
  // Two that are neighbours.
  world.Put(21);
  world.Delete(21, 22);
}

TEST(LearnedGaps, GrowTogetherWhereWhatWasPutIsDeletedAgain) {
  for (const bool backwards : {false, true}) {
    GapWorld world;
    TakeOutAndDelete(world);
    world.SetVisible(world.seq());
    const auto walk = [&] {
      return backwards ? world.KeysBackwards(world.seq(), 0, 3000)
                       : world.Keys(world.seq(), 0, 3000);
    };
    EXPECT_GT(walk().second, 98 * 8u) << "a jump for each";
    EXPECT_EQ(world.gaps().count(), 1u);
    const GapWorld::Found found = walk();
    EXPECT_EQ(found.first, std::vector<std::string>{GapKey(0)});
    EXPECT_LE(found.second, 16u);
  }
}

// Else a reader at the visible state could not use what he had before.
TEST(LearnedGaps, DoNotGrowTogetherOverWhatNotEverybodySees) {
  for (const bool backwards : {false, true}) {
    GapWorld world;
    TakeOutAndDelete(world);
    const size_t before = world.gaps().count();
    const auto walk = [&](Seq seq) {
      return backwards ? world.KeysBackwards(seq, 0, 3000) : world.Keys(seq, 0, 3000);
    };
    walk(world.seq());
    EXPECT_EQ(world.gaps().count(), before);
    EXPECT_LE(walk(2001 + 2000).second, 99 * (8 + 8u));
  }
}

TEST(LearnedGaps, AreOnlyForThoseWhoSeeEveryEntryInThem) {
  GapWorld world;
  Prepare(world);
  const Seq before = world.seq() - 500;  // half of the deletions
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 1010).first.size(), 10u);
  EXPECT_EQ(world.Keys(before, 0, 1010).first.size(), 510u);
  EXPECT_EQ(world.Keys(world.seq(), 0, 1010).first.size(), 10u);
}

TEST(LearnedGaps, AreNotLearnedOverWhatAnOlderReaderDoesNotSee) {
  GapWorld world;
  Prepare(world);
  const Seq reader = world.seq();
  world.Put(500);
  EXPECT_EQ(world.Keys(reader, 0, 1010).first.size(), 10u);
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 1010).first.size(), 11u);
}

TEST(LearnedGaps, APutAndADeletionBehindThemLeaveThePutToThoseInBetween) {
  GapWorld world;
  Prepare(world);
  world.Keys(kMaxSeq, 0, 1010);
  world.Put(500);
  const Seq between = world.seq();
  world.Delete(500, 501);
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 1010).first.size(), 10u);
  EXPECT_EQ(world.Keys(between, 0, 1010).first.size(), 11u);
}

TEST(LearnedGaps, WhatNotEverybodySeesDoesNotTakeTheGapFromThoseWhoDo) {
  GapWorld world;
  Prepare(world);
  const Seq visible = world.seq();
  world.SetVisible(visible);
  world.Keys(visible, 0, 1010);
  world.Delete(1005, 1009);
  for (uint64_t number = 1010; number < 1200; ++number) world.Put(number);
  world.Delete(1009, 1199);  // all but the last, and nobody sees it yet
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 1200).first.size(), 6u);
  EXPECT_LE(world.Keys(kMaxSeq, 0, 1200).second, 30u);
  EXPECT_LE(world.Keys(visible, 0, 1005).second, 10u) << "the old gap is as it was";
}

TEST(LearnedGaps, AWalkThatIsOlderThanAPutLearnsNothing) {
  GapWorld world;
  Prepare(world);
  // For this reader half of them are still there.
  VisibleIterator walk = world.Walk(world.seq() - 500);
  walk.SetEnd(GapKey(1010));
  walk.Seek(GapKey(504) + "~");
  for (int i = 0; i < 200; ++i) walk.Next();
  world.Put(600);  // behind it
  while (walk.Valid()) walk.Next();
  EXPECT_TRUE(world.gaps().empty());
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 1010).first.size(), 11u);
}

TEST(LearnedGaps, AStretchEndsWhereTheWalkTurnsOrBeginsAnew) {
  GapWorld world;
  Prepare(world);
  const auto begin_anew = [](VisibleIterator& walk) { walk.SeekToFirst(); };
  const auto turn = [](VisibleIterator& walk) {
    for (int i = 0; i < 150; ++i) walk.Prev();
  };
  for (const std::function<void(VisibleIterator&)>& move :
       {std::function<void(VisibleIterator&)>(begin_anew), std::function(turn)}) {
    // To this reader the last 500 are there, although they are deleted since.
    VisibleIterator walk = world.Walk(world.seq() - 500);
    walk.SetEnd(GapKey(1010));
    walk.Seek(GapKey(505));
    for (int i = 0; i < 100; ++i) walk.Next();
    move(walk);
    while (walk.Valid()) walk.Next();
    EXPECT_EQ(world.Keys(kMaxSeq, 0, 1010).first.size(), 10u);
    world.Put(550);
    EXPECT_EQ(world.Keys(kMaxSeq, 0, 1010).first.size(), 11u);
    world.Delete(550, 551);
  }
}

TEST(LearnedGaps, KeepToTheirBytes) {
  GapWorld world(2000);
  for (uint64_t number = 0; number < 10'000; ++number) world.Put(number);
  for (uint64_t begin = 0; begin < 10'000; begin += 100) world.Delete(begin, begin + 90);
  EXPECT_EQ(world.Keys(kMaxSeq, 0, 10'000).first.size(), 1000u);
  EXPECT_GT(world.gaps().count(), 2u);
  EXPECT_LE(world.gaps().bytes(), 2000u);
  EXPECT_LE(world.Keys(kMaxSeq, 9900, 10'000).second, 20u) << "the last ones are kept";
  EXPECT_GE(world.Keys(kMaxSeq, 0, 100).second, 90u) << "the first ones went";
}

/// Against a map of all versions: puts, deletions of stretches, and walks at the newest state, at
/// what everybody sees and in between.
class GapModel {
 public:
  explicit GapModel(uint64_t seed) : random_(seed), world_(random_.OneIn(3) ? 1500 : 1 << 20) {}

  void Step() {
    const uint64_t begin = random_.Below(kKeys);
    switch (random_.Below(8)) {
      case 0:
        for (uint64_t i = random_.Below(50); i > 0; --i) Put(random_.Below(kKeys));
        break;
      case 1:
        for (uint64_t i = begin; i < std::min(kKeys, begin + 20); ++i) Put(i);
        break;
      case 2:
      case 3:
        for (uint64_t i = begin; i < std::min(kKeys, begin + random_.Below(300)); ++i) Delete(i);
        break;
      case 4:
        visible_ += random_.Below(world_.seq() - visible_ + 1);
        world_.SetVisible(visible_);
        break;
      default:
        Check(begin, begin + random_.Below(kKeys - begin) + 1);
    }
  }

 private:
  static constexpr uint64_t kKeys = 600;

  void Put(uint64_t number) {
    world_.Put(number);
    versions_[number][world_.seq()] = true;
  }
  void Delete(uint64_t number) {
    world_.Delete(number, number + 1);
    versions_[number][world_.seq()] = false;
  }
  void Check(uint64_t begin, uint64_t end) {
    const Seq between = visible_ + random_.Below(world_.seq() - visible_ + 1);
    for (const Seq seq : {kMaxSeq, visible_, between, visible_ / 2}) {
      std::vector<std::string> expected;
      for (auto it = versions_.lower_bound(begin); it != versions_.end() && it->first < end; ++it) {
        const auto newer = it->second.upper_bound(seq);
        if (newer != it->second.begin() && std::prev(newer)->second) {
          expected.push_back(GapKey(it->first));
        }
      }
      ASSERT_EQ(world_.Keys(seq, begin, end).first, expected) << seq;
      ASSERT_EQ(world_.KeysBackwards(seq, begin, end).first, expected) << seq << " backwards";
      ASSERT_NO_FATAL_FAILURE(CheckToAndFro(seq, begin, end, expected));
    }
  }

  /// A walk that turns at random, and does not leave the bounds.
  void CheckToAndFro(Seq seq, uint64_t begin, uint64_t end,
                     const std::vector<std::string>& expected) {
    VisibleIterator walk = world_.Walk(seq);
    walk.SetBegin(GapKey(begin));
    walk.SetEnd(GapKey(end));
    walk.Seek(GapKey(begin));
    size_t at = 0;
    const auto ahead = static_cast<uint32_t>(random_.Below(4));  // most of the steps, or fewer
    for (int step = 0; step < 60; ++step) {
      ASSERT_EQ(walk.Valid(), at < expected.size()) << seq;
      if (!walk.Valid()) {
        if (expected.empty()) return;
        at = expected.size() - 1;
        walk.SeekBefore(GapKey(end));
        continue;
      }
      ASSERT_EQ(walk.key(), expected[at]);
      if (random_.Below(4) <= ahead) {
        walk.Next();
        ++at;
      } else {
        walk.Prev();
        at = at == 0 ? expected.size() : at - 1;
      }
    }
  }

  Random random_;
  GapWorld world_;
  Seq visible_ = 0;
  std::map<uint64_t, std::map<Seq, bool>> versions_;
};

TEST(LearnedGaps, HideNothingThatExists) {
  for (const uint64_t seed : support::Seeds(40, 4000)) {
    SCOPED_TRACE(seed);
    GapModel model(seed);
    for (int i = 0; i < 300 && !testing::Test::HasFatalFailure(); ++i) model.Step();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(LearnedGaps, AreNotTouchedByAReaderThatDoesWithout) {
  StoreWorld world(1, TinyOptions());
  ASSERT_TRUE(world.Open());
  for (uint64_t i = 0; i < 4 * LearnedGaps::kStepsMin; ++i) {
    world.Put(GapKey(i), "v");
    world.Delete(GapKey(i));
  }
  world.Sync();
  const auto walk = [&](Reader::Gaps gaps) {
    Reader reader(world.store(), gaps);
    View view = reader.Visible(Tier::kMayBlock);
    VisibleIterator entries = view.NewIterator();
    entries.SeekToFirst();
    EXPECT_FALSE(entries.Valid());
  };
  walk(Reader::Gaps::kNone);
  EXPECT_TRUE(world.store().gaps().empty());
  walk(Reader::Gaps::kLearned);
  EXPECT_FALSE(world.store().gaps().empty());
  const uint64_t bytes = world.store().gaps().bytes();
  walk(Reader::Gaps::kNone);
  EXPECT_EQ(world.store().gaps().bytes(), bytes);
}

}  // namespace
}  // namespace cordwood::storage
