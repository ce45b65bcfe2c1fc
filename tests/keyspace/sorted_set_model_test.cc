// Sorted sets against a map: random operations on few keys and members, small thresholds, so that
// every sorted set grows out of its record, dies and comes back, with ranges, ranks, pops, removals
// of many, copies, stops, merges and power loss. Ranks are built meanwhile, slice by slice.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/format.h"
#include "keyspace/types/copy.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/rank_build.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_set_builder.h"
#include "keyspace/types/sorted_sets.h"
#include "tests/keyspace/keyspace_model.h"

namespace cordwood::keyspace {
namespace {

using Direction = SortedSet::Direction;
using Scores = std::map<std::string, double>;
using Listed = std::vector<std::pair<std::string, double>>;

constexpr std::string_view kSortedKeys[] = {"key0", "key1", "key2"};

class SortedSetModel final : public KeyspaceModel {
 public:
  explicit SortedSetModel(uint64_t seed)
      : KeyspaceModel(seed, {.keyspace = {.inline_bytes_max = 60,

                                          .steps_without_ranks = 4,
                                          .rank_children_max = 8,
                                          .part_elements_max = 4},
                             .store = {.log_segment_bytes = 1 << 20,
                                       .memtable_bytes = 16 << 10,
                                       .block_cache_bytes = 64 << 10}}) {}

  uint64_t ranked() const { return ranked_; }

  void CheckAll() override {
    Read([&](Transaction& tx) -> Status {
      int64_t objects = 0;
      for (const std::string_view key : kSortedKeys) {
        CW_ASSIGN(const SortedSet set, Open<SortedSet>(tx, key));
        CW_ASSIGN(const uint64_t length, set.Length());
        EXPECT_EQ(length, Expected(key).size()) << key;
        objects += set.in_elements() ? 1 : 0;
        if (!set.exists()) continue;
        CW_ASSIGN(const Listed all, ListOf(tx, key, {}, Direction::kForwards));
        EXPECT_EQ(all, InOrder(Expected(key))) << key;
        CW_TRY(CheckNames(tx, key));
        CW_TRY(CheckRanks(tx, key, all));
      }
      ExpectCounts(tx, model_.size(), objects);
      return {};
    });
  }

 private:
  void Operate() override {
    switch (random_.Below(20)) {
      case 0:
        return RemoveWhole(AnyKey());
      case 1:
      case 2:
        return RemoveMembers(AnyKey());
      case 3:
        return ChangeTwiceInOneTransaction(AnyKey());
      case 4:
      case 5:
        return Compare(AnyKey());
      case 6:
        return Copy(AnyKey(), AnyKey());
      case 7:
      case 8:
        return Pop(AnyKey());
      case 9:
        return RemoveRange(AnyKey());
      case 10:
        return RemoveRanks(AnyKey());
      case 11:
        return Build(AnyKey());
      case 12:
      case 13:
      case 14:
        return BuildRankSlice(AnyKey());
      default:
        return Add(AnyKey());
    }
  }

  std::string AnyKey() { return std::string(kSortedKeys[random_.Below(std::size(kSortedKeys))]); }
  std::string AnyMember() { return Format("m{}", random_.Below(30)); }
  double AnyScore() {
    constexpr double kOften[] = {0, -0.0, 1, 2, 3};
    if (random_.OneIn(2)) return kOften[random_.Below(std::size(kOften))];
    return (static_cast<double>(random_.Below(100)) - 50) / 4;
  }
  Direction AnyDirection() {
    return random_.OneIn(2) ? Direction::kForwards : Direction::kBackwards;
  }
  Listed AnyMembers() {
    Listed members;
    for (uint64_t i = random_.Below(8) + 1; i > 0; --i)
      members.emplace_back(AnyMember(), AnyScore());
    return members;
  }
  static std::vector<ScoredMember> Views(const Listed& members) {
    std::vector<ScoredMember> views;
    for (const auto& [name, score] : members) views.push_back({.member = name, .score = score});
    return views;
  }

