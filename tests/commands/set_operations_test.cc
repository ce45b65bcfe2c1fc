// SINTER, SUNION, SDIFF, SINTERCARD and what stores their results.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/format.h"
#include "tests/commands/runner.h"
#include "tests/commands/set_replies.h"

namespace cordwood::commands {
namespace {

using MemberNames = std::set<std::string>;

/// Each test runs on sets in their records and on ones in elements.
class SetOperations : public testing::TestWithParam<bool> {
 protected:
  SetOperations() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  MemberNames Members(const CommandRunner::Argv& argv) { return MembersOf(Run(argv)); }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, SetOperations, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

TEST_P(SetOperations, AreThoseOfSets) {
  Run({"SADD", "a", "1", "2", "3", "x"});
  Run({"SADD", "b", "2", "3", "4", "x"});
  Run({"SADD", "c", "3", "x", "y"});
  EXPECT_EQ(Members({"SINTER", "a", "b", "c"}), (MemberNames{"3", "x"}));
  EXPECT_EQ(Members({"SUNION", "a", "b", "c"}), (MemberNames{"1", "2", "3", "4", "x", "y"}));
  EXPECT_EQ(Members({"SDIFF", "a", "b", "c"}), (MemberNames{"1"}));
  EXPECT_EQ(Members({"SDIFF", "a"}), (MemberNames{"1", "2", "3", "x"}));
  EXPECT_EQ(Members({"SINTER", "a", "a"}), (MemberNames{"1", "2", "3", "x"}));
  EXPECT_EQ(Members({"SUNION", "a", "none", "a"}), (MemberNames{"1", "2", "3", "x"}));
  EXPECT_EQ(Members({"SDIFF", "a", "none", "c"}), (MemberNames{"1", "2"}));
  EXPECT_EQ(Members({"SDIFF", "a", "b", "a"}), MemberNames());
  // One that is named again changes nothing, but where it is what others are taken from.
  EXPECT_EQ(Members({"SDIFF", "a", "a"}), MemberNames());
  EXPECT_EQ(Members({"SDIFF", "a", "b", "b", "c", "b"}), (MemberNames{"1"}));
  EXPECT_EQ(Members({"SINTER", "a", "a", "a"}), (MemberNames{"1", "2", "3", "x"}));
  EXPECT_EQ(Members({"SUNION", "a", "a"}), (MemberNames{"1", "2", "3", "x"}));
  EXPECT_EQ(Run({"SINTER", "a", "none"}), "*0\r\n");
  EXPECT_EQ(Run({"SDIFF", "none", "a"}), "*0\r\n");
  EXPECT_EQ(Run({"SUNION", "none", "no"}), "*0\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"SINTER", "a", "none"}), "~0\r\n");
  EXPECT_EQ(Run({"SDIFF", "a", "b"}), "~1\r\n" + Bulk("1"));
}

TEST_P(SetOperations, OtherTypesAreRefusedWhereverTheyStand) {
  Run({"SADD", "a", "1"});
  Run({"HSET", "h", "f", "v"});
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"SINTER", "a", "none", "h"},
                                        {"SUNION", "a", "h"},
                                        {"SDIFF", "none", "h"},
                                        {"SINTERCARD", "2", "none", "h"},
                                        {"SINTERSTORE", "d", "none", "h"},
                                        {"SUNIONSTORE", "d", "h", "a"},
                                        {"SDIFFSTORE", "d", "a", "h"}}) {
    EXPECT_EQ(Run(argv), kWrongTypeReply) << argv[0];
  }
}

TEST_P(SetOperations, CardinalitiesHaveLimits) {
  Run({"SADD", "a", "1", "2", "3"});
  Run({"SADD", "b", "2", "3", "4"});
  EXPECT_EQ(Run({"SINTERCARD", "2", "a", "b"}), Integer(2));
  EXPECT_EQ(Run({"SINTERCARD", "2", "a", "b", "LIMIT", "1"}), Integer(1));
  EXPECT_EQ(Run({"SINTERCARD", "2", "a", "b", "limit", "0"}), Integer(2));
  EXPECT_EQ(Run({"SINTERCARD", "2", "a", "b", "LIMIT", "1", "LIMIT", "9"}), Integer(2));
  EXPECT_EQ(Run({"SINTERCARD", "1", "a", "LIMIT", "2"}), Integer(2));
  EXPECT_EQ(Run({"SINTERCARD", "2", "a", "none"}), Integer(0));
  const std::string no_keys = "-ERR numkeys should be greater than 0\r\n";
  EXPECT_EQ(Run({"SINTERCARD", "0", "a"}), no_keys);
  EXPECT_EQ(Run({"SINTERCARD", "x", "a"}), no_keys);
  EXPECT_EQ(Run({"SINTERCARD", "-1", "a"}), no_keys);
  EXPECT_EQ(Run({"SINTERCARD", "2", "a"}),
            "-ERR Number of keys can't be greater than number of args\r\n");
  const std::string negative = "-ERR LIMIT can't be negative\r\n";
  EXPECT_EQ(Run({"SINTERCARD", "1", "a", "LIMIT", "-1"}), negative);
  EXPECT_EQ(Run({"SINTERCARD", "1", "a", "LIMIT", "x"}), negative);
  EXPECT_EQ(Run({"SINTERCARD", "1", "a", "LIMIT"}), "-ERR syntax error\r\n");
  EXPECT_EQ(Run({"SINTERCARD", "1", "a", "FOO"}), "-ERR syntax error\r\n");
}

TEST_P(SetOperations, StoresTakeTheKeyWhateverItWas) {
  Run({"SADD", "a", "1", "2", "3"});
  Run({"SADD", "b", "2", "3", "4"});
  Run({"SET", "d", "string", "EX", "1000"});
  EXPECT_EQ(Run({"SUNIONSTORE", "d", "a", "b"}), Integer(4));
  EXPECT_EQ(Run({"TTL", "d"}), Integer(-1));
  EXPECT_EQ(Members({"SMEMBERS", "d"}), (MemberNames{"1", "2", "3", "4"}));
  Run({"EXPIRE", "d", "1000"});
  EXPECT_EQ(Run({"SINTERSTORE", "d", "d", "a", "b"}), Integer(2)) << "it is one of the sets";
  EXPECT_EQ(Run({"TTL", "d"}), Integer(-1));
  EXPECT_EQ(Members({"SMEMBERS", "d"}), (MemberNames{"2", "3"}));
  EXPECT_EQ(Run({"SDIFFSTORE", "a", "a", "d"}), Integer(1));
  EXPECT_EQ(Members({"SMEMBERS", "a"}), (MemberNames{"1"}));
  EXPECT_EQ(Run({"SDIFFSTORE", "a", "a", "a"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "a"}), Integer(0)) << "an empty result removes the key";
  EXPECT_EQ(Run({"SINTERSTORE", "b", "b", "none"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "b"}), Integer(0));
  EXPECT_EQ(Run({"SUNIONSTORE", "none", "no", "a"}), Integer(0));
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kKeys), 1);
}

