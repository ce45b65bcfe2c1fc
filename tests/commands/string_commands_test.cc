// The string commands but those that set: replies, and the texts for bad arguments.

#include <gtest/gtest.h>

#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kNotFloat = "-ERR value is not a valid float\r\n";
constexpr std::string_view kWrongTypeError =
    "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
constexpr std::string_view kMinInt = "-9223372036854775808";

class Strings : public testing::Test {
 protected:
  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }

  CommandRunner runner_;
};

TEST_F(Strings, GetAnswersNilForWhatIsNotThere) {
  EXPECT_EQ(Run({"GET", "k"}), kNil);
  Run({"SET", "k", std::string_view("a\0\r\nb", 5)});
  EXPECT_EQ(Run({"GET", "k"}), Bulk(std::string_view("a\0\r\nb", 5)));
  Run({"SET", "k", ""});
  EXPECT_EQ(Run({"GET", "k"}), Bulk(""));
  runner_.UseResp(3);
  EXPECT_EQ(Run({"GET", "missing"}), "_\r\n");
}

TEST_F(Strings, GetAnswersNilOnceTheKeyExpired) {
  Run({"SET", "k", "v", "PX", "100"});
  runner_.AdvanceMs(99);
  EXPECT_EQ(Run({"GET", "k"}), Bulk("v"));
  runner_.AdvanceMs(1);
  EXPECT_EQ(Run({"GET", "k"}), kNil);
  EXPECT_EQ(Run({"STRLEN", "k"}), Integer(0));
}

TEST_F(Strings, DigestIsTheHashThatClientsCompute) {
  Run({"SET", "k", "Hello world"});
  EXPECT_EQ(Run({"DIGEST", "k"}), Bulk("b6acb9d84a38ff74"));
  Run({"SET", "k", ""});
  EXPECT_EQ(Run({"DIGEST", "k"}), Bulk("2d06800538d394c2"));
  EXPECT_EQ(Run({"DIGEST", "missing"}), kNil);
  EXPECT_EQ(Run({"DIGEST"}), "-ERR wrong number of arguments for 'digest' command\r\n");
}

TEST_F(Strings, ReadsCountHitsAndMisses) {
  const auto& stats = runner_.keyspace().stats();
  Run({"SET", "k", "v"});
  runner_.Execute({"GET", "k"});
  runner_.Execute({"GET", "missing"});
  runner_.Execute({"MGET", "k", "missing", "k"});
  EXPECT_EQ(stats.hits.load(), 3u);
  EXPECT_EQ(stats.misses.load(), 2u);
}

TEST_F(Strings, AColdReadIsCountedOnce) {
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    Run({"SET", "key" + number, number});
  }
  runner_.rig().Compact();
  runner_.rig().Reopen();
  const uint64_t reruns = runner_.rig().reruns();
  EXPECT_EQ(runner_.Execute({"MGET", "key1", "key50", "none", "key99"}),
            "*4\r\n" + Bulk("1") + Bulk("50") + std::string(kNil) + Bulk("99"));
  EXPECT_EQ(runner_.rig().reruns(), reruns + 2);  // the table is opened; all blocks at once
  EXPECT_EQ(runner_.keyspace().stats().hits.load(), 3u);
  EXPECT_EQ(runner_.keyspace().stats().misses.load(), 1u);
}

TEST_F(Strings, OtherTypesAreRefused) {
  Run({"HSET", "h", "f", "v"});
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"GET", "h"},
                                        {"STRLEN", "h"},
                                        {"DIGEST", "h"},
                                        {"GETRANGE", "h", "0", "1"},
                                        {"APPEND", "h", "x"},
                                        {"SETRANGE", "h", "0", "x"},
                                        {"INCR", "h"},
                                        {"INCRBYFLOAT", "h", "1"},
                                        {"GETSET", "h", "x"},
                                        {"GETDEL", "h"},
                                        {"GETEX", "h"},
                                        {"SET", "h", "x", "GET"}}) {
    EXPECT_EQ(Run(argv), kWrongTypeError) << argv[0];
  }
  EXPECT_EQ(Run({"MGET", "h"}), "*1\r\n" + std::string(kNil));
  EXPECT_EQ(Run({"LCS", "h", "k"}), "-ERR The specified keys must contain string values\r\n");
  EXPECT_EQ(Run({"HGET", "h", "f"}), Bulk("v"));
}

