// The scores that operations over sets and sorted sets give, beside a model that goes through them
// as Redis does. Sums of doubles tell in which order they were made.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/core/keys.h"
#include "keyspace/types/hashed_elements.h"
#include "keyspace/types/set_operation.h"
#include "keyspace/types/sets.h"
#include "keyspace/types/sorted_sets.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

using Kind = SetOperation::Kind;
using Scores = std::map<std::string, double>;

using Limits = std::numeric_limits<double>;
constexpr double kNumbers[] = {
    0, 1, -1, 0.1, 0.2, 1e16, -1e16, 3, Limits::infinity(), -Limits::infinity()};

struct WeighedKey {
  std::string key;
  double weight = 1;
};

double Aggregate72(Aggregate how, double so_far, double more) {
  if (how == Aggregate::kMin) return more < so_far ? more : so_far;
  if (how == Aggregate::kMax) return more > so_far ? more : so_far;
  const double sum = so_far + more;
  return std::isnan(sum) ? 0 : sum;
}

double OrZero(double number) { return std::isnan(number) ? 0 : number; }

class SetScores {
 public:
  explicit SetScores(uint64_t seed)
      : random_(seed), rig_({.seed = seed, .keyspace = {.inline_bytes_max = 60}}) {}

  void Fill() {
    for (int i = 0; i < 4; ++i) {
      const std::string key = Format("key{}", i);
      const bool is_set = random_.OneIn(4);
      for (uint64_t n = random_.Below(random_.OneIn(3) ? 60 : 8); n > 0; --n) {
        sets_[key][Format("m{}", random_.Below(70))] = is_set ? 1 : Number();
      }
      ASSERT_TRUE(rig_.Execute([&](Transaction& tx) { return Put(tx, key, is_set); }));
    }
  }

  void Compare() {
    const Kind kind = static_cast<Kind>(random_.Below(3));
    const Aggregate how = static_cast<Aggregate>(random_.Below(3));
    std::vector<WeighedKey> sources;
    for (uint64_t i = random_.Below(4) + 1; i > 0; --i) {
      sources.push_back(
          {.key = Format("key{}", random_.Below(5)), .weight = random_.OneIn(2) ? 1 : Number()});
    }
    const Scores expected = Expected(kind, sources, how);
    const Status read = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Scores scores, Ours(tx, kind, sources, how));
      EXPECT_EQ(scores, expected) << static_cast<int>(kind) << " " << static_cast<int>(how);
      for (const auto& [member, score] : scores) {
        const auto it = expected.find(member);
        if (it == expected.end()) continue;
        EXPECT_EQ(std::signbit(score), std::signbit(it->second)) << member;
      }
      return {};
    });
    EXPECT_TRUE(read) << read.error().message();
  }

  KeyspaceRig& rig() { return rig_; }

 private:
  double Number() { return kNumbers[random_.Below(std::size(kNumbers))]; }

  Status Put(Transaction& tx, const std::string& key, bool is_set) {
    const KeyName name = {.generation = tx.GenerationOf(0), .key = key};
    CW_ASSIGN(Lookup found, FindKey(tx, name));
    std::vector<std::string_view> names;
    std::vector<ScoredMember> members;
    for (const auto& [member, score] : sets_[key]) {
      names.push_back(member);
      members.push_back({.member = member, .score = score});
    }
    if (names.empty()) return {};
    if (is_set) {
      CW_TRY(Set(tx, name, std::move(found)).Add(names));
    } else {
      CW_TRY(SortedSet(tx, name, std::move(found)).Add(members, {}));
    }
    return {};
  }

  static Result<Scores> Ours(Transaction& tx, Kind kind, const std::vector<WeighedKey>& sources,
                             Aggregate how) {
    std::vector<SetOperation::Source> sets;
    for (size_t i = 0; i < sources.size(); ++i) {
      const KeyName name = {.generation = tx.GenerationOf(0), .key = sources[i].key};
      CW_ASSIGN(const Lookup found, FindKey(tx, name));
      if (found.live() == nullptr) {
        if (kind == Kind::kIntersection || (kind == Kind::kDifference && i == 0)) return Scores();
        continue;
      }
      CW_ASSIGN(SetCursor set, SetCursor::Of(name.generation, *found.live()));
      sets.push_back({.set = std::move(set), .weight = sources[i].weight});
    }
    Scores scores;
    if (sets.empty()) return scores;
    SetOperation operation(kind, std::move(sets), how);
    for (bool done = false; !done;) {
      CW_ASSIGN(done, operation.Advance(tx, [&](std::string_view subkey, double score) {
        scores[std::string(HashedElements::NameIn(subkey))] = score;
        return true;
      }));
    }
    return scores;
  }

  Scores Expected(Kind kind, std::vector<WeighedKey> sources, Aggregate how) {
    if (kind == Kind::kDifference) {
      Scores scores = sets_[sources[0].key];
      for (size_t i = 1; i < sources.size(); ++i) {
        for (const auto& [member, score] : sets_[sources[i].key]) scores.erase(member);
      }
      return scores;
    }
    std::ranges::stable_sort(sources, {}, [&](const WeighedKey& s) { return sets_[s.key].size(); });
    Scores scores;
    if (kind == Kind::kUnion) {
      for (const WeighedKey& source : sources) {
        for (const auto& [member, score] : sets_[source.key]) {
          const double weighted = OrZero(score * source.weight);
          const auto [it, is_new] = scores.emplace(member, weighted);
          if (!is_new) it->second = Aggregate72(how, it->second, weighted);
        }
      }
      return scores;
    }
    for (const auto& [member, score] : sets_[sources[0].key]) {
      double so_far = OrZero(score * sources[0].weight);
      bool is_in_all = true;
      for (size_t i = 1; i < sources.size() && is_in_all; ++i) {
        const Scores& other = sets_[sources[i].key];
        const auto it = other.find(member);
        is_in_all = it != other.end();
        if (is_in_all) so_far = Aggregate72(how, so_far, it->second * sources[i].weight);
      }
      if (is_in_all) scores[member] = so_far;
    }
    return scores;
  }

  Random random_;
  KeyspaceRig rig_;
  std::map<std::string, Scores> sets_;
};

TEST(SetScores, AreThoseOfRedis) {
  for (const uint64_t seed : support::Seeds(20, 5000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    SetScores scores(seed);
    scores.Fill();
    for (int i = 0; i < 60; ++i) {
      if (i == 40) scores.rig().Compact();
      scores.Compare();
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace cordwood::keyspace