TEST_P(SetOperations, ResultsHaveTheEncodingOfWhatTheyHold) {
  const auto encoding = [&](std::string_view key) { return Run({"OBJECT", "ENCODING", key}); };
  Run({"SADD", "a", "1", "2", "3", "x"});
  Run({"SADD", "b", "1", "2", "3", std::string(65, 'y')});
  EXPECT_EQ(Run({"SINTERSTORE", "i", "a", "b"}), Integer(3));
  EXPECT_EQ(encoding("i"), Bulk("intset"));
  EXPECT_EQ(Run({"SDIFFSTORE", "l", "a", "i"}), Integer(1));
  EXPECT_EQ(encoding("l"), Bulk("listpack"));
  EXPECT_EQ(Run({"SUNIONSTORE", "t", "a", "b"}), Integer(5));
  EXPECT_EQ(encoding("t"), Bulk("hashtable"));
}

// --- large sets ---

class LargeSetOperations : public testing::Test {
 protected:
  /// The multiples of `step` below `end`.
  MemberNames Fill(std::string_view key, int end, int step) {
    MemberNames names;
    for (int i = 0; i < end; i += step) names.insert(Format("member:{}", i));
    CommandRunner::Argv argv = {"SADD", key};
    argv.insert(argv.end(), names.begin(), names.end());
    EXPECT_EQ(runner_.Execute(argv), Integer(static_cast<int64_t>(names.size())));
    return names;
  }
  /// At the newest state, and at D with all of it on disk.
  void ExpectMembers(const CommandRunner::Argv& argv, const MemberNames& names) {
    EXPECT_EQ(MembersOf(runner_.Execute(argv)), names) << argv[0];
    EXPECT_EQ(MembersOf(runner_.Read(argv)), names) << argv[0];
  }
  void ToDisk() {
    runner_.rig().Compact();
    runner_.rig().Reopen();
  }

  CommandRunner runner_;
};

