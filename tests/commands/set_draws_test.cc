// SPOP and SRANDMEMBER.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"
#include "base/hash.h"
#include "tests/commands/runner.h"
#include "tests/commands/set_replies.h"
#include "tests/support/seeds.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kSyntaxErrorReply = "-ERR syntax error\r\n";
constexpr std::string_view kNotPositiveReply = "-ERR value is out of range, must be positive\r\n";

/// Each test runs on sets in their records and on ones in elements.
class SetDraws : public testing::TestWithParam<bool> {
 protected:
  SetDraws() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  std::set<std::string> Fill(std::string_view key, int members) {
    return FillSet(runner_, key, members);
  }

  static std::set<std::string> FillSet(CommandRunner& runner, std::string_view key, int members) {
    std::set<std::string> names;
    for (int i = 0; i < members; ++i) names.insert(Format("m{}", i));
    CommandRunner::Argv argv = {"SADD", key};
    argv.insert(argv.end(), names.begin(), names.end());
    EXPECT_EQ(runner.Execute(argv), Integer(members));
    return names;
  }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, SetDraws, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

// redis/redis#12276
TEST_P(SetDraws, HaveTheirBounds) {
  Run({"SADD", "s", "a", "b"});
  EXPECT_EQ(Run({"SPOP", "s", "0"}), "*0\r\n");
  EXPECT_EQ(Run({"SRANDMEMBER", "s", "0"}), "*0\r\n");
  EXPECT_EQ(Run({"SRANDMEMBER", "s", "-9223372036854775808"}),
            "-ERR value is out of range, value must between -9223372036854775807 and "
            "9223372036854775807\r\n");
  EXPECT_EQ(Run({"SRANDMEMBER", "s", "x"}), kNotInt);
  EXPECT_EQ(Run({"SRANDMEMBER", "s", "x", "y"}), kSyntaxErrorReply);
  EXPECT_EQ(Run({"SPOP", "no", "5"}), "*0\r\n");
  EXPECT_EQ(Run({"SPOP", "no"}), kNil);
  EXPECT_EQ(Run({"SRANDMEMBER", "no"}), kNil);
  EXPECT_EQ(Run({"SRANDMEMBER", "no", "-5"}), "*0\r\n");
  EXPECT_EQ(Run({"SPOP", "s", "5", "x"}), kSyntaxErrorReply);
  EXPECT_EQ(Run({"SPOP", "s", "-1"}), kNotPositiveReply);
  EXPECT_EQ(Run({"SPOP", "s", "x"}), kNotPositiveReply);
  EXPECT_EQ(Run({"SPOP", "no", "9223372036854775808"}), kNotPositiveReply);
  EXPECT_EQ(Run({"SCARD", "s"}), Integer(2));
  Run({"SET", "t", "v"});
  EXPECT_EQ(Run({"SPOP", "t"}), kWrongTypeReply);
  EXPECT_EQ(Run({"SPOP", "t", "0"}), kWrongTypeReply);
  EXPECT_EQ(Run({"SRANDMEMBER", "t", "1"}), kWrongTypeReply);
  runner_.UseResp(3);
  EXPECT_EQ(Run({"SPOP", "no", "5"}), "~0\r\n");
  EXPECT_EQ(Run({"SRANDMEMBER", "no", "5"}), "*0\r\n") << "repeats are no set";
  EXPECT_EQ(Run({"SPOP", "s", "9"}).substr(0, 4), "~2\r\n");
  EXPECT_EQ(Run({"SPOP", "s"}), "_\r\n");
}

TEST_P(SetDraws, PopsRemoveWhatTheyReply) {
  std::set<std::string> left = Fill("s", 200);
  for (const char* count : {"1", "7", "100"}) {
    for (const std::string& member : MembersOf(runner_.Execute({"SPOP", "s", count}))) {
      EXPECT_EQ(left.erase(member), 1U) << member;
    }
    EXPECT_EQ(MembersOf(Run({"SMEMBERS", "s"})), left);
  }
  const std::string single = runner_.Execute({"SPOP", "s"});
  EXPECT_EQ(std::ranges::count_if(left, [&](const auto& member) { return Bulk(member) == single; }),
            1);
  EXPECT_EQ(Run({"SCARD", "s"}), Integer(91));
  EXPECT_EQ(MembersOf(runner_.Execute({"SPOP", "s", "91"})).size(), 91U);
  EXPECT_EQ(Run({"EXISTS", "s"}), Integer(0));
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kObjects), 0);
}