  Scores Expected(std::string_view key) const {
    const auto it = model_.find(std::string(key));
    return it != model_.end() ? it->second : Scores();
  }
  void Become(const std::string& key, Scores scores) {
    if (scores.empty()) {
      model_.erase(key);
    } else {
      model_[key] = std::move(scores);
    }
  }
  static Listed InOrder(const Scores& scores) {
    Listed listed(scores.begin(), scores.end());
    std::ranges::sort(listed, [](const auto& a, const auto& b) {
      return std::pair(a.second, a.first) < std::pair(b.second, b.first);
    });
    return listed;
  }

  // --- reading ---

  static Result<Listed> ListOf(Transaction& tx, std::string_view key, const OrderRange& range,
                               Direction direction) {
    Listed listed;
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
    if (found.live() == nullptr) return listed;
    SortedReader reader(tx, Name(tx, key).generation, *found.live(), range, direction);
    for (;;) {
      CW_ASSIGN(const std::optional<ScoredMember> member, reader.Next());
      if (!member) return listed;
      listed.emplace_back(member->member, member->score);
    }
  }

  /// The other space: each name has its score, down to its sign, and nothing else is there.
  Status CheckNames(Transaction& tx, std::string_view key) {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
    Scores scores;
    for (ObjectReader items(tx, Name(tx, key).generation, *found.live());;) {
      CW_ASSIGN(const auto next, items.Next());
      if (!next) break;
      CW_ASSIGN(scores[std::string(next->item.name)], ScoreOfBytes(next->item.value));
    }
    EXPECT_EQ(scores, Expected(key)) << key;
    for (const auto& [name, score] : Expected(key)) {
      EXPECT_EQ(std::signbit(scores[name]), std::signbit(score)) << name;
    }
    return {};
  }

  /// If they are whole: of every member, by index, and of what lies between two of them.
  Status CheckRanks(Transaction& tx, std::string_view key, const Listed& all) {
    const Generation generation = Name(tx, key).generation;
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
    if (!found.live()->owns_object()) return {};
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
    if (object.ranks != Ranks::kWhole) return {};
    ++ranked_;
    for (size_t i = 0; i < all.size(); ++i) {
      const std::string place = OrderSubkey({.member = all[i].first, .score = all[i].second});
      CW_ASSIGN(const auto by_rank, SubkeyByRank(tx, generation, object, i));
      EXPECT_EQ(by_rank, place) << i;
      CW_ASSIGN(const auto before, CountByRanks(tx, generation, object, {.end = place}));
      EXPECT_EQ(before, i);
      CW_ASSIGN(const auto behind, CountByRanks(tx, generation, object, {.begin = place}));
      EXPECT_EQ(behind, all.size() - i);
    }
    return {};
  }

  void BuildRankSlice(const std::string& key) {
    const RankSlice slice{.elements = random_.Below(40)};
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      if (found.live() == nullptr || !found.live()->owns_object()) return {};
      CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
      const RankRequest request{
          .generation = Name(tx, key).generation, .key = key, .oid = object.oid};
      CW_TRY(BuildRanks(tx, request, slice));
      return {};
    });
  }

