// What a sorted set's bytes are, where its walks begin, and what large removals do.

#include "keyspace/types/sorted_sets.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/coding.h"
#include "base/format.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/copy.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_set_builder.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

using Direction = SortedSet::Direction;

constexpr std::string_view kSortedKey = "z";

class SortedSets : public testing::Test {
 protected:
  SortedSets() : rig_({.keyspace = {.inline_bytes_max = 0}}) {}

  static KeyName Name(Transaction& tx, std::string_view key = kSortedKey) {
    return {.generation = tx.GenerationOf(0), .key = key};
  }

  void With(const std::function<Status(SortedSet&)>& work) {
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      SortedSet set(tx, Name(tx), std::move(found));
      return work(set);
    });
    ASSERT_TRUE(status) << status.error().message();
  }
  AddResult Add(double score, std::string_view member, const AddRules& rules = {}) {
    AddResult result;
    With([&](SortedSet& set) -> Status {
      const ScoredMember scored = {.member = member, .score = score};
      CW_ASSIGN(result, set.Add({&scored, 1}, rules));
      return {};
    });
    return result;
  }
  void AddMany(int from, int to) {
    With([&](SortedSet& set) -> Status {
      std::vector<std::string> names;
      for (int i = from; i < to; ++i) names.push_back(Format("m{:06}", i));
      std::vector<ScoredMember> members;
      for (int i = from; i < to; ++i) {
        members.push_back(
            {.member = names[static_cast<size_t>(i - from)], .score = static_cast<double>(i)});
      }
      CW_TRY(set.Add(members, {}));
      return {};
    });
  }
  std::string PopOne(Direction end = Direction::kForwards) {
    std::string popped;
    With([&](SortedSet& set) {
      return set.Pop(end, 1, [&](const ScoredMember& member) { popped = member.member; });
    });
    return popped;
  }

  Record Stored() {
    Record record;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      record = found.live() != nullptr ? *found.live() : Record();
      return {};
    });
    EXPECT_TRUE(status);
    return record;
  }
  ObjectPayload Object() { return ObjectPayload::Decode(Stored().payload).value(); }

  /// Entries that a walk to the first member of the order steps over.
  uint64_t StepsToFirst() {
    uint64_t stepped = 0;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
      const OrderRange all = WithinScores({}, *object.scores);
      ElementWalk walk(tx, OrderedElements(tx, Name(tx).generation, object.oid, kScoreSpace),
                       {.begin = all.begin, .end = all.end}, Direction::kForwards);
      CW_TRY(walk.Next());
      stepped = walk.stepped();
      return {};
    });
    EXPECT_TRUE(status);
    return stepped;
  }
  /// Store keys under the object.
  uint64_t StoredUnder(Oid oid) {
    uint64_t keys = 0;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      const std::string prefix = ElementPrefix(tx.GenerationOf(0), oid);
      RangeWalk walk(tx, PrefixEnd(prefix));
      keys = 0;
      for (walk.Seek(prefix); walk.Valid(); walk.Next()) ++keys;
      return walk.status();
    });
    EXPECT_TRUE(status);
    return keys;
  }

  KeyspaceRig rig_;
};

TEST_F(SortedSets, AMemberHasAScore) {
  std::string items;
  AppendInlineItem(items, "m", {}, ScoreBytes(1.5));
  ByteReader good(items);
  EXPECT_EQ(TakeInlineScored(good)->name, "m");
  std::string damaged;
  AppendInlineItem(damaged, "m", {}, "1.5");
  ByteReader bad(damaged);
  EXPECT_EQ(TakeInlineScored(bad).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ScoredElementOf("12345678m", ScoreBytes(2))->name, "m");
  EXPECT_EQ(ScoredElementOf("12345678m", {}).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ScoredElementOf("1234567", ScoreBytes(2)).error().code(), ErrorCode::kCorruption);
}

TEST_F(SortedSets, AnInlineOneIsInTheOrderOfScores) {
  rig_.keyspace().options().inline_bytes_max = 512;
  Add(3, "a");
  Add(1, "c");
  Add(2, "b");
  Add(1, "a");
  const Record record = Stored();
  EXPECT_EQ(record.form, Form::kInline);
  const std::vector<ScoredMember> members =
      InlineMembers(InlinePayload::Decode(record.payload)->items).value();
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].member, "a");
  EXPECT_EQ(members[1].member, "c");
  EXPECT_EQ(members[2].member, "b");
}

TEST_F(SortedSets, EachMemberHasTwoElements) {
  AddMany(0, 100);
  const Oid oid = Object().oid;
  EXPECT_EQ(StoredUnder(oid), 200u);
  Add(1000, "m000005");
  EXPECT_EQ(StoredUnder(oid), 200u);
  PopOne();
  EXPECT_EQ(StoredUnder(oid), 198u);
  With([&](SortedSet& set) -> Status {
    const std::string_view member = "m000007";
    CW_TRY(set.Remove({&member, 1}));
    return {};
  });
  EXPECT_EQ(StoredUnder(oid), 196u);
  EXPECT_EQ(Object().count, 98u);
}

