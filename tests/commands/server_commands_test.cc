#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "commands/core/error_texts.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

TEST(Config, GetsWhatMatchesAnyPatternOnce) {
  CommandRunner runner;
  runner.host().config = {{"appendfsync", "always"}, {"dir", "/d"}, {"maxmemory", "0"}};
  EXPECT_EQ(runner.Run({"CONFIG", "GET", "dir"}), Bulks({"dir", "/d"}));
  EXPECT_EQ(runner.Run({"CONFIG", "GET", "d*", "*i*"}), Bulks({"dir", "/d"}));
  EXPECT_EQ(runner.Run({"CONFIG", "GET", "nope"}), "*0\r\n");
  runner.UseResp(3);
  EXPECT_EQ(runner.Run({"CONFIG", "GET", "dir"}), "%1\r\n$3\r\ndir\r\n$2\r\n/d\r\n");
}

TEST(Config, SetsAllOrNothing) {
  CommandRunner runner;
  runner.host().config = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(runner.Run({"CONFIG", "SET", "a", "3", "b", "4"}), kOk);
  EXPECT_EQ(runner.host().config["b"], "4");
  EXPECT_EQ(runner.Run({"CONFIG", "SET", "nope", "1"}),
            ErrorReply("ERR Unknown option or number of arguments for CONFIG SET - 'nope'"));
  EXPECT_EQ(runner.Run({"CONFIG", "SET", "a", "1", "b"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"CONFIG", "SET", "a"}),
            ErrorReply("ERR wrong number of arguments for 'config|set' command"));
}

TEST(Config, KnowsItsSubcommands) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"CONFIG", "RESETSTAT"}), kOk);
  EXPECT_EQ(runner.host().stats_resets, 1);
  EXPECT_EQ(runner.Run({"CONFIG", "REWRITE"}).substr(0, 36),
            "-ERR CONFIG REWRITE is not supported");
  EXPECT_EQ(runner.Run({"CONFIG", "GET"}),
            ErrorReply("ERR wrong number of arguments for 'config|get' command"));
  EXPECT_EQ(runner.Run({"CONFIG"}),
            ErrorReply("ERR wrong number of arguments for 'config' command"));
  EXPECT_EQ(runner.Run({"CONFIG", "FOO"}),
            ErrorReply("ERR unknown subcommand 'FOO'. Try CONFIG HELP."));
  EXPECT_EQ(runner.Run({"CONFIG", "HELP"}).front(), '*');
}

TEST(Info, PassesTheSectionsOn) {
  CommandRunner runner;
  runner.host().info = "# Server\r\n";
  EXPECT_EQ(runner.Run({"INFO"}), Bulk("# Server\r\n"));
  EXPECT_EQ(runner.Run({"INFO", "Server", "KEYSPACE"}), Bulk("# Server\r\n"));
  EXPECT_EQ(runner.host().info_asked,
            (std::vector<std::vector<std::string>>{{}, {"server", "keyspace"}}));
  runner.UseResp(3);
  EXPECT_EQ(runner.Run({"INFO"}), "=14\r\ntxt:# Server\r\n\r\n");
}

TEST(Time, IsSecondsAndMicroseconds) {
  CommandRunner runner;
  runner.host().wall_us = 1'700'000'000'012'345;
  EXPECT_EQ(runner.Run({"TIME"}), Bulks({"1700000000", "12345"}));
}

TEST(Shutdown, RepliesNothing) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"SHUTDOWN", "NOSAVE", "NOW", "FORCE"}), "");
  EXPECT_TRUE(runner.host().shut_down);
}

TEST(Shutdown, RepliesRedisErrors) {
  CommandRunner runner;
  for (const CommandRunner::Argv& argv :
       {CommandRunner::Argv{"SHUTDOWN", "FOO"}, CommandRunner::Argv{"SHUTDOWN", "SAVE", "NOSAVE"},
        CommandRunner::Argv{"SHUTDOWN", "ABORT", "NOW"}}) {
    EXPECT_EQ(runner.Run(argv), ErrorReply(kSyntaxError));
  }
  EXPECT_EQ(runner.Run({"SHUTDOWN", "ABORT"}), ErrorReply("ERR No shutdown in progress."));
  EXPECT_FALSE(runner.host().shut_down);
}

TEST(Compact, AsksTheHost) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"COMPACT"}), kOk);
  EXPECT_EQ(runner.host().compactions, 1);
}

TEST(MemoryUsage, CountsTheBytesOfRecordAndElements) {
  CommandRunner runner;
  const auto usage = [&](const CommandRunner::Argv& argv) {
    const std::string reply = runner.Run(argv);
    EXPECT_EQ(reply.front(), ':') << reply;
    return *ParseInt64(std::string_view(reply).substr(1, reply.size() - 3));
  };
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "nokey"}), kNil);
  runner.Run({"SET", "k", std::string(1000, 'v')});
  EXPECT_GE(usage({"MEMORY", "USAGE", "k"}), 1001);
  EXPECT_LT(usage({"MEMORY", "USAGE", "k"}), 1050);
  for (int i = 0; i < 300; ++i) {
    runner.Run({"HSET", "h", Format("field:{:03}", i), std::string(100, 'v')});
  }
  EXPECT_GT(usage({"MEMORY", "USAGE", "h"}), 300 * 109);
  EXPECT_LT(usage({"MEMORY", "USAGE", "h"}), 300 * 150);
  const int64_t all = usage({"MEMORY", "USAGE", "h", "SAMPLES", "0"});
  EXPECT_EQ(usage({"MEMORY", "USAGE", "h", "samples", "300"}), all);
}

TEST(MemoryUsage, LooksAtManyElementsInSlices) {
  CommandRunner runner;
  for (int i = 0; i < 2500; ++i) runner.Execute({"HSET", "h", Format("field{:04}", i), "value"});
  const std::string all = runner.Run({"MEMORY", "USAGE", "h", "SAMPLES", "0"});
  EXPECT_GE(runner.slices(), 6u);  // three for the read at each state
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "h", "SAMPLES", "2500"}), all);
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "h", "SAMPLES", "1000000"}), all);
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "h", "SAMPLES", "1000"}), all);  // all are alike
}

TEST(MemoryUsage, RepliesRedisErrors) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "k", "SAMPLES", "-1"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "k", "SAMPLES", "abc"}), ErrorReply(kNotAnInteger));
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "k", "SAMPLES"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"MEMORY", "USAGE", "k", "FOO"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"MEMORY", "HELP"}).front(), '*');
}

}  // namespace
}  // namespace cordwood::commands