TEST_F(LargeSetOperations, GoInSlicesAtOneState) {
  const MemberNames all = Fill("all", 10'000, 1);
  const MemberNames fifths = Fill("fifths", 10'000, 5);
  const MemberNames sparse = Fill("sparse", 10'000, 500);
  MemberNames rest;
  std::ranges::set_difference(all, fifths, std::inserter(rest, rest.end()));
  for (int i = 0; i < 2; ++i) {
    const uint64_t slices = runner_.slices();
    ExpectMembers({"SUNION", "all", "fifths"}, all);
    EXPECT_GT(runner_.slices() - slices, 10U);
    ExpectMembers({"SINTER", "all", "fifths"}, fifths);
    ExpectMembers({"SDIFF", "all", "fifths"}, rest);
    ExpectMembers({"SINTER", "all", "sparse", "fifths"}, sparse);
    ExpectMembers({"SDIFF", "sparse", "all"}, {});
    ExpectMembers({"SDIFF", "fifths", "sparse", "none"}, [&] {
      MemberNames names = fifths;
      for (const std::string& member : sparse) names.erase(member);
      return names;
    }());
    EXPECT_EQ(runner_.Run({"SINTERCARD", "2", "all", "fifths"}), Integer(2000));
    EXPECT_EQ(runner_.Run({"SINTERCARD", "2", "all", "fifths", "LIMIT", "1500"}), Integer(1500));
    ToDisk();
  }
}

TEST_F(LargeSetOperations, CountEachLookupOnce) {
  Fill("all", 10'000, 1);
  Fill("fifths", 10'000, 5);
  ToDisk();
  const keyspace::KeyspaceStats& stats = runner_.keyspace().stats();
  const uint64_t hits = stats.hits;
  const uint64_t misses = stats.misses;
  runner_.Read({"SUNION", "all", "fifths", "none"});
  EXPECT_EQ(stats.hits - hits, 2U);
  EXPECT_EQ(stats.misses - misses, 1U);
  runner_.Execute({"SUNIONSTORE", "d", "all", "fifths", "none"});
  EXPECT_EQ(stats.hits - hits, 4U);
  EXPECT_EQ(stats.misses - misses, 2U);
}

TEST_F(LargeSetOperations, StoreInPartsWhatIsLarge) {
  const MemberNames all = Fill("all", 10'000, 1);
  const MemberNames fifths = Fill("fifths", 10'000, 5);
  ToDisk();
  EXPECT_EQ(runner_.Execute({"SUNIONSTORE", "d", "all", "fifths"}), Integer(10'000));
  ExpectMembers({"SMEMBERS", "d"}, all);
  EXPECT_EQ(runner_.Execute({"SINTERSTORE", "d", "fifths", "d"}), Integer(2000));
  ExpectMembers({"SMEMBERS", "d"}, fifths);
  EXPECT_EQ(runner_.Execute({"SDIFFSTORE", "all", "all", "fifths"}), Integer(8000));
  EXPECT_EQ(runner_.Execute({"SDIFFSTORE", "d", "d", "fifths"}), Integer(0));
  EXPECT_EQ(runner_.Run({"EXISTS", "d"}), Integer(0));
  EXPECT_EQ(runner_.Run({"SCARD", "all"}), Integer(8000));
  EXPECT_EQ(runner_.keyspace().pending_objects().given_up(), 0U);
  EXPECT_EQ(runner_.Execute({"DEL", "all", "fifths"}), Integer(2));
  runner_.rig().Compact();
  EXPECT_EQ(runner_.rig().store().Stats().entries_on_disk, 0U) << "nothing is left of any";
}

TEST_F(LargeSetOperations, AnExecSeesWhatItStored) {
  const MemberNames all = Fill("all", 3000, 1);
  Fill("fifths", 3000, 5);
  ToDisk();
  runner_.Execute({"MULTI"});
  std::vector<std::string> words = {"HSET", "h"};
  for (int i = 0; i < 300; ++i) {
    words.push_back(Format("field:{}", i));
    words.push_back("value");
  }
  runner_.Execute({words.begin(), words.end()});
  runner_.Execute({"SUNIONSTORE", "d", "all", "fifths"});
  runner_.Execute({"SCARD", "d"});
  runner_.Execute({"SISMEMBER", "d", "member:7"});
  runner_.Execute({"SMEMBERS", "d"});
  const std::string reply = runner_.Execute({"EXEC"});
  const std::string front = "*5\r\n:300\r\n:3000\r\n:3000\r\n:1\r\n";
  ASSERT_EQ(reply.substr(0, front.size()), front);
  EXPECT_EQ(MembersOf(reply.substr(front.size())), all);
  ExpectMembers({"SMEMBERS", "d"}, all);
  EXPECT_EQ(runner_.Run({"HLEN", "h"}), Integer(300)) << "two objects, two numbers";
  EXPECT_EQ(runner_.Run({"HGET", "h", "field:7"}), Bulk("value"));
}

TEST_F(LargeSetOperations, TakeAnyNumberOfSets) {
  constexpr int kSets = 3000;
  MemberNames members;
  std::vector<std::string> keys;
  for (int i = 0; i < kSets; ++i) {
    keys.push_back(Format("s{}", i));
    members.insert(Format("member:{}", i % 700));
    runner_.Execute({"SADD", keys.back(), Format("member:{}", i % 700), "all"});
  }
  members.insert("all");
  CommandRunner::Argv argv = {"SUNION"};
  argv.insert(argv.end(), keys.begin(), keys.end());
  ExpectMembers(argv, members);
  argv[0] = "SINTER";
  ExpectMembers(argv, {"all"});
}

}  // namespace
}  // namespace cordwood::commands
