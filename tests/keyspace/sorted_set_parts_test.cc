// Many members of a sorted set at once, in a transaction that does them in parts: it ends as if
// they had been done one by one.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/core/in_turns.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/rank_build.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_sets.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

/// It is time whenever it is asked.
class PausingWaiter final : public RigWaiter {
 public:
  using RigWaiter::RigWaiter;
  bool IsTime() override { return true; }
};

class SortedSetParts {
 public:
  explicit SortedSetParts(uint64_t seed) : random_(seed), rig_({.seed = seed}) {
    rig_.keyspace().options().rank_children_max = 16;
  }

  void Step() {
    switch (random_.Below(5)) {
      case 0:
        BuildRanks();
        break;
      case 1:
        Remove();
        break;
      default:
        Add();
    }
    Check();
  }

 private:
  static KeyName Name(Transaction& tx) { return {.generation = tx.GenerationOf(0), .key = "z"}; }

  void With(const std::function<Status(SortedSet&)>& work) {
    PausingWaiter waiter(rig_);
    const Status status = rig_.ExecuteWaiting(
        [&](Transaction& tx) -> Status {
          CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
          SortedSet set(tx, Name(tx), std::move(found));
          return work(set);
        },
        waiter);
    ASSERT_TRUE(status) << status.error().message();
  }

  /// Of few, so that many come again in another part.
  std::vector<std::string> SomeNames() {
    std::vector<std::string> names(random_.Below(random_.OneIn(2) ? 10 : 4 * kInOneTurn) + 1);
    for (std::string& name : names) name = Format("m{}", random_.Below(kMembers));
    return names;
  }

  void Add() {
    AddRules rules;
    const uint64_t kind = random_.Below(5);
    rules.adds = kind != 1;
    rules.updates = kind != 2;
    rules.only_greater = kind == 3;
    rules.only_less = kind == 4;
    const std::vector<std::string> names = SomeNames();
    std::vector<ScoredMember> members;
    AddResult expected;
    for (const std::string& name : names) {
      const double score = random_.OneIn(10) ? -0.0 : static_cast<double>(random_.Below(kScores));
      members.push_back({.member = name, .score = score});
      AddToModel(members.back(), rules, expected);
    }
    With([&](SortedSet& set) -> Status {
      if (!set.exists() && !rules.adds) return {};
      CW_ASSIGN(const AddResult result, set.Add(members, rules));
      EXPECT_EQ(result.added, expected.added);
      EXPECT_EQ(result.changed, expected.changed);
      return {};
    });
  }
  void AddToModel(const ScoredMember& member, const AddRules& rules, AddResult& counts) {
    const auto it = scores_.find(member.member);
    if (it == scores_.end()) {
      if (!rules.adds) return;
      scores_.emplace(member.member, member.score);
      ++counts.added;
      return;
    }
    const bool stays = !rules.updates || member.score == it->second ||
                       (rules.only_greater && member.score < it->second) ||
                       (rules.only_less && member.score > it->second);
    if (stays) return;
    it->second = member.score;
    ++counts.changed;
  }

  void Remove() {
    const std::vector<std::string> names = SomeNames();
    uint64_t expected = 0;
    for (const std::string& name : names) expected += scores_.erase(name);
    With([&](SortedSet& set) -> Status {
      CW_ASSIGN(const uint64_t removed,
                set.Remove(std::vector<std::string_view>(names.begin(), names.end())));
      EXPECT_EQ(removed, expected);
      return {};
    });
  }

  void BuildRanks() {
    for (bool more = true; more;) {
      const Status status = rig_.Execute([&](Transaction& tx) -> Status {
        more = false;
        CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
        if (found.live() == nullptr || !found.live()->owns_object()) return {};
        CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
        const RankRequest request{.generation = tx.GenerationOf(0), .key = "z", .oid = object.oid};
        CW_ASSIGN(const RankBuild built, keyspace::BuildRanks(tx, request));
        more = built == RankBuild::kMore;
        return {};
      });
      ASSERT_TRUE(status);
    }
  }

  void Check() {
    std::set<std::pair<double, std::string>> order;
    for (const auto& [member, score] : scores_) order.emplace(score, member);
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      EXPECT_EQ(found.live() != nullptr, !order.empty());
      if (found.live() == nullptr) return {};
      SortedReader reader(tx, Name(tx).generation, *found.live(), {},
                          ElementWalk::Direction::kForwards);
      std::optional<ObjectPayload> object;
      if (found.live()->owns_object()) {
        CW_ASSIGN(object, ObjectPayload::Decode(found.live()->payload));
        EXPECT_EQ(object->count, order.size());
      }
      uint64_t index = 0;
      for (const auto& [score, member] : order) {
        CW_ASSIGN(const auto met, reader.Next());
        EXPECT_TRUE(met);
        if (!met) return {};
        EXPECT_EQ(met->member, member);
        EXPECT_EQ(met->score, score);
        EXPECT_EQ(std::signbit(met->score), std::signbit(scores_[member]));
        if (object && object->ranks == Ranks::kWhole) {
          CW_ASSIGN(const auto subkey, SubkeyByRank(tx, Name(tx).generation, *object, index));
          EXPECT_EQ(subkey, OrderSubkey(*met));
        }
        ++index;
      }
      CW_ASSIGN(const auto behind, reader.Next());
      EXPECT_FALSE(behind);
      return {};
    });
    ASSERT_TRUE(status) << status.error().message();
  }

  static constexpr uint64_t kMembers = 800;
  static constexpr uint64_t kScores = 50;

  Random random_;
  KeyspaceRig rig_;
  std::map<std::string, double, std::less<>> scores_;
};

TEST(SortedSetPartsTest, EndAsIfOneByOne) {
  for (const uint64_t seed : support::Seeds(20, 1000)) {
    SCOPED_TRACE(seed);
    SortedSetParts set(seed);
    for (int i = 0; i < 12 && !testing::Test::HasFailure(); ++i) set.Step();
    if (testing::Test::HasFailure()) return;
  }
}

// The command began beside others because the set was long; meanwhile it has gone.
TEST(SortedSetPartsTest, AGuardedTransactionMayMakeElements) {
  KeyspaceRig rig;
  RigWaiter waiter(rig);
  NoGuard guard;
  std::vector<std::string> names;
  std::vector<ScoredMember> members;
  for (int i = 0; i < 1000; ++i) names.push_back(Format("member:{}", i));
  for (const std::string& name : names) members.push_back({.member = name, .score = 1});
  const auto work = [&](Transaction& tx) -> Status {
    tx.GuardReads(guard);
    const KeyName name{.generation = tx.GenerationOf(0), .key = "z"};
    CW_ASSIGN(Lookup found, FindKey(tx, name));
    SortedSet set(tx, name, std::move(found));
    CW_ASSIGN(const AddResult added, set.Add(members, {}));
    EXPECT_EQ(added.added, members.size());
    return {};
  };
  ASSERT_TRUE(rig.ExecuteWaiting(work, waiter));
  uint64_t met = 0;
  ASSERT_TRUE(rig.Read([&](Transaction& tx) -> Status {
    const KeyName name{.generation = tx.GenerationOf(0), .key = "z"};
    CW_ASSIGN(const Lookup found, FindKey(tx, name));
    SortedReader reader(tx, name.generation, *found.live(), {}, ElementWalk::Direction::kForwards);
    for (met = 0;; ++met) {
      CW_ASSIGN(const auto member, reader.Next());
      if (!member) return {};
    }
  }));
  EXPECT_EQ(met, members.size());
}

}  // namespace
}  // namespace cordwood::keyspace
