#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/format.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

using Argv = std::vector<std::string_view>;
using Texts = std::vector<std::string>;

class CommandLogs : public testing::Test {
 protected:
  CommandLog& log(CommandLogKind kind) {
    return runner_.host().monitoring().logs[static_cast<size_t>(kind)];
  }
  void Add(CommandLogKind kind, uint64_t amount, size_t max_entries = 128) {
    log(kind).Add({.unix_seconds = 1000,
                   .amount = amount,
                   .argv = {"get", "k"},
                   .address = "1.2.3.4:5",
                   .name = "me"},
                  max_entries);
  }
  static std::string Entry(uint64_t id, uint64_t amount) {
    return Format("*6\r\n:{}\r\n:1000\r\n:{}\r\n", id, amount) + Bulks({"get", "k"}) +
           Bulk("1.2.3.4:5") + Bulk("me");
  }
  Texts Logged(const Argv& argv) {
    return LoggedArguments(*runner_.table().Resolve(argv).command, argv);
  }
  std::string Run(const Argv& argv) { return runner_.Run(argv); }

  CommandRunner runner_;
};

TEST_F(CommandLogs, AreReadNewestFirst) {
  EXPECT_EQ(Run({"SLOWLOG", "GET"}), "*0\r\n");
  EXPECT_EQ(Run({"SLOWLOG", "LEN"}), Integer(0));
  for (uint64_t i = 0; i < 12; ++i) Add(CommandLogKind::kSlow, i);
  EXPECT_EQ(Run({"SLOWLOG", "LEN"}), Integer(12));
  EXPECT_EQ(Run({"SLOWLOG", "GET", "2"}), "*2\r\n" + Entry(11, 11) + Entry(10, 10));
  EXPECT_TRUE(Run({"SLOWLOG", "GET"}).starts_with("*10\r\n"));
  EXPECT_TRUE(Run({"SLOWLOG", "GET", "-1"}).starts_with("*12\r\n"));
  EXPECT_EQ(Run({"SLOWLOG", "GET", "0"}), "*0\r\n");
  EXPECT_EQ(Run({"SLOWLOG", "RESET"}), kOk);
  EXPECT_EQ(Run({"SLOWLOG", "LEN"}), Integer(0));
  Add(CommandLogKind::kSlow, 5);
  EXPECT_EQ(Run({"SLOWLOG", "GET"}), "*1\r\n" + Entry(12, 5));  // numbers go on
}

TEST_F(CommandLogs, AreThreeKinds) {
  Add(CommandLogKind::kSlow, 1);
  Add(CommandLogKind::kLargeRequest, 2);
  Add(CommandLogKind::kLargeReply, 3);
  Add(CommandLogKind::kLargeReply, 4);
  EXPECT_EQ(Run({"COMMANDLOG", "GET", "-1", "slow"}), "*1\r\n" + Entry(0, 1));
  EXPECT_EQ(Run({"COMMANDLOG", "GET", "9", "LARGE-REQUEST"}), "*1\r\n" + Entry(0, 2));
  EXPECT_EQ(Run({"COMMANDLOG", "GET", "1", "large-reply"}), "*1\r\n" + Entry(1, 4));
  EXPECT_EQ(Run({"COMMANDLOG", "LEN", "large-reply"}), Integer(2));
  EXPECT_EQ(Run({"COMMANDLOG", "RESET", "large-reply"}), kOk);
  EXPECT_EQ(Run({"COMMANDLOG", "LEN", "large-reply"}), Integer(0));
  EXPECT_EQ(Run({"COMMANDLOG", "LEN", "large-request"}), Integer(1));
}

TEST_F(CommandLogs, ReplyRedisErrors) {
  const std::string bad_count = ErrorReply("ERR count should be greater than or equal to -1");
  EXPECT_EQ(Run({"SLOWLOG", "GET", "-2"}), bad_count);
  EXPECT_EQ(Run({"SLOWLOG", "GET", "abc"}), bad_count);
  EXPECT_EQ(Run({"SLOWLOG", "get", "1", "2"}),
            ErrorReply("ERR unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG "
                       "HELP."));
  EXPECT_EQ(Run({"COMMANDLOG", "GET", "x", "slow"}), bad_count);
  EXPECT_EQ(Run({"COMMANDLOG", "LEN", "fast"}),
            ErrorReply("ERR type should be one of the following: slow, large-request, "
                       "large-reply"));
}

TEST_F(CommandLogs, ForgetTheOldest) {
  for (uint64_t i = 0; i < 10; ++i) Add(CommandLogKind::kSlow, i, 3);
  EXPECT_EQ(Run({"SLOWLOG", "LEN"}), Integer(3));
  log(CommandLogKind::kSlow).Trim(1);
  EXPECT_EQ(Run({"SLOWLOG", "GET", "-1"}), "*1\r\n" + Entry(9, 9));
}

TEST_F(CommandLogs, ShortenArguments) {
  const std::string edge(128, 'a');
  const std::string beyond(131, 'a');
  EXPECT_EQ(Logged({"SET", edge, beyond}), (Texts{"SET", edge, edge + "... (3 more bytes)"}));
  Argv many(33, "x");
  many[0] = "DEL";
  Texts logged = Logged(many);
  EXPECT_EQ(logged.size(), 32U);
  EXPECT_EQ(logged[30], "x");
  EXPECT_EQ(logged[31], "... (2 more arguments)");
  many.pop_back();
  EXPECT_EQ(Logged(many).back(), "x");
}

TEST_F(CommandLogs, KeepNoSecrets) {
  const std::string secret = "(redacted)";
  EXPECT_EQ(Logged({"AUTH", "p"}), (Texts{"AUTH", secret}));
  EXPECT_EQ(Logged({"AUTH", "u", "p"}), (Texts{"AUTH", secret, secret}));
  EXPECT_EQ(Logged({"HELLO", "3", "auth", "u", "p", "SETNAME", "n"}),
            (Texts{"HELLO", "3", "auth", secret, secret, "SETNAME", "n"}));
  EXPECT_EQ(Logged({"HELLO", "3"}), (Texts{"HELLO", "3"}));
  EXPECT_EQ(
      Logged({"CONFIG", "SET", "maxclients", "5", "RequirePass", "p", "masterauth", "q"}),
      (Texts{"CONFIG", "SET", "maxclients", "5", "RequirePass", secret, "masterauth", secret}));
}

}  // namespace
}  // namespace cordwood::commands
