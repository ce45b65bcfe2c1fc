// What commands tell of keys, beside cases that are Redis'.

#include <gtest/gtest.h>

#include <set>

#include "base/ascii.h"
#include "base/format.h"
#include "commands/core/row.h"
#include "tests/commands/event_cases.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr keyspace::EventMask kAllEvents = keyspace::EventsOf(keyspace::kEventLetters);

CommandRunner::Argv ViewOf(const std::vector<std::string>& argv) {
  return {argv.begin(), argv.end()};
}

void ExpectTheCases(const keyspace::RigOptions& options) {
  CommandRunner runner(options);
  runner.keyspace().SetReportedEvents(kAllEvents);
  std::string before;
  for (const EventCase& each : EventCases()) {
    if (each.is_first) {
      runner.Execute({"FLUSHALL"});
      before.clear();
    }
    const std::string reply = runner.Execute(ViewOf(each.argv));
    for (const std::string& word : each.argv) before += word + " ";
    before += "-> " + reply + "\n";
    EXPECT_EQ(runner.TakeEvents(), each.events) << before;
  }
}

TEST(KeyEvents, AreThoseOfRedis) { ExpectTheCases({}); }

TEST(KeyEvents, AreTheSameForCollectionsInElements) {
  ExpectTheCases({.keyspace = {.inline_bytes_max = 0}});
}

TEST(KeyEvents, OfNoWriteAreForgotten) {
  std::set<std::string> named;
  for (const EventCase& each : EventCases()) {
    named.insert(ToLower(each.argv[0]));
    if (each.argv.size() > 1) named.insert(ToLower(each.argv[0] + "|" + each.argv[1]));
  }
  named.insert("compact");  // is ours, and changes no key
  const auto check = [&](const Command& command) {
    if ((command.flags & kWrite) == 0) return;
    EXPECT_TRUE(named.contains(std::string(command.name)))
        << command.name << " needs a line in event_cases.cc";
  };
  for (const Rows& rows : AllCommands()) {
    for (const Command& command : rows) {
      check(command);
      for (const Command& subcommand : command.subcommands) check(subcommand);
    }
  }
}

TEST(KeyEvents, AreToldOnlyOfClassesThatAreAskedFor) {
  CommandRunner runner;
  runner.Execute({"SADD", "s", "1"});
  EXPECT_EQ(runner.TakeEvents(), "");
  runner.keyspace().SetReportedEvents(keyspace::EventsOf("g"));
  runner.Execute({"SREM", "s", "1"});
  EXPECT_EQ(runner.TakeEvents(), "del s");
  runner.keyspace().SetReportedEvents(keyspace::EventsOf("sn"));
  runner.Execute({"SADD", "s", "1"});
  runner.Execute({"SREM", "s", "1"});
  EXPECT_EQ(runner.TakeEvents(), "new s, sadd s, srem s");
}

/// Of so many keys that a command would rather visit them sorted.
TEST(KeyEvents, OfManyKeysAreInTheOrderOfTheCommand) {
  CommandRunner runner;
  std::vector<std::string> keys;
  for (int i = 999; i >= 0; --i) keys.push_back(Format("key:{}", i));
  CommandRunner::Argv set = {"MSET"};
  CommandRunner::Argv del = {"DEL"};
  std::string set_events;
  std::string del_events;
  for (const std::string& key : keys) {
    set.insert(set.end(), {key, "value"});
    del.push_back(key);
    AppendEvent("new", key, 0, set_events);
    AppendEvent("set", key, 0, set_events);
    AppendEvent("del", key, 0, del_events);
  }
  runner.keyspace().SetReportedEvents(kAllEvents);
  runner.Execute(set);
  EXPECT_EQ(runner.TakeEvents(), set_events);
  runner.Execute(del);
  EXPECT_EQ(runner.TakeEvents(), del_events);
}

/// Whatever a run says that is undone is forgotten: it is said again.
TEST(KeyEvents, OfColdCommandsAreToldOnce) {
  CommandRunner runner;
  runner.keyspace().options().inline_bytes_max = 0;
  runner.Execute({"SADD", "s", "1", "2"});
  runner.Execute({"SADD", "t", "3"});
  runner.Execute({"HSET", "h", "f", "v"});
  runner.rig().Compact();
  runner.rig().Reopen();
  runner.keyspace().SetReportedEvents(kAllEvents);
  const uint64_t before = runner.rig().reruns();
  runner.Execute({"MULTI"});
  runner.Execute({"SET", "new", "v"});
  runner.Execute({"SUNIONSTORE", "d", "s", "t", "none"});
  runner.Execute({"HDEL", "h", "f"});
  runner.Execute({"EXEC"});
  EXPECT_EQ(runner.TakeEvents(),
            "new new, set new, keymiss none, new d, sunionstore d, hdel h, del h");
  EXPECT_GT(runner.rig().reruns(), before);
}

TEST(KeyEvents, OfLongReadsAndWritesAreTold) {
  CommandRunner runner;
  runner.keyspace().SetReportedEvents(kAllEvents);
  runner.Execute({"SETRANGE", "long", "2000000", "x"});
  runner.TakeEvents();
  runner.Read({"MGET", "none", "long", "no"});
  EXPECT_GT(runner.slices(), 1u);
  EXPECT_EQ(runner.TakeEvents(), "keymiss none, keymiss no");
  EXPECT_EQ(runner.keyspace().stats().hits, 1u);
  EXPECT_EQ(runner.keyspace().stats().misses, 2u);
  std::vector<std::string> members;
  CommandRunner::Argv add = {"SADD", "s"};
  for (int i = 0; i < 5000; ++i) members.push_back(Format("member:{}", i));
  add.insert(add.end(), members.begin(), members.end());
  runner.Execute(add);
  runner.Execute({"SUNIONSTORE", "d", "s"});
  runner.Execute({"SPOP", "d", "5000"});
  runner.Execute({"COPY", "s", "c"});
  EXPECT_EQ(runner.TakeEvents(),
            "new s, sadd s, new d, sunionstore d, spop d, del d, new c, copy_to c");
}

}  // namespace
}  // namespace cordwood::commands