TEST_P(SetDraws, APopOfTheLastMemberRemovesTheKey) {
  Run({"SADD", "s", "a"});
  EXPECT_EQ(runner_.Execute({"SPOP", "s"}), Bulk("a"));
  EXPECT_EQ(Run({"EXISTS", "s"}), Integer(0));
}

TEST_P(SetDraws, RandomMembersAreDistinctUnlessAskedForMany) {
  const std::set<std::string> members = Fill("s", 300);
  for (const char* count : {"1", "20", "299", "300", "1000"}) {
    const std::set<std::string> drawn = MembersOf(runner_.Read({"SRANDMEMBER", "s", count}));
    EXPECT_EQ(drawn.size(), std::min<size_t>(300, std::stoul(count)));
    EXPECT_TRUE(std::ranges::includes(members, drawn));
  }
  const std::vector<std::string> drawn = TextsOf(runner_.Read({"SRANDMEMBER", "s", "-1000"}));
  EXPECT_EQ(drawn.size(), 1000U);
  const std::set<std::string> different(drawn.begin(), drawn.end());
  EXPECT_TRUE(std::ranges::includes(members, different));
  EXPECT_GT(different.size(), 250U);
  EXPECT_EQ(Run({"SCARD", "s"}), Integer(300));
}

/// The sum over members of (drawn - expected)^2 / expected, for equal chances.
double ChiSquare(const std::map<std::string, uint64_t>& drawn, uint64_t draws) {
  const double expected = static_cast<double>(draws) / static_cast<double>(drawn.size());
  double sum = 0;
  for (const auto& [member, count] : drawn) {
    const double off = static_cast<double>(count) - expected;
    sum += off * off / expected;
  }
  return sum;
}

// Of 999 degrees of freedom, at 0.001.
constexpr double kChiSquareMax = 1142.9;

