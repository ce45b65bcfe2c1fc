#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/format.h"
#include "commands/core/error_texts.h"
#include "protocol/reply_reader.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

bool IsOneReply(std::string_view bytes) {
  protocol::ReplyReader reader;
  reader.Feed(bytes);
  const auto reply = reader.Next();
  return reply && *reply && reader.buffered_bytes() == 0;
}

TEST(Command, DescribesGetAsRedisDoes) {
  CommandRunner runner;
  runner.UseResp(3);
  EXPECT_EQ(runner.Run({"COMMAND", "INFO", "get"}),
            "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
            "~3\r\n+@read\r\n+@string\r\n+@fast\r\n~0\r\n~1\r\n%3\r\n$5\r\nflags\r\n"
            "~2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n"
            "$4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n"
            "$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n"
            "$5\r\nlimit\r\n:0\r\n~0\r\n");
}

TEST(Command, DescribesContainersWithTheirSubcommands) {
  CommandRunner runner;
  const std::string config = runner.Run({"COMMAND", "INFO", "Config"});
  EXPECT_TRUE(config.starts_with(
      "*1\r\n*10\r\n$6\r\nconfig\r\n:-2\r\n*0\r\n:0\r\n:0\r\n:0\r\n*1\r\n+@slow\r\n"));
  EXPECT_NE(config.find("$10\r\nconfig|get\r\n:-3\r\n*4\r\n+admin\r\n"), std::string::npos);
  EXPECT_TRUE(runner.Run({"COMMAND", "INFO", "config|GET"})
                  .starts_with("*1\r\n*10\r\n$10\r\nconfig|get\r\n:-3\r\n*4\r\n"));
}

TEST(Command, RepliesNullForWhatItDoesNotKnow) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"COMMAND", "INFO", "nope"}), "*1\r\n$-1\r\n");
  EXPECT_EQ(runner.Run({"COMMAND", "INFO", "config|nope"}), "*1\r\n$-1\r\n");
  EXPECT_EQ(runner.Run({"COMMAND", "DOCS", "nope"}), "*0\r\n");
}

TEST(Command, CountsAndListsItsRows) {
  CommandRunner runner;
  const auto rows = static_cast<int64_t>(runner.table().all().size());
  EXPECT_EQ(runner.Run({"COMMAND", "COUNT"}), Integer(rows));
  EXPECT_TRUE(runner.Run({"COMMAND"}).starts_with(Format("*{}\r\n*10\r\n", rows)));
  const std::string list = runner.Run({"COMMAND", "LIST"});
  for (const char* name : {"get", "object", "object|freq", "command"}) {
    EXPECT_NE(list.find(Bulk(name)), std::string::npos) << name;
  }
}

TEST(Command, ListsWhatAFilterLetsThrough) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"COMMAND", "LIST", "FILTERBY", "PATTERN", "PE*"}),
            Bulks({"persist", "pexpire", "pexpireat", "pexpiretime"}));
  EXPECT_EQ(runner.Run({"COMMAND", "LIST", "FILTERBY", "MODULE", "x"}), "*0\r\n");
  EXPECT_EQ(runner.Run({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "nope"}), "*0\r\n");
  const std::string dangerous = runner.Run({"COMMAND", "LIST", "FILTERBY", "aclcat", "Dangerous"});
  EXPECT_NE(dangerous.find(Bulk("flushall")), std::string::npos);
  EXPECT_EQ(dangerous.find(Bulk("get")), std::string::npos);
  EXPECT_EQ(runner.Run({"COMMAND", "LIST", "FILTERBY"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"COMMAND", "LIST", "FILTERBY", "FOO", "x"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"COMMAND", "LIST", "FOO"}), ErrorReply(kSyntaxError));
}

TEST(Command, FindsTheKeysOfACommand) {
  CommandRunner runner;
  const auto keys = [&](CommandRunner::Argv argv) {
    argv.insert(argv.begin(), {"COMMAND", "GETKEYS"});
    return runner.Run(argv);
  };
  EXPECT_EQ(keys({"SET", "a", "b"}), Bulks({"a"}));
  EXPECT_EQ(keys({"mset", "a", "1", "b", "2"}), Bulks({"a", "b"}));
  EXPECT_EQ(keys({"DEL", "a", "b", "c"}), Bulks({"a", "b", "c"}));
  EXPECT_EQ(keys({"RENAME", "a", "b"}), Bulks({"a", "b"}));
  EXPECT_EQ(keys({"object", "ENCODING", "k"}), Bulks({"k"}));
  EXPECT_EQ(keys({"memory", "usage", "k", "samples", "0"}), Bulks({"k"}));
  EXPECT_EQ(keys({"PING", "x"}), ErrorReply("ERR The command has no key arguments"));
  EXPECT_EQ(keys({"CLIENT", "ID"}), ErrorReply("ERR The command has no key arguments"));
  EXPECT_EQ(keys({"FOO", "x"}), ErrorReply("ERR Invalid command specified"));
  EXPECT_EQ(keys({"OBJECT", "FOO", "x"}), ErrorReply("ERR Invalid command specified"));
  EXPECT_EQ(keys({"SET", "a"}),
            ErrorReply("ERR Invalid number of arguments specified for command"));
  EXPECT_EQ(keys({"SET"}), ErrorReply("ERR Invalid number of arguments specified for command"));
  EXPECT_EQ(keys({}), ErrorReply("ERR wrong number of arguments for 'command|getkeys' command"));
}

