// Ranks of sorted sets are built when somebody asks for a member far from both ends, in slices, in
// the background: what may happen between slices, and that all commands say the same afterwards.

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/format.h"
#include "tests/pipeline/rank_builds.h"

namespace cordwood::pipeline {
namespace {

class SortedSetRanks : public RankBuildsTest {
 protected:
  SortedSetRanks()
      : RankBuildsTest([](std::string_view key) {
          return std::vector<std::string>{"ZRANGE", std::string(key), "4000", "4000"};
        }) {}

  static std::string Member(int i) { return Format("m{:05}", i); }

  void Make(std::string_view key) {
    std::vector<std::string> words = {"ZADD", std::string(key)};
    for (int i = 0; i < kElements; ++i) {
      words.push_back(Format("{}", i));
      words.push_back(Member(i));
      scores_[Member(i)] = i;
    }
    EXPECT_EQ(Ask({words.begin(), words.end()}), Format(":{}\r\n", kElements));
  }
  std::set<std::pair<double, std::string>> Order() const {
    std::set<std::pair<double, std::string>> order;
    for (const auto& [member, score] : scores_) order.emplace(score, member);
    return order;
  }
  /// Every so manyth member is where the model has it, as indexes, ranks and counts say.
  void ExpectMembers(std::string_view key) {
    const auto order = Order();
    EXPECT_EQ(Ask({"ZCARD", key}), Format(":{}\r\n", order.size()));
    size_t index = 0;
    for (const auto& [score, member] : order) {
      if (index % 97 == 0) {
        const std::string at = Format("{}", index);
        ASSERT_EQ(Ask({"ZRANGE", key, at, at}), "*1\r\n" + BulkOf(member)) << index;
        ASSERT_EQ(Ask({"ZRANK", key, member}), Format(":{}\r\n", index));
        const auto lower = std::distance(order.begin(), order.lower_bound({score, ""}));
        ASSERT_EQ(Ask({"ZCOUNT", key, "-inf", Format("({}", score)}), Format(":{}\r\n", lower));
      }
      ++index;
    }
  }
  std::map<std::string, double> scores_;
};

TEST_F(SortedSetRanks, AreBuiltOnceAMemberIsFarFromBothEnds) {
  Make("z");
  Ask({"ZRANGE", "z", "1000", "1000"});
  Ask({"ZRANGE", "z", "-1000", "-1000"});
  RunBuilds();
  EXPECT_EQ(RanksOf("z"), Ranks::kNone);
  BuildAll("z");
  ExpectMembers("z");
}

TEST_F(SortedSetRanks, RanksAndCountsAskForThemToo) {
  for (const Words& asks : {Words{"ZRANK", "z", "m04000"}, Words{"ZCOUNT", "z", "0", "5000"},
                            Words{"ZREVRANGE", "z", "4000", "4000"}}) {
    Make("z");
    Ask(asks);
    RunBuilds();
    EXPECT_EQ(RanksOf("z"), Ranks::kWhole) << asks[0];
    Ask({"DEL", "z"});
  }
}

TEST_F(SortedSetRanks, WritesBetweenSlicesAreCounted) {
  Make("z");
  BuildSome("z");
  DoAtOnce({"ZADD", "z", "0.5", "new"});
  DoAtOnce({"ZADD", "z", "10.5", "m00300", "8000.5", "m00301"});  // one stays behind, one does not
  DoAtOnce({"ZREM", "z", "m00200", "m08000"});
  DoAtOnce({"ZPOPMIN", "z", "20"});
  DoAtOnce({"ZINCRBY", "z", "-9000", "m08500"});
  EXPECT_EQ(RanksOf("z"), Ranks::kBeingBuilt);
  scores_["new"] = 0.5;
  scores_[Member(300)] = 10.5;
  scores_[Member(301)] = 8000.5;
  scores_.erase(Member(200));
  scores_.erase(Member(8000));
  for (int i = 0; i < 20; ++i) scores_.erase(Order().begin()->second);
  scores_[Member(8500)] = -500;
  BuildAll("z");
  ExpectMembers("z");
}

// In one command a member comes, goes on and comes back, in parts that are far from each other.
TEST_F(SortedSetRanks, OneCommandOfManyMembersIsCountedAsAWhole) {
  Make("z");
  BuildAll("z");
  std::vector<std::string> words = {"ZADD", "z"};
  const auto add = [&](double score, const std::string& member) {
    words.push_back(Format("{}", score));
    words.push_back(member);
    scores_[member] = score;
  };
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2000; ++i) {
      const double score = round == 1 ? 4000.25 + i : i;  // there and back
      add(score, i % 2 == 0 ? Member(i) : Format("new{}", i));
    }
  }
  EXPECT_EQ(Ask({words.begin(), words.end()}), ":1000\r\n");
  EXPECT_EQ(RanksOf("z"), Ranks::kWhole);
  ExpectMembers("z");
  std::vector<std::string> gone = {"ZREM", "z"};
  for (int i = 0; i < 6000; ++i) {
    gone.push_back(Member(i % 5000));
    scores_.erase(Member(i % 5000));
  }
  EXPECT_EQ(Ask({gone.begin(), gone.end()}), ":5000\r\n");
  EXPECT_EQ(RanksOf("z"), Ranks::kWhole);
  ExpectMembers("z");
}

TEST_F(SortedSetRanks, GoOnAfterAKillWhenTheyAreAskedForAgain) {
  Make("z");
  BuildSome("z");
  while (env_->Step()) {
  }
  KillAndStart();
  RunBuilds();
  EXPECT_EQ(RanksOf("z"), Ranks::kBeingBuilt);
  BuildAll("z");
  ExpectMembers("z");
  KillAndStart();
  EXPECT_EQ(RanksOf("z"), Ranks::kWhole);
  ExpectMembers("z");
}

TEST_F(SortedSetRanks, AnotherSetUnderTheNameHasItsOwn) {
  Make("z");
  BuildSome("z");
  DoAtOnce({"DEL", "z"});
  Make("z");
  RunBuilds();
  EXPECT_EQ(RanksOf("z"), Ranks::kNone);
  BuildAll("z");
  ExpectMembers("z");
}

TEST_F(SortedSetRanks, WhoWatchesTheKeyIsNotTold) {
  Make("z");
  const SessionId watcher = server_->Connect();
  server_->SendCommand(watcher, {"WATCH", "z"});
  BuildAll("z");
  server_->SendCommand(watcher, {"MULTI"});
  server_->SendCommand(watcher, {"ZCARD", "z"});
  server_->SendCommand(watcher, {"EXEC"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(watcher), Format("+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n:{}\r\n", kElements));
}

}  // namespace
}  // namespace cordwood::pipeline
