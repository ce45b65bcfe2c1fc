#include <gtest/gtest.h>

#include <string>

#include "base/format.h"
#include "commands/core/error_texts.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kSameObject = "ERR source and destination objects are the same";

/// A hash that is too large to be kept in its record.
void SetLargeHash(CommandRunner& runner, std::string_view key) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(runner.Run({"HSET", key, Format("f{}", i), Format("v{}", i)}), Integer(1));
  }
  ASSERT_EQ(runner.Run({"OBJECT", "ENCODING", key}), Bulk("hashtable"));
}

void ExpectLargeHash(CommandRunner& runner, std::string_view key) {
  EXPECT_EQ(runner.Run({"HLEN", key}), Integer(200));
  for (const int i : {0, 77, 199}) {
    EXPECT_EQ(runner.Run({"HGET", key, Format("f{}", i)}), Bulk(Format("v{}", i)));
  }
}

TEST(Del, CountsTheKeysItRemoved) {
  CommandRunner runner;
  runner.Run({"MSET", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(runner.Run({"DEL", "a", "b", "nokey"}), Integer(2));
  EXPECT_EQ(runner.Run({"GET", "a"}), kNil);
  EXPECT_EQ(runner.Run({"UNLINK", "c", "c"}), Integer(1));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0));
}

TEST(Del, DoesNotCountAnExpiredKeyButRemovesIt) {
  CommandRunner runner;
  runner.Run({"SET", "k", "v", "PX", "10"});
  runner.AdvanceMs(10);
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(1));
  EXPECT_EQ(runner.Run({"DEL", "k"}), Integer(0));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0));
  EXPECT_EQ(runner.keyspace().stats().expired_keys.load(), 1u);
}

TEST(Del, FetchesAllColdKeysAtOnce) {
  CommandRunner runner;
  CommandRunner::Argv del = {"DEL"};
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) keys.push_back(Format("key:{}", i));
  for (const std::string& key : keys) {
    runner.Run({"SET", key, std::string(1000, 'v')});
    del.push_back(key);
  }
  runner.rig().Compact();
  runner.rig().Reopen();
  const uint64_t reruns = runner.rig().reruns();
  EXPECT_EQ(runner.Run(del), Integer(200));
  EXPECT_EQ(runner.rig().reruns() - reruns, 2u)
      << "one opens the table, one has all blocks fetched";
}

TEST(Exists, CountsEveryMention) {
  CommandRunner runner;
  runner.Run({"SET", "k", "v"});
  EXPECT_EQ(runner.Run({"EXISTS", "k", "nokey", "k"}), Integer(2));
  EXPECT_EQ(runner.Run({"TOUCH", "k", "nokey"}), Integer(1));
  EXPECT_EQ(runner.Run({"EXISTS"}),
            ErrorReply("ERR wrong number of arguments for 'exists' command"));
}

TEST(Type, NamesTheTypeOrNone) {
  CommandRunner runner;
  runner.Run({"SET", "s", "v"});
  runner.Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(runner.Run({"TYPE", "s"}), "+string\r\n");
  EXPECT_EQ(runner.Run({"TYPE", "h"}), "+hash\r\n");
  EXPECT_EQ(runner.Run({"TYPE", "nokey"}), "+none\r\n");
}

TEST(Rename, MovesValueAndExpiry) {
  CommandRunner runner;
  runner.Run({"SET", "a", "v", "PX", "5000"});
  EXPECT_EQ(runner.Run({"RENAME", "a", "b"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "a"}), kNil);
  EXPECT_EQ(runner.Run({"GET", "b"}), Bulk("v"));
  EXPECT_EQ(runner.Run({"PTTL", "b"}), Integer(5000));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(1));
}

TEST(Rename, OverwritesTheTargetAndItsExpiry) {
  CommandRunner runner;
  runner.Run({"SET", "a", "v"});
  runner.Run({"SET", "b", "old", "PX", "5000"});
  EXPECT_EQ(runner.Run({"RENAME", "a", "b"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "b"}), Bulk("v"));
  EXPECT_EQ(runner.Run({"PTTL", "b"}), Integer(-1));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(1));
}

TEST(Rename, NeedsASourceEvenForTheSameName) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"RENAME", "nokey", "nokey"}), ErrorReply("ERR no such key"));
  EXPECT_EQ(runner.Run({"RENAMENX", "nokey", "x"}), ErrorReply("ERR no such key"));
  runner.Run({"SET", "k", "v"});
  EXPECT_EQ(runner.Run({"RENAME", "k", "k"}), kOk);
  EXPECT_EQ(runner.Run({"RENAMENX", "k", "k"}), Integer(0));
  EXPECT_EQ(runner.Run({"GET", "k"}), Bulk("v"));
}