TEST_F(Strings, GetRangeTakesNegativeAndWideBounds) {
  Run({"SET", "k", "This is a string"});
  EXPECT_EQ(Run({"GETRANGE", "k", "0", "3"}), Bulk("This"));
  EXPECT_EQ(Run({"GETRANGE", "k", "-3", "-1"}), Bulk("ing"));
  EXPECT_EQ(Run({"GETRANGE", "k", "0", "-1"}), Bulk("This is a string"));
  EXPECT_EQ(Run({"GETRANGE", "k", "10", "100"}), Bulk("string"));
  EXPECT_EQ(Run({"GETRANGE", "k", "5", "3"}), Bulk(""));
  EXPECT_EQ(Run({"GETRANGE", "k", "-1", "-3"}), Bulk(""));
  EXPECT_EQ(Run({"GETRANGE", "k", kMinInt, kMaxInt}), Bulk("This is a string"));
  EXPECT_EQ(Run({"GETRANGE", "k", "-100", "-100"}), Bulk("T"));  // as Redis clamps both ends
  EXPECT_EQ(Run({"GETRANGE", "missing", "0", "-1"}), Bulk(""));
  EXPECT_EQ(Run({"GETRANGE", "k", "a", "b"}), kNotInt);
  EXPECT_EQ(Run({"SUBSTR", "k", "0", "3"}), Bulk("This"));
}

TEST_F(Strings, AppendGrowsAndKeepsTheExpiry) {
  EXPECT_EQ(Run({"APPEND", "k", "ab"}), Integer(2));
  EXPECT_EQ(Run({"APPEND", "k", ""}), Integer(2));
  Run({"SET", "k", "ab", "PX", "50"});
  EXPECT_EQ(Run({"APPEND", "k", "cd"}), Integer(4));
  EXPECT_EQ(Run({"GET", "k"}), Bulk("abcd"));
  runner_.AdvanceMs(50);
  EXPECT_EQ(Run({"APPEND", "k", "x"}), Integer(1));
}

TEST_F(Strings, SetRangePadsWithZeros) {
  EXPECT_EQ(Run({"SETRANGE", "k", "3", "xy"}), Integer(5));
  EXPECT_EQ(Run({"GET", "k"}), Bulk(std::string_view("\0\0\0xy", 5)));
  EXPECT_EQ(Run({"SETRANGE", "k", "1", "AB"}), Integer(5));
  EXPECT_EQ(Run({"GET", "k"}), Bulk(std::string_view("\0ABxy", 5)));
  EXPECT_EQ(Run({"SETRANGE", "missing", "5", ""}), Integer(0));
  EXPECT_EQ(Run({"GET", "missing"}), kNil);
  EXPECT_EQ(Run({"SETRANGE", "k", "9", ""}), Integer(5));
}

TEST_F(Strings, SetRangeRefusesOffsetsOutOfRange) {
  const std::string_view too_long =
      "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
  EXPECT_EQ(Run({"SETRANGE", "k", "-1", "v"}), "-ERR offset is out of range\r\n");
  EXPECT_EQ(Run({"SETRANGE", "k", "536870912", "v"}), too_long);
  EXPECT_EQ(Run({"SETRANGE", "k", "4611686018427387904", "v"}), too_long);
  EXPECT_EQ(Run({"SETRANGE", "k", kMaxInt, "v"}), too_long);
  EXPECT_EQ(Run({"SETRANGE", "k", "abc", "v"}), kNotInt);
  EXPECT_EQ(Run({"GET", "k"}), kNil);
}

TEST_F(Strings, DoNotGrowBeyondProtoMaxBulkLen) {
  const std::string_view too_long =
      "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
  runner_.host().max_string_bytes = 10;
  EXPECT_EQ(Run({"SETRANGE", "k", "9", "v"}), Integer(10));
  EXPECT_EQ(Run({"SETRANGE", "k", "10", "v"}), too_long);
  EXPECT_EQ(Run({"APPEND", "k", "v"}), too_long);
  EXPECT_EQ(Run({"STRLEN", "k"}), Integer(10));
}

TEST_F(Strings, CountersCountAndKeepTheExpiry) {
  EXPECT_EQ(Run({"INCR", "n"}), Integer(1));
  EXPECT_EQ(Run({"INCRBY", "n", "10"}), Integer(11));
  EXPECT_EQ(Run({"DECR", "n"}), Integer(10));
  EXPECT_EQ(Run({"DECRBY", "n", "15"}), Integer(-5));
  EXPECT_EQ(Run({"GET", "n"}), Bulk("-5"));
  Run({"SET", "n", "5", "PX", "10"});
  EXPECT_EQ(Run({"INCR", "n"}), Integer(6));
  runner_.AdvanceMs(10);
  EXPECT_EQ(Run({"INCR", "n"}), Integer(1));
}

