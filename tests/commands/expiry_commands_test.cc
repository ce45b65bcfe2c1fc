#include <gtest/gtest.h>

#include <string>

#include "base/format.h"
#include "commands/core/error_texts.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kMax = "9223372036854775807";
constexpr std::string_view kMin = "-9223372036854775808";

class ExpiryCommands : public testing::Test {
 protected:
  void SetUp() override { runner_.Run({"SET", "k", "v"}); }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }

  CommandRunner runner_;
};

TEST_F(ExpiryCommands, SetWhenAKeyExpires) {
  EXPECT_EQ(Run({"EXPIRE", "k", "100"}), Integer(1));
  EXPECT_EQ(Run({"PTTL", "k"}), Integer(100'000));
  EXPECT_EQ(Run({"PEXPIRE", "k", "1500"}), Integer(1));
  EXPECT_EQ(Run({"PTTL", "k"}), Integer(1500));
  const int64_t second = runner_.now_ms() / 1000 + 500;
  EXPECT_EQ(Run({"EXPIREAT", "k", Format("{}", second)}), Integer(1));
  EXPECT_EQ(Run({"EXPIRETIME", "k"}), Integer(second));
  EXPECT_EQ(Run({"PEXPIREAT", "k", Format("{}", second * 1000 + 7)}), Integer(1));
  EXPECT_EQ(Run({"PEXPIRETIME", "k"}), Integer(second * 1000 + 7));
  EXPECT_EQ(Run({"GET", "k"}), Bulk("v"));
  runner_.AdvanceMs(500'008);
  EXPECT_EQ(Run({"GET", "k"}), kNil);
  EXPECT_EQ(Run({"TTL", "k"}), Integer(-2));
}

TEST_F(ExpiryCommands, KnowKeysThatDoNotExpireOrDoNotExist) {
  for (const char* command : {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}) {
    EXPECT_EQ(Run({command, "k"}), Integer(-1)) << command;
    EXPECT_EQ(Run({command, "nokey"}), Integer(-2)) << command;
  }
  for (const char* command : {"EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"}) {
    EXPECT_EQ(Run({command, "nokey", "100"}), Integer(0)) << command;
  }
}

TEST_F(ExpiryCommands, RoundToTheNearestSecond) {
  Run({"PEXPIRE", "k", "1499"});
  EXPECT_EQ(Run({"TTL", "k"}), Integer(1));
  Run({"PEXPIRE", "k", "1500"});
  EXPECT_EQ(Run({"TTL", "k"}), Integer(2));
  Run({"PEXPIREAT", "k", "9999999999500"});
  EXPECT_EQ(Run({"EXPIRETIME", "k"}), Integer(10'000'000'000));
}

TEST_F(ExpiryCommands, DeleteAKeyWhoseTimeIsPast) {
  for (const CommandRunner::Argv& argv :
       {CommandRunner::Argv{"EXPIRE", "k", "0"}, CommandRunner::Argv{"EXPIRE", "k", "-1"},
        CommandRunner::Argv{"PEXPIRE", "k", kMin}, CommandRunner::Argv{"EXPIREAT", "k", "1"},
        CommandRunner::Argv{"PEXPIREAT", "k", "-5"}}) {
    Run({"SET", "k", "v"});
    EXPECT_EQ(Run(argv), Integer(1)) << argv[0] << argv[2];
    EXPECT_EQ(Run({"DBSIZE"}), Integer(0));
  }
}

TEST_F(ExpiryCommands, RefuseTimesThatOverflow) {
  EXPECT_EQ(Run({"EXPIRE", "k", kMax}), ErrorReply("ERR invalid expire time in 'expire' command"));
  EXPECT_EQ(Run({"EXPIRE", "k", kMin}), ErrorReply("ERR invalid expire time in 'expire' command"));
  EXPECT_EQ(Run({"PExpire", "k", kMax}),
            ErrorReply("ERR invalid expire time in 'pexpire' command"));
  EXPECT_EQ(Run({"EXPIREAT", "k", kMax}),
            ErrorReply("ERR invalid expire time in 'expireat' command"));
  EXPECT_EQ(Run({"EXPIRE", "k", "9223372036854775"}),
            ErrorReply("ERR invalid expire time in 'expire' command"));
  EXPECT_EQ(Run({"EXPIRE", "nokey", kMax}),
            ErrorReply("ERR invalid expire time in 'expire' command"));
  EXPECT_EQ(Run({"PEXPIREAT", "k", kMax}), Integer(1));
  EXPECT_EQ(Run({"PEXPIRETIME", "k"}), Integer(INT64_MAX));
}

TEST_F(ExpiryCommands, RefuseWhatIsNoTimeAndNoOption) {
  EXPECT_EQ(Run({"EXPIRE", "k", "abc"}), ErrorReply(kNotAnInteger));
  EXPECT_EQ(Run({"EXPIRE", "k", "9223372036854775808"}), ErrorReply(kNotAnInteger));
  EXPECT_EQ(Run({"EXPIRE", "k", "1", "FOO"}), ErrorReply("ERR Unsupported option FOO"));
  EXPECT_EQ(Run({"EXPIRE", "nokey", "abc", "FOO"}), ErrorReply("ERR Unsupported option FOO"));
  const std::string contradiction =
      ErrorReply("ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(Run({"EXPIRE", "k", "1", "NX", "XX"}), contradiction);
  EXPECT_EQ(Run({"EXPIRE", "k", "1", "GT", "NX"}), contradiction);
  EXPECT_EQ(Run({"EXPIRE", "k", "1", "NX", "LT"}), contradiction);
  EXPECT_EQ(Run({"EXPIRE", "k", "1", "GT", "LT"}),
            ErrorReply("ERR GT and LT options at the same time are not compatible"));
  EXPECT_EQ(Run({"EXPIRE", "k", "1", "XX", "GT", "LT"}),
            ErrorReply("ERR GT and LT options at the same time are not compatible"));
}

TEST_F(ExpiryCommands, ObeyConditions) {
  EXPECT_EQ(Run({"EXPIRE", "k", "100", "XX"}), Integer(0));
  EXPECT_EQ(Run({"EXPIRE", "k", "100", "GT"}), Integer(0));  // never is later than any time
  EXPECT_EQ(Run({"EXPIRE", "k", "100", "nx"}), Integer(1));
  EXPECT_EQ(Run({"EXPIRE", "k", "200", "NX"}), Integer(0));
  EXPECT_EQ(Run({"EXPIRE", "k", "100", "GT"}), Integer(0));
  EXPECT_EQ(Run({"EXPIRE", "k", "101", "GT"}), Integer(1));
  EXPECT_EQ(Run({"EXPIRE", "k", "101", "LT"}), Integer(0));
  EXPECT_EQ(Run({"EXPIRE", "k", "100", "LT"}), Integer(1));
  EXPECT_EQ(Run({"EXPIRE", "k", "300", "XX", "GT"}), Integer(1));
  EXPECT_EQ(Run({"TTL", "k"}), Integer(300));
  Run({"PERSIST", "k"});
  EXPECT_EQ(Run({"EXPIRE", "k", "100", "XX", "LT"}), Integer(0));
  EXPECT_EQ(Run({"EXPIRE", "k", "100", "LT"}), Integer(1));
}

TEST_F(ExpiryCommands, PersistTakesTheExpiryAway) {
  EXPECT_EQ(Run({"PERSIST", "k"}), Integer(0));
  EXPECT_EQ(Run({"PERSIST", "nokey"}), Integer(0));
  Run({"EXPIRE", "k", "10"});
  EXPECT_EQ(Run({"PERSIST", "k"}), Integer(1));
  EXPECT_EQ(Run({"TTL", "k"}), Integer(-1));
  runner_.AdvanceMs(20'000);
  EXPECT_EQ(Run({"GET", "k"}), Bulk("v"));
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kExpires), 0);
}

TEST_F(ExpiryCommands, SeeNoKeyThatHasExpired) {
  Run({"PEXPIRE", "k", "10"});
  runner_.AdvanceMs(10);
  EXPECT_EQ(Run({"PERSIST", "k"}), Integer(0));
  Run({"SET", "k", "v", "PX", "10"});
  runner_.AdvanceMs(10);
  EXPECT_EQ(Run({"EXPIRE", "k", "100"}), Integer(0));
  EXPECT_EQ(Run({"DBSIZE"}), Integer(0));
  EXPECT_EQ(runner_.keyspace().stats().expired_keys.load(), 2u);
}

TEST_F(ExpiryCommands, SurviveARestart) {
  Run({"PEXPIRE", "k", "5000"});
  runner_.rig().Reopen();
  EXPECT_EQ(Run({"PTTL", "k"}), Integer(5000));
}

}  // namespace
}  // namespace cordwood::commands