TEST(Rename, TakesNoNoticeOfExpiredKeys) {
  CommandRunner runner;
  runner.Run({"SET", "gone", "old", "PX", "10"});
  runner.Run({"SET", "k", "v"});
  runner.AdvanceMs(10);
  EXPECT_EQ(runner.Run({"RENAME", "gone", "x"}), ErrorReply("ERR no such key"));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(1));
  runner.Run({"SET", "gone", "old", "PX", "10"});
  runner.AdvanceMs(10);
  EXPECT_EQ(runner.Run({"RENAMENX", "k", "gone"}), Integer(1));
  EXPECT_EQ(runner.Run({"GET", "gone"}), Bulk("v"));
  EXPECT_EQ(runner.Run({"PTTL", "gone"}), Integer(-1));
}

TEST(RenameNx, LeavesAnExistingTarget) {
  CommandRunner runner;
  runner.Run({"MSET", "a", "1", "b", "2"});
  EXPECT_EQ(runner.Run({"RENAMENX", "a", "b"}), Integer(0));
  EXPECT_EQ(runner.Run({"GET", "b"}), Bulk("2"));
  EXPECT_EQ(runner.Run({"RENAMENX", "a", "c"}), Integer(1));
  EXPECT_EQ(runner.Run({"GET", "c"}), Bulk("1"));
}

TEST(Rename, TakesTheElementsOfALargeHashAlong) {
  CommandRunner runner;
  SetLargeHash(runner, "h");
  EXPECT_EQ(runner.Run({"RENAME", "h", "g"}), kOk);
  EXPECT_EQ(runner.Run({"EXISTS", "h"}), Integer(0));
  ExpectLargeHash(runner, "g");
  // The name is free for another one, and merges take nothing of the first away.
  SetLargeHash(runner, "h");
  EXPECT_EQ(runner.Run({"DEL", "h"}), Integer(1));
  runner.rig().Compact();
  runner.rig().Reopen();
  ExpectLargeHash(runner, "g");
  EXPECT_EQ(runner.keyspace().NewestCount(0, keyspace::CounterKind::kObjects), 1);
}

TEST(Rename, EndsTheElementsOfALargeHashItOverwrites) {
  CommandRunner runner;
  SetLargeHash(runner, "h");
  runner.Run({"SET", "k", "v"});
  EXPECT_EQ(runner.Run({"RENAME", "k", "h"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "h"}), Bulk("v"));
  EXPECT_EQ(runner.keyspace().NewestCount(0, keyspace::CounterKind::kObjects), 0);
  runner.rig().Compact();
  EXPECT_LT(runner.rig().store().Stats().entries_on_disk, 20u);
}

TEST(Copy, CopiesValueAndExpiry) {
  CommandRunner runner;
  runner.Run({"SET", "a", "v", "PX", "5000"});
  EXPECT_EQ(runner.Run({"COPY", "a", "b"}), Integer(1));
  EXPECT_EQ(runner.Run({"GET", "a"}), Bulk("v"));
  EXPECT_EQ(runner.Run({"GET", "b"}), Bulk("v"));
  EXPECT_EQ(runner.Run({"PTTL", "b"}), Integer(5000));
}

TEST(Copy, OverwritesOnlyIfAskedTo) {
  CommandRunner runner;
  runner.Run({"MSET", "a", "1", "b", "2"});
  EXPECT_EQ(runner.Run({"COPY", "a", "b"}), Integer(0));
  EXPECT_EQ(runner.Run({"GET", "b"}), Bulk("2"));
  EXPECT_EQ(runner.Run({"COPY", "a", "b", "replace"}), Integer(1));
  EXPECT_EQ(runner.Run({"GET", "b"}), Bulk("1"));
  EXPECT_EQ(runner.Run({"COPY", "nokey", "b", "REPLACE"}), Integer(0));
  EXPECT_EQ(runner.Run({"GET", "b"}), Bulk("1"));
}

TEST(Copy, CopiesToAnotherDatabase) {
  CommandRunner runner;
  runner.Run({"SET", "k", "v"});
  EXPECT_EQ(runner.Run({"COPY", "k", "k", "DB", "3"}), Integer(1));
  EXPECT_EQ(runner.Run({"COPY", "k", "k", "DB", "3"}), Integer(0));
  EXPECT_EQ(runner.Run({"COPY", "k", "k", "DB", "3", "REPLACE"}), Integer(1));
  EXPECT_EQ(runner.Run({"SELECT", "3"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "k"}), Bulk("v"));
}