  void Compare(const std::string& key) {
    const Listed all = InOrder(Expected(key));
    const double a = AnyScore();
    const double b = AnyScore();
    const ScoreRange scores = {.min = std::min(a, b),
                               .max = std::max(a, b),
                               .without_min = random_.OneIn(2),
                               .without_max = random_.OneIn(2)};
    const Direction direction = AnyDirection();
    Listed expected;
    for (const auto& each : all) {
      if (scores.Contains(each.second)) expected.push_back(each);
    }
    if (direction == Direction::kBackwards) std::ranges::reverse(expected);
    Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Listed listed, ListOf(tx, key, OrderOf(scores), direction));
      EXPECT_EQ(listed, expected);
      if (all.empty()) return {};
      CW_ASSIGN(SortedSet set, Open<SortedSet>(tx, key));
      for (const auto& [name, score] : AnyMembers()) {
        CW_ASSIGN(const std::optional<double> found, set.Score(name));
        const Scores& model = model_[key];
        EXPECT_EQ(found, model.contains(name) ? std::optional(model.at(name)) : std::nullopt);
      }
      return ReadFromEachPlace(tx, key, all);
    });
  }

  /// A reader that stops anywhere is gone on with in both directions.
  Status ReadFromEachPlace(Transaction& tx, const std::string& key, const Listed& all) {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
    const Generation generation = Name(tx, key).generation;
    const size_t stop = random_.Below(all.size()) + 1;
    SortedReader first(tx, generation, *found.live(), {}, Direction::kForwards);
    for (size_t i = 0; i < stop; ++i) CW_TRY(first.Next());
    SortedReader on(tx, generation, *found.live(), {}, Direction::kForwards, first.position());
    SortedReader back(tx, generation, *found.live(), {}, Direction::kBackwards, first.position());
    CW_ASSIGN(const std::optional<ScoredMember> next, on.Next());
    EXPECT_EQ(next.has_value(), stop < all.size());
    if (next && stop < all.size()) {
      EXPECT_EQ(next->member, all[stop].first);
    }
    CW_ASSIGN(const std::optional<ScoredMember> last, back.Next());
    EXPECT_TRUE(last.has_value());
    if (last) {
      EXPECT_EQ(last->member, all[stop - 1].first);
    }
    return {};
  }

  // --- adding ---

  static AddResult AddTo(Scores& scores, const Listed& members, const AddRules& rules) {
    AddResult result;
    for (const auto& [name, given] : members) {
      const auto it = scores.find(name);
      result.score.reset();
      if (it == scores.end()) {
        if (!rules.adds) continue;
        scores.emplace(name, given);
        result.score = given;
        ++result.added;
        continue;
      }
      const double score = rules.increments ? it->second + given : given;
      if (!rules.updates || (rules.only_greater && score <= it->second) ||
          (rules.only_less && score >= it->second)) {
        continue;
      }
      result.score = score;
      if (score == it->second) continue;
      it->second = score;
      ++result.changed;
    }
    return result;
  }

  void Add(const std::string& key) {
    AddRules rules = {.adds = !random_.OneIn(5)};
    if (rules.adds) rules.updates = !random_.OneIn(5);
    if (rules.updates && random_.OneIn(4)) rules.only_greater = true;
    if (rules.updates && !rules.only_greater && random_.OneIn(4)) rules.only_less = true;
    rules.increments = random_.OneIn(5);
    Listed members = AnyMembers();
    if (rules.increments) members.resize(1);
    AddResult result;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(SortedSet set, Open<SortedSet>(tx, key));
      if (!set.exists() && !rules.adds) return {};
      CW_ASSIGN(result, set.Add(Views(members), rules));
      return {};
    });
    Scores scores = Expected(key);
    if (scores.empty() && !rules.adds) return;
    const AddResult expected = AddTo(scores, members, rules);
    EXPECT_EQ(result.added, expected.added);
    EXPECT_EQ(result.changed, expected.changed);
    if (rules.increments) {
      EXPECT_EQ(result.score, expected.score);
    }
    Become(key, std::move(scores));
  }

  /// As a store of a result does. Long ones wait.
  void Build(const std::string& key) {
    Scores scores;
    for (uint64_t i = random_.Below(60) + 1; i > 0; --i) {
      scores[Format("b{}", random_.Below(60))] = AnyScore();
    }
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup before, FindKey(tx, Name(tx, key)));
      SortedSetBuilder builder(tx, Name(tx, key).generation);
      for (const auto& [name, score] : scores) {
        CW_TRY(builder.Add({.member = name, .score = score}));
      }
      CW_ASSIGN(const Record record, builder.Finish());
      return PutRecord(tx, Name(tx, key), before, record);
    });
    Become(key, std::move(scores));
  }

  void Copy(const std::string& from, const std::string& to) {
    if (from == to || !model_.contains(from)) return;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup source, FindKey(tx, Name(tx, from)));
      CW_ASSIGN(const Lookup target, FindKey(tx, Name(tx, to)));
      const Generation generation = Name(tx, from).generation;
      CW_ASSIGN(const Record copy, CopyRecord(tx, generation, *source.live(), generation));
      return PutRecord(tx, Name(tx, to), target, copy);
    });
    model_[to] = model_[from];
  }

  // --- removing ---

  void RemoveWhole(const std::string& key) {
    RemoveKeyOf(key);
    model_.erase(key);
  }

  void RemoveMembers(const std::string& key) {
    const Listed members = AnyMembers();
    std::vector<std::string_view> names;
    for (const auto& [name, score] : members) names.push_back(name);
    uint64_t removed = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(SortedSet set, Open<SortedSet>(tx, key));
      CW_ASSIGN(removed, set.Remove(names));
      return {};
    });
    Scores left = Expected(key);
    uint64_t expected = 0;
    for (const auto& [name, score] : members) expected += left.erase(name);
    EXPECT_EQ(removed, expected);
    Become(key, std::move(left));
  }

  void Pop(const std::string& key) {
    const Direction end = AnyDirection();
    const uint64_t count = random_.Below(random_.OneIn(4) ? 40 : 4);
    Listed popped;
    Execute([&](Transaction& tx) -> Status {
      popped.clear();
      CW_ASSIGN(SortedSet set, Open<SortedSet>(tx, key));
      return set.Pop(end, count, [&](const ScoredMember& member) {
        popped.emplace_back(member.member, member.score);
      });
    });
    Scores left = Expected(key);
    Listed expected = InOrder(left);
    if (end == Direction::kBackwards) std::ranges::reverse(expected);
    if (expected.size() > count) expected.resize(count);
    EXPECT_EQ(popped, expected);
    for (const auto& [name, score] : popped) left.erase(name);
    Become(key, std::move(left));
  }

  void RemoveRange(const std::string& key) {
    const double a = AnyScore();
    const double b = AnyScore();
    const ScoreRange range = {.min = std::min(a, b),
                              .max = std::max(a, b),
                              .without_min = random_.OneIn(3),
                              .without_max = random_.OneIn(3)};
    uint64_t removed = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(SortedSet set, Open<SortedSet>(tx, key));
      CW_ASSIGN(removed, set.RemoveRange(OrderOf(range)));
      return {};
    });
    Scores left = Expected(key);
    const uint64_t expected =
        std::erase_if(left, [&](const auto& each) { return range.Contains(each.second); });
    EXPECT_EQ(removed, expected);
    Become(key, std::move(left));
  }

  void RemoveRanks(const std::string& key) {
    const Listed all = InOrder(Expected(key));
    if (all.empty()) return;
    const uint64_t first = random_.Below(all.size());
    const uint64_t count = random_.Below(all.size() - first) + 1;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(SortedSet set, Open<SortedSet>(tx, key));
      return set.RemoveRanks(first, count);
    });
    Scores left = Expected(key);
    for (uint64_t i = first; i < first + count; ++i) left.erase(all[i].first);
    Become(key, std::move(left));
  }

  /// What MULTI does: the second command and its reads see the first one's writes.
  void ChangeTwiceInOneTransaction(const std::string& key) {
    const Listed added = AnyMembers();
    Scores expected = Expected(key);
    AddTo(expected, added, {});
    Listed popped = InOrder(expected);
    popped.resize(std::min<size_t>(popped.size(), 2));
    for (const auto& [name, score] : popped) expected.erase(name);
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(SortedSet first, Open<SortedSet>(tx, key));
      CW_TRY(first.Add(Views(added), {}));
      CW_ASSIGN(SortedSet second, Open<SortedSet>(tx, key));
      CW_TRY(second.Pop(Direction::kForwards, 2, [](const ScoredMember&) {}));
      CW_ASSIGN(const Listed left, ListOf(tx, key, {}, Direction::kBackwards));
      Listed in_order = InOrder(expected);
      std::ranges::reverse(in_order);
      EXPECT_EQ(left, in_order) << "within the transaction";
      return {};
    });
    Become(key, std::move(expected));
  }

  std::map<std::string, Scores> model_;
  uint64_t ranked_ = 0;  // sorted sets with ranks that were looked at
};

TEST(SortedSetModel, BothFormsAgreeWithAMap) { RunModel<SortedSetModel>(6, 2'000, 600); }

// A test in which nothing has ranks would pass as well.
TEST(SortedSetModel, RanksAreThereToBeCompared) {
  SortedSetModel model(1);
  for (int i = 0; i < 2000 && !testing::Test::HasFailure(); ++i) model.Step();
  EXPECT_GT(model.ranked(), 0u);
}

}  // namespace
}  // namespace cordwood::keyspace