TEST_P(SetDraws, AreUniformAmongAThousand) {
  Fill("s", 10'000);
  CommandRunner::Argv remove = {"SREM", "s"};
  std::vector<std::string> names;
  for (int i = 1000; i < 10'000; ++i) names.push_back(Format("m{}", i));
  remove.insert(remove.end(), names.begin(), names.end());
  ASSERT_EQ(Run(remove), Integer(9000));
  Fill("t", 1000);
  const uint64_t draws = support::FullRun() ? 1'000'000 : 40'000;
  for (const char* key : {"s", "t"}) {
    std::map<std::string, uint64_t> drawn;
    for (uint64_t i = 0; i < draws / 1000; ++i) {
      for (const std::string& member : TextsOf(runner_.Execute({"SRANDMEMBER", key, "-1000"}))) {
        ++drawn[member];
      }
    }
    ASSERT_EQ(drawn.size(), 1000U);
    EXPECT_LT(ChiSquare(drawn, draws), kChiSquareMax) << key;
  }
}

// Of 19 degrees of freedom, at 0.001.
TEST_P(SetDraws, SinglesAndPopsAreUniform) {
  constexpr uint64_t kDraws = 4000;
  std::map<std::string, uint64_t> drawn;
  std::map<std::string, uint64_t> popped;
  Fill("s", 20);
  for (uint64_t i = 0; i < kDraws; ++i) {
    ++drawn[runner_.Execute({"SRANDMEMBER", "s"})];
    for (const std::string& member : TextsOf(runner_.Execute({"SPOP", "s", "2"}))) {
      ++popped[member];
      runner_.Execute({"SADD", "s", member});
    }
  }
  ASSERT_EQ(drawn.size(), 20U);
  ASSERT_EQ(popped.size(), 20U);
  EXPECT_LT(ChiSquare(drawn, kDraws), 43.8);
  EXPECT_LT(ChiSquare(popped, 2 * kDraws), 43.8);
}

// --- large sets ---

TEST(LargeSetDraws, PopsOfManyTakeTheirTime) {
  constexpr int kMembers = 30'000;
  for (const int count : {1, 300, 5000, 20'000, 29'999, 30'000}) {
    CommandRunner runner;
    std::set<std::string> left;
    for (int i = 0; i < kMembers; ++i) left.insert(Format("{}", i));
    CommandRunner::Argv argv = {"SADD", "s"};
    argv.insert(argv.end(), left.begin(), left.end());
    ASSERT_EQ(runner.Execute(argv), Integer(kMembers));
    runner.Execute({"PEXPIRE", "s", "100000"});
    const std::set<std::string> popped =
        MembersOf(runner.Execute({"SPOP", "s", Format("{}", count)}));
    EXPECT_EQ(popped.size(), static_cast<size_t>(count));
    for (const std::string& member : popped) EXPECT_EQ(left.erase(member), 1U) << member;
    EXPECT_EQ(MembersOf(runner.Read({"SMEMBERS", "s"})), left) << count;
    EXPECT_EQ(runner.Run({"SCARD", "s"}), Integer(kMembers - count));
    EXPECT_EQ(runner.Run({"EXISTS", "s"}), Integer(count == kMembers ? 0 : 1));
    if (count == kMembers) continue;
    EXPECT_EQ(runner.Run({"PTTL", "s"}), Integer(100'000)) << "it is the same key";
    const bool is_new = kMembers - count == 1;
    EXPECT_EQ(runner.Run({"OBJECT", "ENCODING", "s"}), Bulk(is_new ? "listpack" : "hashtable"));
  }
}

// As Redis 7.2 does it, where what stays is at most a fifth of what is popped: t_set.c, "CASE 3".
TEST(LargeSetDraws, MayLeaveAListpackOfATable) {
  struct Case {
    int members;
    int popped;
    std::string encoding;
  };
  for (const auto& [members, popped, encoding] :
       {Case{600, 499, "hashtable"}, Case{600, 500, "listpack"}, Case{800, 671, "hashtable"},
        Case{800, 672, "listpack"}, Case{500, 495, "intset"}}) {
    CommandRunner runner;
    std::vector<std::string> texts;
    for (int i = 0; i < members; ++i) texts.push_back(Format("{}", i));
    CommandRunner::Argv argv = {"SADD", "s"};
    argv.insert(argv.end(), texts.begin(), texts.end());
    runner.Execute(argv);
    runner.Execute({"PEXPIRE", "s", "100000"});
    const std::set<std::string> gone =
        MembersOf(runner.Execute({"SPOP", "s", Format("{}", popped)}));
    EXPECT_EQ(runner.Run({"OBJECT", "ENCODING", "s"}), Bulk(encoding)) << members << " " << popped;
    EXPECT_EQ(runner.Run({"PTTL", "s"}), Integer(100'000));
    std::set<std::string> all = MembersOf(runner.Read({"SMEMBERS", "s"}));
    EXPECT_EQ(all.size(), static_cast<size_t>(members - popped));
    all.insert(gone.begin(), gone.end());
    EXPECT_EQ(all, std::set<std::string>(texts.begin(), texts.end()));
  }
}

// One that lies in its record: what is too long for a listpack may be popped or stay.
TEST(LargeSetDraws, MayLeaveAListpackOfAFewMembers) {
  const std::string too_long(65, 'x');
  std::set<std::string> encodings;
  CommandRunner runner;
  for (int i = 0; i < 40; ++i) {
    runner.Execute({"DEL", "s"});
    runner.Execute({"SADD", "s", too_long, "a", "b", "c", "d", "e"});
    runner.Execute({"SPOP", "s", "5"});
    const bool stays = runner.Run({"SISMEMBER", "s", too_long}) == Integer(1);
    const std::string encoding = runner.Run({"OBJECT", "ENCODING", "s"});
    EXPECT_EQ(encoding, Bulk(stays ? "hashtable" : "listpack"));
    EXPECT_EQ(runner.Run({"SCARD", "s"}), Integer(1));
    encodings.insert(encoding);
  }
  EXPECT_EQ(encodings.size(), 2U);
}

TEST(LargeSetDraws, ReadTheirDrawsFromDisk) {
  CommandRunner runner;
  std::set<std::string> members;
  for (int i = 0; i < 5000; ++i) members.insert(Format("member:{}", i));
  CommandRunner::Argv argv = {"SADD", "s"};
  argv.insert(argv.end(), members.begin(), members.end());
  ASSERT_EQ(runner.Execute(argv), Integer(5000));
  runner.rig().Compact();
  runner.rig().Reopen();
  const auto drawn = MembersOf(runner.Read({"SRANDMEMBER", "s", "30"}));
  EXPECT_EQ(drawn.size(), 30U);
  EXPECT_TRUE(std::ranges::includes(members, drawn));
  runner.rig().Reopen();
  const auto popped = MembersOf(runner.Execute({"SPOP", "s", "30"}));
  EXPECT_EQ(popped.size(), 30U);
  EXPECT_EQ(runner.Run({"SCARD", "s"}), Integer(4970));
  for (const std::string& member : popped) {
    EXPECT_EQ(runner.Run({"SISMEMBER", "s", member}), Integer(0));
  }
}

TEST(LargeSetDraws, DrainASetInPortions) {
  constexpr int kMembers = 20'000;
  CommandRunner runner;
  std::set<std::string> left;
  for (int i = 0; i < kMembers; ++i) left.insert(Format("m{}", i));
  CommandRunner::Argv argv = {"SADD", "s"};
  argv.insert(argv.end(), left.begin(), left.end());
  runner.Execute(argv);
  while (left.size() > 500) {
    for (const std::string& member : MembersOf(runner.Execute({"SPOP", "s", "300"}))) {
      EXPECT_EQ(left.erase(member), 1U) << member;
    }
  }
  EXPECT_EQ(MembersOf(runner.Read({"SMEMBERS", "s"})), left);
  uint64_t slices = runner.slices();
  for (int i = 0; i < 100; ++i) {
    const std::string member = runner.Read({"SRANDMEMBER", "s"});
    EXPECT_TRUE(std::ranges::any_of(left, [&](const auto& name) { return Bulk(name) == member; }));
  }
  EXPECT_LT(runner.slices() - slices, 400U) << "of so many deleted ones a few are met again";
}

// Nothing remembers where the deleted ones lie, and no merge has taken them.
TEST(LargeSetDraws, ADrainedSetIsStoredAnew) {
  constexpr int kMembers = 20'000;
  CommandRunner runner({.store = {.memtable_bytes = 64 << 20, .gap_bytes = 0}});
  std::set<std::string> left;
  CommandRunner::Argv argv = {"SADD", "s"};
  for (int i = 0; i < kMembers; ++i) left.insert(Format("m{}", i));
  argv.insert(argv.end(), left.begin(), left.end());
  runner.Execute(argv);
  runner.Execute({"PEXPIRE", "s", "100000"});
  while (left.size() > 500) {
    const std::string reply = runner.Execute({"SPOP", "s"});
    const std::string member = reply.substr(reply.find('\n') + 1);
    ASSERT_EQ(left.erase(member.substr(0, member.size() - 2)), 1U) << reply;
  }
  EXPECT_EQ(MembersOf(runner.Read({"SMEMBERS", "s"})), left);
  EXPECT_EQ(runner.Run({"PTTL", "s"}), Integer(100'000));
  EXPECT_EQ(runner.Run({"OBJECT", "ENCODING", "s"}), Bulk("hashtable"));
  const uint64_t slices = runner.slices();
  for (int i = 0; i < 10; ++i) runner.Read({"SRANDMEMBER", "s"});
  EXPECT_EQ(runner.slices(), slices) << "a walk steps over few";
}

// What was deleted is stepped over in slices, for reads and for pops.
TEST(LargeSetDraws, GetToTheFewThatAreLeft) {
  constexpr int kMembers = 100'000;
  CommandRunner runner({.store = {.memtable_bytes = 64 << 20, .gap_bytes = 0}});
  std::vector<std::string> names;
  for (int i = 0; i < kMembers; ++i) names.push_back(Format("m{}", i));
  const std::string left = *std::ranges::max_element(names, {}, [](const std::string& name) {
    return Hash64(name);  // the last one of a walk
  });
  CommandRunner::Argv add = {"SADD", "s"};
  CommandRunner::Argv remove = {"SREM", "s"};
  for (const std::string& name : names) {
    add.push_back(name);
    if (name != left) remove.push_back(name);
  }
  runner.Execute(add);
  ASSERT_EQ(runner.Execute(remove), Integer(kMembers - 1));
  const uint64_t slices = runner.slices();
  EXPECT_EQ(runner.Read({"SRANDMEMBER", "s"}), Bulk(left));
  EXPECT_GT(runner.slices() - slices, 8U);
  EXPECT_EQ(runner.Execute({"SPOP", "s"}), Bulk(left));
  EXPECT_EQ(runner.Run({"EXISTS", "s"}), Integer(0));
}

}  // namespace
}  // namespace cordwood::commands