TEST(Copy, OfMoreElementsThanABatchShouldHoldIsWrittenInParts) {
  CommandRunner runner;
  CommandRunner::Argv fields = {"HSET", "h"};
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("field" + std::to_string(i));
  for (const std::string& name : names) fields.insert(fields.end(), {name, "value"});
  ASSERT_EQ(runner.Run(fields), Integer(300));
  ASSERT_EQ(runner.Run({"SET", "taken", "v"}), kOk);
  runner.keyspace().options().part_elements_max = 7;
  const auto digest = [&](std::string_view key) {
    return runner.Run({"DEBUG", "DIGEST-VALUE", key});
  };
  const std::string of_h = digest("h");
  EXPECT_EQ(runner.Run({"COPY", "h", "taken"}), Integer(0));
  EXPECT_EQ(runner.Run({"COPY", "h", "taken", "REPLACE"}), Integer(1));
  EXPECT_EQ(runner.Run({"COPY", "h", "other"}), Integer(1));
  EXPECT_EQ(runner.Run({"MOVE", "h", "1"}), Integer(1));
  EXPECT_EQ(digest("taken"), of_h);
  EXPECT_EQ(digest("other"), of_h);
  EXPECT_EQ(runner.Run({"HSET", "other", "field1", "new"}), Integer(0));
  EXPECT_EQ(runner.Run({"EXISTS", "h"}), Integer(0));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(2));
  runner.rig().Compact();
  runner.rig().Reopen();
  EXPECT_EQ(runner.keyspace().pending_objects().given_up(), 0u);
  EXPECT_EQ(digest("taken"), of_h);
  EXPECT_EQ(runner.Run({"SELECT", "1"}), kOk);
  EXPECT_EQ(digest("h"), of_h);
  EXPECT_EQ(runner.Run({"HLEN", "h"}), Integer(300));
}

TEST(Copy, RepliesRedisErrors) {
  CommandRunner runner;
  runner.Run({"SET", "k", "v"});
  EXPECT_EQ(runner.Run({"COPY", "k", "k"}), ErrorReply(kSameObject));
  EXPECT_EQ(runner.Run({"COPY", "k", "k", "DB", "0"}), ErrorReply(kSameObject));
  EXPECT_EQ(runner.Run({"COPY", "nokey", "nokey"}), ErrorReply(kSameObject));
  EXPECT_EQ(runner.Run({"COPY", "k", "j", "DB", "16"}), ErrorReply(kNoDatabase));
  EXPECT_EQ(runner.Run({"COPY", "k", "j", "DB", "-1"}), ErrorReply(kNoDatabase));
  EXPECT_EQ(runner.Run({"COPY", "k", "j", "DB", "x"}), ErrorReply(kNotAnInteger));
  EXPECT_EQ(runner.Run({"COPY", "k", "j", "DB", "99999999999"}),
            ErrorReply("ERR value is out of range, value must between -2147483648 and "
                       "2147483647"));
  EXPECT_EQ(runner.Run({"COPY", "k", "j", "DB"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"COPY", "k", "j", "FOO"}), ErrorReply(kSyntaxError));
}

TEST(Copy, GivesALargeHashElementsOfItsOwn) {
  CommandRunner runner;
  SetLargeHash(runner, "h");
  EXPECT_EQ(runner.Run({"COPY", "h", "g"}), Integer(1));
  EXPECT_EQ(runner.Run({"COPY", "h", "h", "DB", "1"}), Integer(1));
  EXPECT_EQ(runner.Run({"HSET", "h", "f0", "changed"}), Integer(0));
  ExpectLargeHash(runner, "g");
  EXPECT_EQ(runner.Run({"DEL", "h"}), Integer(1));
  runner.rig().Compact();
  ExpectLargeHash(runner, "g");
  runner.client().db = 1;
  ExpectLargeHash(runner, "h");
}