// A move within the scores that there are changes no count and no hint.
TEST_F(SortedSets, AnUpdateWithinTheHintsWritesNoRecord) {
  AddMany(0, 100);
  const auto writes_record = [&](double score) {
    bool has_record = false;
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      SortedSet set(tx, Name(tx), std::move(found));
      const ScoredMember member = {.member = "m000051", .score = score};
      CW_TRY(set.Add({&member, 1}, {}));
      const std::string store_key = KeyRecordKey(Name(tx).generation, kSortedKey);
      const auto own = tx.FirstWrite(store_key);
      has_record = own && own->key == store_key;
      return {};
    });
    EXPECT_TRUE(status);
    return has_record;
  };
  EXPECT_FALSE(writes_record(7.5));
  EXPECT_FALSE(writes_record(99));
  EXPECT_TRUE(writes_record(100));
  EXPECT_TRUE(writes_record(-1));
  EXPECT_EQ(*Object().scores, (ScoreSpan{.floor = OrderedScore(-1), .ceiling = OrderedScore(100)}));
}

TEST_F(SortedSets, HintsFollowPopsAndNeverLieInsideOfWhatExists) {
  AddMany(0, 100);
  EXPECT_EQ(Object().scores->floor, OrderedScore(0));
  EXPECT_EQ(Object().scores->ceiling, OrderedScore(99));
  for (int i = 0; i < 40; ++i) EXPECT_EQ(PopOne(), Format("m{:06}", i));
  EXPECT_EQ(Object().scores->floor, OrderedScore(39));
  for (int i = 99; i > 70; --i) EXPECT_EQ(PopOne(Direction::kBackwards), Format("m{:06}", i));
  EXPECT_EQ(Object().scores->ceiling, OrderedScore(71));
  // A member that moves outside of them, though no count changes.
  Add(-5, "m000060", {.adds = false});
  EXPECT_EQ(Object().scores->floor, OrderedScore(-5));
  EXPECT_EQ(PopOne(), "m000060");
  Add(500, "m000061", {.adds = false});
  EXPECT_EQ(PopOne(Direction::kBackwards), "m000061");
  EXPECT_EQ(PopOne(), "m000040");
}

TEST_F(SortedSets, ARemovedRangeMovesTheHints) {
  AddMany(0, 100);
  uint64_t removed = 0;
  With([&](SortedSet& set) -> Status {
    CW_ASSIGN(removed, set.RemoveRange(OrderOf(ScoreRange{.min = -INFINITY, .max = 29.5})));
    return {};
  });
  EXPECT_EQ(removed, 30u);
  EXPECT_GT(Object().scores->floor, OrderedScore(29.5));
  EXPECT_LE(Object().scores->floor, OrderedScore(30));
  EXPECT_EQ(StepsToFirst(), 0u);
  With([&](SortedSet& set) -> Status {
    CW_ASSIGN(removed, set.RemoveRange(OrderOf(ScoreRange{.min = 90, .max = INFINITY})));
    return {};
  });
  EXPECT_EQ(removed, 10u);
  EXPECT_EQ(PopOne(Direction::kBackwards), "m000089");
  EXPECT_EQ(PopOne(), "m000030");
  // One in the middle leaves them.
  const ScoreSpan before = *Object().scores;
  With([&](SortedSet& set) -> Status {
    CW_ASSIGN(removed, set.RemoveRange(OrderOf(ScoreRange{.min = 40, .max = 50})));
    return {};
  });
  EXPECT_EQ(removed, 11u);
  EXPECT_EQ(*Object().scores, before);
}

// Jobs of five priorities come and go: what was popped lies in front of each priority's next.
TEST_F(SortedSets, APopStepsOverFewEntriesWhateverWasPopped) {
  constexpr int kJobs = 400;
  for (int priority = 0; priority < 5; ++priority) {
    for (int i = 0; i < kJobs; ++i) Add(priority, Format("job:{:06}", i * 5 + priority));
  }
  uint64_t most = 0;
  int next = 5 * kJobs;
  for (int i = 0; i < 4000; ++i) {
    most = std::max(most, StepsToFirst());  // as the pop
    EXPECT_FALSE(PopOne().empty());
    Add(next % 5, Format("job:{:06}", next));
    ++next;
    rig_.Settle();
  }
  EXPECT_LE(most, 64u);
}

TEST_F(SortedSets, MinusZeroIsKeptAndSortsWithZero) {
  Add(0, "a");
  Add(-0.0, "b");
  Add(0, "c");
  EXPECT_EQ(Add(-0.0, "a").changed, 0u) << "equal scores stay";
  std::vector<std::pair<std::string, bool>> members;
  const Status status = rig_.Read([&](Transaction& tx) -> Status {
    members.clear();
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
    SortedReader reader(tx, Name(tx).generation, *found.live(), {}, Direction::kForwards);
    for (;;) {
      CW_ASSIGN(const auto member, reader.Next());
      if (!member) return {};
      members.emplace_back(member->member, std::signbit(member->score));
    }
  });
  ASSERT_TRUE(status);
  EXPECT_EQ(members,
            (std::vector<std::pair<std::string, bool>>{{"a", false}, {"b", true}, {"c", false}}));
}