TEST(Command, TellsWhatBecomesOfKeys) {
  CommandRunner runner;
  const auto keys = [&](CommandRunner::Argv argv) {
    argv.insert(argv.begin(), {"COMMAND", "GETKEYSANDFLAGS"});
    return runner.Run(argv);
  };
  EXPECT_EQ(keys({"COPY", "a", "b"}),
            "*2\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n"
            "*2\r\n$1\r\nb\r\n*2\r\n+OW\r\n+update\r\n");
  EXPECT_EQ(keys({"SET", "a", "b", "GET"}),
            "*1\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+update\r\n");
  EXPECT_EQ(keys({"PING", "x"}), ErrorReply("ERR The command has no key arguments"));
}

TEST(Command, DocumentsArgumentsAsRedisDoes) {
  CommandRunner runner;
  runner.UseResp(3);
  EXPECT_EQ(runner.Run({"COMMAND", "DOCS", "getset"}),
            "%1\r\n$6\r\ngetset\r\n%8\r\n"
            "$7\r\nsummary\r\n$41\r\nSets a string and returns the one before.\r\n"
            "$5\r\nsince\r\n$5\r\n1.0.0\r\n$5\r\ngroup\r\n$6\r\nstring\r\n"
            "$10\r\ncomplexity\r\n$4\r\nO(1)\r\n$9\r\ndoc_flags\r\n~1\r\n+deprecated\r\n"
            "$16\r\ndeprecated_since\r\n$5\r\n6.2.0\r\n"
            "$11\r\nreplaced_by\r\n$12\r\nSET with GET\r\n"
            "$9\r\narguments\r\n*2\r\n"
            "%4\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
            "$12\r\ndisplay_text\r\n$3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n"
            "%3\r\n$4\r\nname\r\n$5\r\nvalue\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
            "$12\r\ndisplay_text\r\n$5\r\nvalue\r\n");
}

TEST(Command, EveryContainerExplainsItself) {
  CommandRunner runner;
  for (const Command* command : runner.table().all()) {
    if (command->subcommands.empty()) continue;
    const std::string help = runner.Run({command->name, "help"});
    EXPECT_TRUE(help.ends_with("+HELP\r\n+    Prints this help.\r\n")) << command->name;
    for (const Command& subcommand : command->subcommands) {
      const std::string_view name = subcommand.name.substr(command->name.size() + 1);
      EXPECT_NE(help.find("\r\n+" + InCapitals(name)), std::string::npos) << subcommand.name;
    }
  }
  EXPECT_NE(runner.Run({"CONFIG", "HELP"}).find("+GET <parameter> [<parameter> ...]\r\n+    "),
            std::string::npos);
  EXPECT_NE(runner.Run({"COMMAND", "HELP"}).find("+(no subcommand)\r\n"), std::string::npos);
}

TEST(Command, DocumentsEveryRow) {
  CommandRunner runner;
  const auto check = [](const Command& command) {
    EXPECT_FALSE(command.docs.summary.empty()) << command.name;
    EXPECT_FALSE(command.docs.since.empty()) << command.name;
    EXPECT_FALSE(command.docs.complexity.empty()) << command.name;
    EXPECT_FALSE(command.docs.group.empty()) << command.name;
  };
  for (const Command* command : runner.table().all()) {
    check(*command);
    for (const Command& subcommand : command->subcommands) check(subcommand);
  }
  EXPECT_TRUE(runner.Run({"COMMAND", "DOCS", "object"})
                  .starts_with("*2\r\n$6\r\nobject\r\n*10\r\n$7\r\nsummary\r\n"));
}

// redis-cli asks for both when it starts, and reads them with a strict parser.
TEST(Command, RepliesAreWellFormed) {
  for (const int version : {2, 3}) {
    CommandRunner runner;
    runner.UseResp(version);
    for (const CommandRunner::Argv& argv :
         {CommandRunner::Argv{"COMMAND"}, CommandRunner::Argv{"COMMAND", "DOCS"},
          CommandRunner::Argv{"COMMAND", "INFO"}, CommandRunner::Argv{"COMMAND", "LIST"}}) {
      const std::string reply = runner.Run(argv);
      EXPECT_TRUE(IsOneReply(reply)) << version << argv.back();
    }
  }
}

}  // namespace
}  // namespace cordwood::commands