TEST(Move, TakesValueAndExpiryToTheOtherDatabase) {
  CommandRunner runner;
  runner.Run({"SET", "k", "v", "PX", "5000"});
  SetLargeHash(runner, "h");
  EXPECT_EQ(runner.Run({"MOVE", "k", "1"}), Integer(1));
  EXPECT_EQ(runner.Run({"MOVE", "h", "1"}), Integer(1));
  EXPECT_EQ(runner.Run({"MOVE", "k", "1"}), Integer(0));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0));
  runner.rig().Compact();
  runner.client().db = 1;
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(2));
  EXPECT_EQ(runner.Run({"GET", "k"}), Bulk("v"));
  EXPECT_EQ(runner.Run({"PTTL", "k"}), Integer(5000));
  ExpectLargeHash(runner, "h");
}

TEST(Move, LeavesAKeyThatTheOtherDatabaseHas) {
  CommandRunner runner;
  runner.Run({"SET", "k", "0"});
  runner.client().db = 1;
  runner.Run({"SET", "k", "1"});
  EXPECT_EQ(runner.Run({"MOVE", "k", "0"}), Integer(0));
  EXPECT_EQ(runner.Run({"GET", "k"}), Bulk("1"));
}

TEST(Move, RepliesRedisErrors) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"MOVE", "k", "0"}), ErrorReply(kSameObject));
  EXPECT_EQ(runner.Run({"MOVE", "k", "16"}), ErrorReply(kNoDatabase));
  EXPECT_EQ(runner.Run({"MOVE", "k", "abc"}), ErrorReply(kNotAnInteger));
}

TEST(Object, NamesRedisEncodings) {
  CommandRunner runner;
  const auto encoding = [&](std::string_view value) {
    runner.Run({"SET", "k", value});
    return runner.Run({"OBJECT", "ENCODING", "k"});
  };
  EXPECT_EQ(encoding("12"), Bulk("int"));
  EXPECT_EQ(encoding("-9223372036854775808"), Bulk("int"));
  EXPECT_EQ(encoding("9223372036854775808"), Bulk("embstr"));
  EXPECT_EQ(encoding("007"), Bulk("embstr"));
  EXPECT_EQ(encoding(std::string(44, 'x')), Bulk("embstr"));
  EXPECT_EQ(encoding(std::string(45, 'x')), Bulk("raw"));
  runner.Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(runner.Run({"OBJECT", "ENCODING", "h"}), Bulk("listpack"));
  EXPECT_EQ(runner.Run({"OBJECT", "REFCOUNT", "h"}), Integer(1));
}

TEST(Object, RepliesNullForAKeyThatDoesNotExist) {
  CommandRunner runner;
  for (const char* subcommand : {"ENCODING", "FREQ", "IDLETIME", "REFCOUNT"}) {
    EXPECT_EQ(runner.Run({"OBJECT", subcommand, "nokey"}), kNil) << subcommand;
  }
}

TEST(Object, SaysWhatIsNotTracked) {
  CommandRunner runner;
  runner.Run({"SET", "k", "v"});
  EXPECT_EQ(runner.Run({"OBJECT", "FREQ", "k"}).substr(0, 44),
            "-ERR An LFU maxmemory policy is not selected");
  EXPECT_EQ(runner.Run({"OBJECT", "IDLETIME", "k"}),
            ErrorReply("ERR when a key was last used is not kept, idle time not tracked."));
  runner.host().config["maxmemory-policy"] = "allkeys-lfu";
  EXPECT_EQ(runner.Run({"OBJECT", "FREQ", "k"}),
            ErrorReply("ERR how often a key is used is not kept, access frequency not tracked."));
  EXPECT_EQ(runner.Run({"OBJECT", "IDLETIME", "k"}),
            ErrorReply("ERR An LFU maxmemory policy is selected, idle time not tracked. Please "
                       "note that when switching between policies at runtime LRU and LFU data "
                       "will take some time to adjust."));
}

TEST(Object, ExplainsItself) {
  CommandRunner runner;
  const std::string help = runner.Run({"OBJECT", "HELP"});
  EXPECT_EQ(help.substr(0, help.find("Sub")),
            "*11\r\n+OBJECT <subcommand> [<arg> [value] [opt] ...]. ");
  EXPECT_TRUE(help.ends_with("+HELP\r\n+    Prints this help.\r\n"));
  EXPECT_EQ(runner.Run({"OBJECT", "FOO", "k"}),
            ErrorReply("ERR unknown subcommand 'FOO'. Try OBJECT HELP."));
  EXPECT_EQ(runner.Run({"OBJECT"}),
            ErrorReply("ERR wrong number of arguments for 'object' command"));
  EXPECT_EQ(runner.Run({"OBJECT", "ENCODING"}),
            ErrorReply("ERR wrong number of arguments for 'object|encoding' command"));
}

}  // namespace
}  // namespace cordwood::commands