TEST_F(SortedSets, AMemberThatIsNamedTwiceEndsWithTheSignOfTheLastScore) {
  AddMany(0, 1000);  // elements
  Add(0, "x");
  const std::vector<ScoredMember> twice = {{.member = "x", .score = 3},
                                           {.member = "x", .score = -0.0}};
  With([&](SortedSet& set) -> Status {
    CW_ASSIGN(const AddResult result, set.Add(twice, {}));
    EXPECT_EQ(result.changed, 2u);
    return {};
  });
  With([&](SortedSet& set) -> Status {
    CW_ASSIGN(const std::optional<double> score, set.Score("x"));
    EXPECT_EQ(score, 0);
    EXPECT_TRUE(std::signbit(score.value_or(0)));
    return {};
  });
}

TEST_F(SortedSets, WhatStaysAfterALargeRemovalIsStoredAnew) {
  for (int i = 0; i < 12'000; i += 1000) AddMany(i, i + 1000);
  const Oid before = Object().oid;
  uint64_t removed = 0;
  With([&](SortedSet& set) -> Status {
    CW_ASSIGN(removed, set.RemoveRange(OrderOf(ScoreRange{.min = 1000, .max = 10'999})));
    return {};
  });
  EXPECT_EQ(removed, 10'000u);
  const ObjectPayload object = Object();
  EXPECT_NE(object.oid, before);
  EXPECT_EQ(object.count, 2000u);
  EXPECT_EQ(StoredUnder(object.oid), 4000u);
  EXPECT_EQ(*object.scores, (ScoreSpan{.floor = OrderedScore(0), .ceiling = OrderedScore(11'999)}));
  rig_.Compact();
  EXPECT_EQ(StoredUnder(before), 0u);
  EXPECT_EQ(PopOne(), "m000000");
  EXPECT_EQ(PopOne(Direction::kBackwards), "m011999");
}

TEST_F(SortedSets, AFewOfManyAreDeletedWhereTheyLie) {
  for (int i = 0; i < 6000; i += 1000) AddMany(i, i + 1000);
  const Oid before = Object().oid;
  With([&](SortedSet& set) { return set.RemoveRanks(2000, 1500); });
  EXPECT_EQ(Object().oid, before);
  EXPECT_EQ(Object().count, 4500u);
  EXPECT_EQ(StoredUnder(before), 9000u);
}

TEST_F(SortedSets, ACopyHasBothOrders) {
  AddMany(0, 50);
  Add(-0.0, "m000000");
  const Status status = rig_.Execute([&](Transaction& tx) -> Status {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
    const Generation generation = Name(tx).generation;
    CW_ASSIGN(const Record copy, CopyRecord(tx, generation, *found.live(), generation));
    return PutRecord(tx, Name(tx, "copy"), {}, copy);
  });
  ASSERT_TRUE(status) << status.error().message();
  ObjectPayload object;
  std::string last;
  const Status read = rig_.Read([&](Transaction& tx) -> Status {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, "copy")));
    CW_ASSIGN(object, ObjectPayload::Decode(found.live()->payload));
    SortedReader reader(tx, Name(tx).generation, *found.live(), {}, Direction::kBackwards);
    CW_ASSIGN(const auto member, reader.Next());
    last = member->member;
    return {};
  });
  ASSERT_TRUE(read);
  EXPECT_NE(object.oid, Object().oid);
  EXPECT_EQ(object.count, 50u);
  EXPECT_EQ(*object.scores, *Object().scores);
  EXPECT_EQ(StoredUnder(object.oid), 100u);
  EXPECT_EQ(last, "m000049");
}

TEST_F(SortedSets, ShapesFollowTheMembers) {
  rig_.keyspace().options() = {.inline_bytes_max = 64,
                               .sorted_set_listpack_entries = 3,
                               .sorted_set_listpack_value_bytes = 5};
  const auto encoding = [&] { return std::string(EncodingOf(Stored()).value()); };
  Add(1, "a");
  Add(2, "b");
  Add(3, "c");
  EXPECT_EQ(encoding(), "listpack");
  Add(4, "c");
  EXPECT_EQ(encoding(), "listpack");
  Add(4, "d");
  EXPECT_EQ(encoding(), "skiplist");
  PopOne();
  PopOne();
  EXPECT_EQ(encoding(), "skiplist") << "it does not come back";
  PopOne();
  PopOne();
  Add(1, "abcde");
  EXPECT_EQ(encoding(), "listpack");
  Add(1, "abcdef");
  EXPECT_EQ(encoding(), "skiplist");
}

}  // namespace
}  // namespace cordwood::keyspace