TEST_F(Strings, CountersRefuseToOverflow) {
  const std::string_view overflow = "-ERR increment or decrement would overflow\r\n";
  Run({"SET", "n", kMaxInt});
  EXPECT_EQ(Run({"INCR", "n"}), overflow);
  EXPECT_EQ(Run({"INCRBY", "n", "-1"}), Integer(INT64_MAX - 1));
  Run({"SET", "n", kMinInt});
  EXPECT_EQ(Run({"DECR", "n"}), overflow);
  EXPECT_EQ(Run({"DECRBY", "n", kMinInt}), "-ERR decrement would overflow\r\n");
  EXPECT_EQ(Run({"GET", "n"}), Bulk(kMinInt));
}

TEST_F(Strings, CountersRefuseWhatIsNoInteger) {
  for (const std::string_view text :
       {"1.5", " 1", "+1", "0x10", "9223372036854775808", "", "01", "abc", "1 "}) {
    EXPECT_EQ(Run({"INCRBY", "n", text}), kNotInt) << text;
    EXPECT_EQ(Run({"DECRBY", "n", text}), kNotInt) << text;
    Run({"SET", "s", text});
    EXPECT_EQ(Run({"INCR", "s"}), kNotInt) << text;
  }
  EXPECT_EQ(Run({"GET", "n"}), kNil);
}

TEST_F(Strings, IncrByFloatWritesWhatPeopleRead) {
  Run({"SET", "n", "10.50"});
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "0.1"}), Bulk("10.6"));
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "-5"}), Bulk("5.6"));
  Run({"SET", "n", "5.0e3"});
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "2.0e2"}), Bulk("5200"));
  EXPECT_EQ(Run({"INCRBYFLOAT", "new", "3"}), Bulk("3"));
  runner_.UseResp(3);
  EXPECT_EQ(Run({"INCRBYFLOAT", "new", "0.5"}), Bulk("3.5"));
}

TEST_F(Strings, IncrByFloatRefusesWhatHasNoSum) {
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "nan"}), kNotFloat);
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "abc"}), kNotFloat);
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "inf"}), "-ERR increment would produce NaN or Infinity\r\n");
  Run({"SET", "n", "text"});
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "1"}), kNotFloat);
}

// --- LCS ---

class LcsCommand : public Strings {
 protected:
  LcsCommand() { Run({"MSET", "a", "ohmytext", "b", "mynewtext", "empty", ""}); }
};

TEST_F(LcsCommand, FindsTheSubsequenceAndItsLength) {
  EXPECT_EQ(Run({"LCS", "a", "b"}), Bulk("mytext"));
  EXPECT_EQ(Run({"LCS", "a", "b", "LEN"}), Integer(6));
  EXPECT_EQ(Run({"LCS", "a", "missing"}), Bulk(""));
  EXPECT_EQ(Run({"LCS", "a", "empty", "LEN"}), Integer(0));
  EXPECT_EQ(Run({"LCS", "a", "a"}), Bulk("ohmytext"));
}

TEST_F(LcsCommand, TellsTheRanges) {
  const std::string last = "*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n";
  const std::string first = "*2\r\n*2\r\n:2\r\n:3\r\n*2\r\n:0\r\n:1\r\n";
  EXPECT_EQ(Run({"LCS", "a", "b", "IDX"}),
            "*4\r\n" + Bulk("matches") + "*2\r\n" + last + first + Bulk("len") + Integer(6));
  EXPECT_EQ(Run({"LCS", "a", "b", "idx", "MINMATCHLEN", "4"}),
            "*4\r\n" + Bulk("matches") + "*1\r\n" + last + Bulk("len") + Integer(6));
  const std::string with_length = "*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n";
  EXPECT_EQ(Run({"LCS", "a", "b", "IDX", "MINMATCHLEN", "4", "WITHMATCHLEN"}),
            "*4\r\n" + Bulk("matches") + "*1\r\n" + with_length + Bulk("len") + Integer(6));
  runner_.UseResp(3);
  EXPECT_EQ(Run({"LCS", "a", "missing", "IDX"}),
            "%2\r\n" + Bulk("matches") + "*0\r\n" + Bulk("len") + Integer(0));
}

TEST_F(LcsCommand, RefusesBadOptionsAndLargeTables) {
  EXPECT_EQ(Run({"LCS", "a", "b", "IDX", "LEN"}),
            "-ERR If you want both the length and indexes, please just use IDX.\r\n");
  EXPECT_EQ(Run({"LCS", "a", "b", "FOO"}), "-ERR syntax error\r\n");
  EXPECT_EQ(Run({"LCS", "a", "b", "MINMATCHLEN"}), "-ERR syntax error\r\n");
  EXPECT_EQ(Run({"LCS", "a", "b", "MINMATCHLEN", "x"}), kNotInt);
  Run({"SETRANGE", "large", "200000", "x"});
  EXPECT_EQ(Run({"LCS", "large", "large"}),
            "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
}

}  // namespace
}  // namespace cordwood::commands
