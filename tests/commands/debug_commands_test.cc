#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "tests/commands/runner.h"
#include "tests/support/seeds.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kNoDigest = "0000000000000000000000000000000000000000";

std::string DigestOf(CommandRunner& runner) {
  const std::string reply = runner.Run({"DEBUG", "DIGEST"});
  EXPECT_EQ(reply.size(), 43u) << reply;
  return reply;
}

std::string ValueDigestOf(CommandRunner& runner, std::string_view key) {
  return runner.Run({"DEBUG", "DIGEST-VALUE", key});
}

// --- who may ---

TEST(Debug, IsRefusedUnlessAllowed) {
  CommandRunner runner;
  runner.host().debug_allowed = false;
  const std::string refusal = ErrorReply(
      "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you "
      "can run it from a local connection, otherwise you need to set this option in the "
      "configuration file, and then restart the server.");
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"DEBUG", "DIGEST"},
                                        {"DEBUG", "DIGEST-VALUE", "k"},
                                        {"DEBUG", "HELP"},
                                        {"DEBUG", "HTSTATS", "0"},
                                        {"DEBUG", "LOG", "x"},
                                        {"DEBUG", "OBJECT", "k"},
                                        {"DEBUG", "PAUSE-CRON", "0"},
                                        {"DEBUG", "POPULATE", "1"},
                                        {"DEBUG", "PROTOCOL", "null"},
                                        {"DEBUG", "QUICKLIST-PACKED-THRESHOLD", "1"},
                                        {"DEBUG", "REPLYBUFFER", "RESIZING", "0"},
                                        {"DEBUG", "SET-ACTIVE-EXPIRE", "0"},
                                        {"DEBUG", "SLEEP", "1"},
                                        {"DEBUG", "STRINGMATCH-LEN", "1"}}) {
    EXPECT_EQ(runner.Run(argv), refusal) << argv[1];
  }
  EXPECT_EQ(runner.host().paused_ms, 0u);
  EXPECT_TRUE(runner.host().active_expire);
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0));
}

TEST(Debug, RefusesWhatItDoesNotHave) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"DEBUG", "JMAP"}),
            ErrorReply("ERR unknown subcommand 'JMAP'. Try DEBUG HELP."));
  EXPECT_EQ(runner.Run({"DEBUG"}), ErrorReply("ERR wrong number of arguments for 'debug' command"));
}

// --- the process ---

TEST(Debug, PassesOnWhatConcernsTheProcess) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"DEBUG", "SLEEP", "0.25"}), kOk);
  EXPECT_EQ(runner.host().paused_ms, 250u);
  for (const char* nothing : {"x", "-1", "0", "nan"}) {
    EXPECT_EQ(runner.Run({"DEBUG", "SLEEP", nothing}), kOk) << nothing;
  }
  EXPECT_EQ(runner.host().paused_ms, 250u);
  EXPECT_EQ(runner.Run({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}), kOk);
  EXPECT_FALSE(runner.host().active_expire);
  EXPECT_EQ(runner.Run({"DEBUG", "SET-ACTIVE-EXPIRE", "1"}), kOk);
  EXPECT_TRUE(runner.host().active_expire);
  EXPECT_EQ(runner.Run({"DEBUG", "LOG", "hello"}), kOk);
}

TEST(Debug, TakesWhatHasNoEffect) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"DEBUG", "PAUSE-CRON", "1"}), kOk);
  EXPECT_EQ(runner.Run({"DEBUG", "QUICKLIST-PACKED-THRESHOLD", "200"}), kOk);
  EXPECT_EQ(runner.Run({"DEBUG", "STRINGMATCH-LEN", "10", "a*"}), kOk);
  EXPECT_EQ(runner.Run({"DEBUG", "REPLYBUFFER", "PEAK-RESET-TIME", "never"}), kOk);
  EXPECT_EQ(runner.Run({"DEBUG", "REPLYBUFFER", "resizing", "0"}), kOk);
  EXPECT_EQ(runner.Run({"DEBUG", "REPLYBUFFER", "foo", "0"}), ErrorReply("ERR syntax error"));
  EXPECT_EQ(runner.Run({"DEBUG", "HTSTATS", "0"}).front(), '$');
  EXPECT_EQ(runner.Run({"DEBUG", "HTSTATS", "16"}), ErrorReply("ERR Out of range database"));
}

// --- keys ---

