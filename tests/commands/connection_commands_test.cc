#include <gtest/gtest.h>

#include <string>

#include "base/format.h"
#include "commands/core/error_texts.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view kBadName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

TEST(Ping, RepliesPongOrTheMessage) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(runner.Run({"PING", "hello"}), Bulk("hello"));
  EXPECT_EQ(runner.Run({"PING", "a", "b"}),
            ErrorReply("ERR wrong number of arguments for 'ping' command"));
  EXPECT_EQ(runner.Run({"ECHO", "hello"}), Bulk("hello"));
}

TEST(Quit, ClosesAfterItsReply) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"QUIT"}), kOk);
  EXPECT_TRUE(runner.client().close_after_reply);
}

TEST(Auth, ComplainsWhenThereIsNoPassword) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"AUTH", "x"}),
            ErrorReply("ERR AUTH <password> called without any password configured for the "
                       "default user. Are you sure your configuration is correct?"));
  EXPECT_EQ(runner.Run({"AUTH", "default", "x"}), kOk);
  EXPECT_EQ(runner.Run({"AUTH", "u", "p"}), ErrorReply(kWrongPassword));
  EXPECT_EQ(runner.Run({"AUTH", "a", "b", "c"}), ErrorReply(kSyntaxError));
}

TEST(Auth, TakesThePasswordOfTheDefaultUserOnly) {
  CommandRunner runner;
  runner.host().password = "secret";
  runner.client().authenticated = false;
  for (const std::string_view guess : {"", "s", "secre", "secretsecret", "secrex", "SECRET"}) {
    EXPECT_EQ(runner.Run({"AUTH", guess}), ErrorReply(kWrongPassword)) << guess;
  }
  EXPECT_EQ(runner.Run({"AUTH", "other", "secret"}), ErrorReply(kWrongPassword));
  EXPECT_FALSE(runner.client().authenticated);
  EXPECT_EQ(runner.Run({"AUTH", "secret"}), kOk);
  EXPECT_TRUE(runner.client().authenticated);
  EXPECT_EQ(runner.Run({"AUTH", "default", "secret"}), kOk);
  // A wrong guess takes nothing away.
  runner.Run({"AUTH", "wrong"});
  EXPECT_TRUE(runner.client().authenticated);
}

TEST(Hello, RepliesWhatTheServerIs) {
  CommandRunner runner;
  runner.client().id = 42;
  const std::string fields =
      "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n$5\r\nproto\r\n:{}\r\n"
      "$2\r\nid\r\n:42\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
      "$7\r\nmodules\r\n*0\r\n";
  const auto reply = [&](std::string_view header, char version) {
    std::string text = std::string(header) + fields;
    text.replace(text.find("{}"), 2, 1, version);
    return text;
  };
  EXPECT_EQ(runner.Run({"HELLO"}), reply("*14\r\n", '2'));
  EXPECT_EQ(runner.Run({"HELLO", "3"}), reply("%7\r\n", '3'));
  EXPECT_EQ(runner.client().protocol, 3);
  EXPECT_EQ(runner.Run({"HELLO"}), reply("%7\r\n", '3'));
  EXPECT_EQ(runner.Run({"HELLO", "2"}), reply("*14\r\n", '2'));
}

TEST(Hello, RepliesRedisErrors) {
  CommandRunner runner;
  const std::string unsupported = ErrorReply("NOPROTO unsupported protocol version");
  EXPECT_EQ(runner.Run({"HELLO", "4"}), unsupported);
  EXPECT_EQ(runner.Run({"HELLO", "1"}), unsupported);
  EXPECT_EQ(runner.Run({"HELLO", "abc"}),
            ErrorReply("ERR Protocol version is not an integer or out of range"));
  EXPECT_EQ(runner.Run({"HELLO", "3", "FOO"}),
            ErrorReply("ERR Syntax error in HELLO option 'FOO'"));
  EXPECT_EQ(runner.Run({"HELLO", "3", "auth"}),
            ErrorReply("ERR Syntax error in HELLO option 'auth'"));
  EXPECT_EQ(runner.Run({"HELLO", "3", "SETNAME", "a b"}), ErrorReply(kBadName));
  EXPECT_EQ(runner.client().protocol, 2);
}

TEST(Hello, AuthenticatesAndNamesInOneStep) {
  CommandRunner runner;
  runner.host().password = "secret";
  runner.client().authenticated = false;
  EXPECT_EQ(runner.Run({"HELLO", "3"}).substr(0, 66),
            "-NOAUTH HELLO must be called with the client already authenticated");
  EXPECT_EQ(runner.Run({"HELLO", "3", "AUTH", "default", "wrong", "SETNAME", "me"}),
            ErrorReply(kWrongPassword));
  EXPECT_EQ(runner.client().name, "");
  EXPECT_EQ(runner.client().protocol, 2);
  EXPECT_EQ(runner.Run({"HELLO", "3", "SETNAME", "me", "AUTH", "default", "secret"}).substr(0, 4),
            "%7\r\n");
  EXPECT_TRUE(runner.client().authenticated);
  EXPECT_EQ(runner.client().name, "me");
}

TEST(Reset, MakesTheConnectionAsNew) {
  CommandRunner runner;
  runner.host().password = "secret";
  Client& client = runner.client();
  client.db = 3;
  client.name = "me";
  client.no_evict = true;
  client.no_touch = true;
  client.protocol = 3;
  EXPECT_EQ(runner.Run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(client.db, 0);
  EXPECT_EQ(client.protocol, 2);
  EXPECT_EQ(client.name, "");
  EXPECT_FALSE(client.no_evict);
  EXPECT_FALSE(client.no_touch);
  EXPECT_FALSE(client.authenticated);
  runner.host().password = "";
  runner.Run({"RESET"});
  EXPECT_TRUE(client.authenticated);
}

}  // namespace
}  // namespace cordwood::commands
