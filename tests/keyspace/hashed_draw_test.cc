// How near to uniform draws in hash order are.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/format.h"
#include "base/hash.h"
#include "base/random.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/sets.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

constexpr uint64_t kMembers = 100'000;
constexpr auto kNeighbours = static_cast<int64_t>(HashedElements::kNeighbours);

struct Member {
  uint64_t hash = 0;
  std::string name;
  double chance = 0;

  friend auto operator<=>(const Member& a, const Member& b) { return a.hash <=> b.hash; }
  friend bool operator==(const Member& a, const Member& b) { return a.hash == b.hash; }
};

/// In their order. The chance of each is the part of the positions from which it is one of the
/// neighbours, over their number.
std::vector<Member> MembersInOrder() {
  std::vector<Member> members;
  for (uint64_t i = 0; i < kMembers; ++i) {
    std::string name = Format("member:{}", i);
    const uint64_t hash = Hash64(name);
    members.push_back({.hash = hash, .name = std::move(name)});
  }
  std::ranges::sort(members);
  const auto count = static_cast<int64_t>(members.size());
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t first = members[(i - kNeighbours + count) % count].hash;
    members[i].chance = static_cast<double>(members[i].hash - first) * 0x1p-64 / kNeighbours;
  }
  return members;
}

TEST(HashedDraw, NoMemberIsMuchMoreLikelyThanItsNeighbours) {
  const std::vector<Member> members = MembersInOrder();
  const auto count = static_cast<int64_t>(members.size());
  double sum = 0;
  double most = 0;
  double worst = 0;
  for (int64_t i = 0; i < count; ++i) {
    double around = 0;
    for (int64_t j = i - 50; j <= i + 50; ++j) around += members[(j + count) % count].chance;
    around -= members[i].chance;
    worst = std::max(worst, members[i].chance / (around / 100));
    most = std::max(most, members[i].chance * static_cast<double>(count));
    sum += members[i].chance;
  }
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_LT(worst, 1.5) << "of the mean of its hundred neighbours";
  EXPECT_LT(most, 1.5) << "of the mean of all";
}

/// The sum over bins of (drawn - expected)^2 / expected.
double ChiSquare(const std::vector<double>& expected, const std::vector<uint64_t>& drawn) {
  double sum = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double off = static_cast<double>(drawn[i]) - expected[i];
    sum += off * off / expected[i];
  }
  return sum;
}

// What draws give has the chances that were computed above: also where they begin anew at the
// front.
TEST(HashedDraw, DrawsAsOftenAsItsChancesSay) {
  const std::vector<Member> members = MembersInOrder();
  KeyspaceRig rig;
  const Status added = rig.Execute([&](Transaction& tx) -> Status {
    const KeyName name = {.generation = tx.GenerationOf(0), .key = "s"};
    CW_ASSIGN(Lookup found, FindKey(tx, name));
    std::vector<std::string_view> names;
    for (const Member& member : members) names.push_back(member.name);
    CW_TRY(Set(tx, name, std::move(found)).Add(names));
    return {};
  });
  ASSERT_TRUE(added) << added.error().message();
  // Bins of a hundred neighbours.
  constexpr size_t kBin = 100;
  std::map<std::string, size_t, std::less<>> bin_of;
  const uint64_t draws = support::FullRun() ? 2'000'000 : 100'000;
  std::vector<double> expected(kMembers / kBin);
  for (size_t i = 0; i < members.size(); ++i) {
    bin_of.emplace(members[i].name, i / kBin);
    expected[i / kBin] += members[i].chance * static_cast<double>(draws);
  }
  std::vector<uint64_t> drawn(expected.size());
  Random random(support::BaseSeed());
  const Status status = rig.Read([&](Transaction& tx) -> Status {
    const KeyName name = {.generation = tx.GenerationOf(0), .key = "s"};
    CW_ASSIGN(Lookup found, FindKey(tx, name));
    CW_ASSIGN(HashedElements elements, Set(tx, name, std::move(found)).Elements());
    std::ranges::fill(drawn, 0);
    for (uint64_t i = 0; i < draws; ++i) {
      HashedElements::Drawing drawing = HashedElements::BeginDraw(random);
      uint64_t budget = kHiddenPerSlice;
      CW_ASSIGN(const auto member, elements.Draw(drawing, budget));
      ++drawn[bin_of.find(member->first)->second];
    }
    return {};
  });
  ASSERT_TRUE(status) << status.error().message();
  // Of 999 degrees of freedom, at 0.001.
  EXPECT_LT(ChiSquare(expected, drawn), 1142.9) << "CORDWOOD_SEED=" << support::BaseSeed();
}

}  // namespace
}  // namespace cordwood::keyspace