TEST(Debug, ObjectTellsTheEncodingAndTheLength) {
  CommandRunner runner;
  runner.Run({"SET", "k", "value"});
  EXPECT_EQ(runner.Run({"DEBUG", "OBJECT", "k"}),
            "+Value at:0x0 refcount:1 encoding:embstr serializedlength:5 lru:0 "
            "lru_seconds_idle:0\r\n");
  EXPECT_EQ(runner.Run({"DEBUG", "OBJECT", "no"}), ErrorReply("ERR no such key"));
}

TEST(Debug, PopulateCreatesWhatIsNotThere) {
  const std::string too_long =
      ErrorReply("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  CommandRunner runner;
  runner.Run({"SET", "key:1", "mine"});
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "3"}), kOk);
  EXPECT_EQ(runner.Run({"MGET", "key:0", "key:1", "key:2"}), Bulks({"value:0", "mine", "value:2"}));
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(3));
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "1", "p", "9"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "p:0"}), Bulk(std::string("value:0\0\0", 9)));
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "1", "q", "3"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "q:0"}), Bulk("val"));
  const std::string range = ErrorReply("ERR value is out of range, must be positive");
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "x"}), range);
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "-1"}), range);
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "1", "p", "x"}), range);
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "9223372036854775807", "p", "9223372036854775807"}),
            too_long);
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "0", "p", "536870913"}), too_long);
  runner.keyspace().options().overlay_bytes_max = 100'000;
  const std::string too_much = ErrorReply(
      "ERR that is more than 100000 bytes, which is what the memory budget has room for; populate "
      "in "
      "parts");
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "1", "r", "99900"}), too_much);
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "1000", "r"}), too_much);
  EXPECT_EQ(runner.Run({"DEBUG", "POPULATE", "500", "r"}), kOk);
}

// --- the protocol ---

struct Sample {
  const char* type;
  const char* resp2;
  const char* resp3;
};

constexpr Sample kSamples[] = {
    {"string", "$11\r\nHello World\r\n", "$11\r\nHello World\r\n"},
    {"integer", ":12345\r\n", ":12345\r\n"},
    {"double", "$5\r\n3.141\r\n", ",3.141\r\n"},
    {"null", "$-1\r\n", "_\r\n"},
    {"array", "*3\r\n:0\r\n:1\r\n:2\r\n", "*3\r\n:0\r\n:1\r\n:2\r\n"},
    {"set", "*3\r\n:0\r\n:1\r\n:2\r\n", "~3\r\n:0\r\n:1\r\n:2\r\n"},
    {"map", "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n",
     "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"},
    {"attrib", "$39\r\nSome real reply following the attribute\r\n",
     "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
     "$39\r\nSome real reply following the attribute\r\n"},
    {"push", "-ERR RESP2 is not supported by this command\r\n",
     ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n"},
    {"verbatim", "$25\r\nThis is a verbatim\nstring\r\n",
     "=29\r\ntxt:This is a verbatim\nstring\r\n"},
    {"true", ":1\r\n", "#t\r\n"},
    {"false", ":0\r\n", "#f\r\n"},
    {"bignum", "$37\r\n1234567999999999999999999999999999999\r\n",
     "(1234567999999999999999999999999999999\r\n"},
};

TEST(Debug, ProtocolRepliesEachTypeAsRedisDoes) {
  CommandRunner runner;
  for (const Sample& sample : kSamples) {
    runner.UseResp(2);
    EXPECT_EQ(runner.Run({"DEBUG", "PROTOCOL", sample.type}), sample.resp2);
    runner.UseResp(3);
    EXPECT_EQ(runner.Run({"DEBUG", "protocol", sample.type}), sample.resp3);
  }
  EXPECT_EQ(runner.Run({"DEBUG", "PROTOCOL", "x"}),
            ErrorReply("ERR Wrong protocol type name. Please use one of the following: "
                       "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|"
                       "false"));
}

// --- digests ---

/// Strings and hashes of both forms in two databases, put there in a random order.
void Build(CommandRunner& runner, uint64_t seed) {
  std::vector<std::vector<std::string>> commands;
  for (int i = 0; i < 40; ++i) commands.push_back({"SET", Format("s:{}", i), Format("{}", i * i)});
  for (int i = 0; i < 20; ++i) commands.push_back({"HSET", "small", Format("f{}", i), "v"});
  for (int i = 0; i < 2500; ++i) commands.push_back({"HSET", "large", Format("f{}", i), "v"});
  Random random(seed);
  for (size_t i = commands.size(); i > 1; --i) {
    std::swap(commands[i - 1], commands[random.Below(i)]);
  }
  for (const auto& command : commands) runner.Execute({command.begin(), command.end()});
  runner.Execute({"PEXPIRE", "s:1", "1000000"});
  runner.Execute({"SELECT", "9"});
  runner.Execute({"SET", "other", "x"});
  runner.Execute({"SELECT", "0"});
}

TEST(DebugDigest, IsAFunctionOfTheDataAlone) {
  CommandRunner a;
  CommandRunner b;
  const uint64_t seed = support::BaseSeed();
  Build(a, seed);
  Build(b, seed + 1);
  // What was there and is gone leaves no trace, nor does a form that was left.
  b.Execute({"SET", "gone", "x"});
  b.Execute({"DEL", "gone"});
  b.Execute({"HSET", "small", "long", std::string(200, 'x')});
  b.Execute({"HDEL", "small", "long"});
  b.Execute({"SET", "expired", "x", "PX", "10"});
  b.AdvanceMs(11);
  const std::string digest = DigestOf(a);
  EXPECT_NE(digest, Format("+{}\r\n", kNoDigest));
  EXPECT_EQ(DigestOf(b), digest);
  EXPECT_EQ(ValueDigestOf(a, "small"), ValueDigestOf(b, "small"));
  EXPECT_GE(a.slices(), 3u) << "it goes on in slices";

  b.rig().Compact();
  EXPECT_EQ(DigestOf(b), digest) << "after a merge";
  a.rig().Reopen();
  EXPECT_EQ(DigestOf(a), digest) << "after a restart";
}

TEST(DebugDigest, EveryChangeChangesIt) {
  CommandRunner runner;
  Build(runner, support::BaseSeed());
  std::vector<std::string> seen = {DigestOf(runner)};
  const auto changed_by = [&](const CommandRunner::Argv& argv) {
    runner.Execute(argv);
    const std::string digest = DigestOf(runner);
    EXPECT_EQ(std::ranges::find(seen, digest), seen.end()) << argv[0] << " " << argv[1];
    seen.push_back(digest);
  };
  changed_by({"SET", "s:0", "other"});
  changed_by({"RENAME", "s:0", "s:00"});
  changed_by({"HSET", "small", "f0", "w"});
  changed_by({"HSET", "large", "f2499", "w"});
  changed_by({"HDEL", "large", "f7"});
  changed_by({"PERSIST", "s:1"});
  changed_by({"EXPIRE", "s:2", "1000"});
  changed_by({"MOVE", "s:3", "1"});
  changed_by({"SWAPDB", "0", "9"});
}

TEST(DebugDigest, SeesTwoValuesSwapped) {
  CommandRunner a;
  CommandRunner b;
  a.Run({"MSET", "x", "1", "y", "2"});
  b.Run({"MSET", "x", "2", "y", "1"});
  EXPECT_NE(DigestOf(a), DigestOf(b));
  a.Run({"HSET", "h", "x", "1", "y", "2"});
  b.Run({"HSET", "h", "x", "2", "y", "1"});
  EXPECT_NE(ValueDigestOf(a, "h"), ValueDigestOf(b, "h"));
}

TEST(DebugDigest, OfNothingIsZeros) {
  CommandRunner runner;
  EXPECT_EQ(DigestOf(runner), Format("+{}\r\n", kNoDigest));
  runner.Run({"SET", "k", "v"});
  const std::string reply = runner.Run({"DEBUG", "DIGEST-VALUE", "no", "k", "no"});
  EXPECT_TRUE(reply.starts_with(Format("*3\r\n+{}\r\n+", kNoDigest))) << reply;
  EXPECT_TRUE(reply.ends_with(Format("\r\n+{}\r\n", kNoDigest))) << reply;
  runner.Run({"FLUSHALL"});
  EXPECT_EQ(DigestOf(runner), Format("+{}\r\n", kNoDigest));
}

TEST(DebugDigest, OfAValueKnowsNoName) {
  CommandRunner runner;
  runner.Run({"HSET", "h", "f", "v"});
  runner.Run({"COPY", "h", "other"});
  EXPECT_EQ(ValueDigestOf(runner, "h"), ValueDigestOf(runner, "other"));
}

}  // namespace
}  // namespace cordwood::commands
