// Every command that meets a string in chunks does what it does with a whole one.

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/random.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr uint64_t kChunk = 4096;

std::string Text(uint64_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += Format("{} ", i);
  text.resize(bytes);
  return text;
}

/// "chunks" holds in chunks what "whole" holds in its record: some text, a gap of zeros, more.
class ChunkedStrings : public testing::Test {
 protected:
  ChunkedStrings() {
    value_ = Text(2 * kChunk + 100) + std::string(3 * kChunk, '\0') + Text(kChunk);
    Fill();
  }

  void Fill() {
    Run({"SET", "whole", value_});
    Run({"DEL", "chunks"});
    Run({"APPEND", "chunks", std::string_view(value_).substr(0, 2 * kChunk + 100)});
    Run({"SETRANGE", "chunks", Format("{}", value_.size() - kChunk),
         std::string_view(value_).substr(value_.size() - kChunk)});
    ASSERT_EQ(Objects(), 1) << "one is in chunks";
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }

  int64_t Objects() { return runner_.keyspace().NewestCount(0, keyspace::CounterKind::kObjects); }

  /// `argv` with "@" replaced by the one key, then by the other; the replies are the same.
  std::string OfBoth(const CommandRunner::Argv& argv) {
    std::string replies[2];
    for (const int i : {0, 1}) {
      CommandRunner::Argv words = argv;
      for (std::string_view& word : words) {
        if (word == "@") word = i == 0 ? "whole" : "chunks";
      }
      replies[i] = Run(words);
    }
    EXPECT_TRUE(replies[0] == replies[1])
        << argv[0] << ": " << replies[0].substr(0, 100) << " and " << replies[1].substr(0, 100);
    return replies[1];
  }

  CommandRunner runner_;
  std::string value_;
};

TEST_F(ChunkedStrings, AreReadAsWholeOnes) {
  EXPECT_EQ(OfBoth({"GET", "@"}), Bulk(value_));
  EXPECT_EQ(OfBoth({"STRLEN", "@"}), Integer(static_cast<int64_t>(value_.size())));
  OfBoth({"DIGEST", "@"});
  OfBoth({"DEBUG", "DIGEST-VALUE", "@"});
  EXPECT_EQ(OfBoth({"TYPE", "@"}), "+string\r\n");
  EXPECT_EQ(OfBoth({"OBJECT", "ENCODING", "@"}), Bulk("raw"));
  OfBoth({"DEBUG", "OBJECT", "@"});
  OfBoth({"GETEX", "@"});
  EXPECT_EQ(OfBoth({"MGET", "none", "@", "whole", "@"}),
            "*4\r\n" + std::string(kNil) + Bulk(value_) + Bulk(value_) + Bulk(value_));
  EXPECT_EQ(OfBoth({"EXISTS", "@", "@"}), Integer(2));
  EXPECT_EQ(OfBoth({"TTL", "@"}), Integer(-1));
  Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(OfBoth({"MGET", "@", "h"}), "*2\r\n" + Bulk(value_) + std::string(kNil));
}

TEST_F(ChunkedStrings, GiveRanges) {
  Random random(1);
  const std::string size = Format("{}", value_.size());
  for (const auto& [start, end] : std::vector<std::pair<std::string, std::string>>{
           {"0", "-1"},
           {"0", "0"},
           {"-1", "-1"},
           {"4095", "4096"},
           {"4096", "8191"},
           {"8200", "20600"},
           {"5", "3"},
           {"-3", "-5"},
           {size, "-1"},
           {"0", size},
           {"-9223372036854775808", "9223372036854775807"},
           {"9000", "9010"}}) {
    OfBoth({"GETRANGE", "@", start, end});
    OfBoth({"SUBSTR", "@", start, end});
  }
  for (int i = 0; i < 100; ++i) {
    const std::string start = Format("{}", random.Below(value_.size()));
    const std::string end = Format("{}", random.Below(value_.size()));
    OfBoth({"GETRANGE", "@", start, end});
  }
}

TEST_F(ChunkedStrings, AreWrittenAsWholeOnes) {
  OfBoth({"APPEND", "@", "more"});
  OfBoth({"APPEND", "@", ""});
  OfBoth({"SETRANGE", "@", "4090", "over the edge"});
  OfBoth({"SETRANGE", "@", "30000", "far behind"});
  OfBoth({"SETRANGE", "@", "5", ""});
  OfBoth({"GET", "@"});
  EXPECT_EQ(OfBoth({"INCR", "@"}), kNotInt);
  EXPECT_EQ(OfBoth({"INCRBYFLOAT", "@", "1"}), ErrorReply("ERR value is not a valid float"));
  EXPECT_EQ(OfBoth({"SETNX", "@", "x"}), Integer(0));
  EXPECT_EQ(OfBoth({"MSETNX", "@", "x", "none", "y"}), Integer(0));
  EXPECT_EQ(OfBoth({"EXPIRE", "@", "1000"}), Integer(1));
  OfBoth({"APPEND", "@", "x"});
  EXPECT_EQ(OfBoth({"TTL", "@"}), Integer(1000));
  EXPECT_EQ(OfBoth({"GETEX", "@", "PERSIST"}).substr(0, 1), "$");
  EXPECT_EQ(OfBoth({"TTL", "@"}), Integer(-1));
  OfBoth({"GET", "@"});
}

TEST_F(ChunkedStrings, AreReplacedWithoutALeftover) {
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"SET", "@", "x"},
                                        {"SET", "@", "x", "GET"},
                                        {"SET", "@", "x", "XX", "KEEPTTL"},
                                        {"GETSET", "@", "x"},
                                        {"SETEX", "@", "100", "x"},
                                        {"MSET", "@", "x"},
                                        {"GETDEL", "@"},
                                        {"DEL", "@"},
                                        {"UNLINK", "@"},
                                        {"EXPIRE", "@", "0"},
                                        {"GETEX", "@", "EXAT", "1"}}) {
    Fill();
    OfBoth(argv);
    EXPECT_EQ(Objects(), 0) << argv[0];
  }
  Fill();
  Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(Run({"RENAME", "h", "chunks"}), kOk);
  EXPECT_EQ(Objects(), 0);
  runner_.rig().Compact();
  EXPECT_LT(runner_.rig().store().Stats().entries_on_disk, 5u);
}

TEST_F(ChunkedStrings, AreCopiedMovedAndRenamed) {
  EXPECT_EQ(Run({"COPY", "chunks", "copy"}), Integer(1));
  EXPECT_EQ(Run({"COPY", "chunks", "chunks", "DB", "1"}), Integer(1));
  Run({"SETRANGE", "chunks", "0", "changed"});
  EXPECT_EQ(Run({"GET", "copy"}), Bulk(value_));
  EXPECT_EQ(Run({"RENAME", "copy", "renamed"}), kOk);
  EXPECT_EQ(Run({"GET", "renamed"}), Bulk(value_));
  EXPECT_EQ(Run({"MOVE", "renamed", "2"}), Integer(1));
  EXPECT_EQ(Run({"EXISTS", "renamed", "copy"}), Integer(0));
  for (const auto& [db, key] : {std::pair("1", "chunks"), std::pair("2", "renamed")}) {
    Run({"SELECT", db});
    EXPECT_EQ(Run({"GET", key}), Bulk(value_)) << db;
  }
  runner_.rig().Compact();
  runner_.rig().Reopen();
  EXPECT_EQ(Run({"GET", "renamed"}), Bulk(value_));
}

TEST_F(ChunkedStrings, ACopyIsWrittenInParts) {
  runner_.keyspace().options().part_bytes_max = 1000;
  EXPECT_EQ(OfBoth({"COPY", "@", "copy", "REPLACE"}), Integer(1));
  EXPECT_EQ(Run({"GET", "copy"}), Bulk(value_));
}

TEST_F(ChunkedStrings, ExpireAsOthersDo) {
  Run({"PEXPIRE", "chunks", "100"});
  runner_.AdvanceMs(100);
  EXPECT_EQ(Run({"GET", "chunks"}), kNil);
  EXPECT_EQ(Run({"APPEND", "chunks", "new"}), Integer(3));
  EXPECT_EQ(Objects(), 0);
}

TEST_F(ChunkedStrings, HaveTheirDigestInWhateverForm) {
  const std::string digest = Run({"DEBUG", "DIGEST"});
  Run({"SET", "chunks", value_});
  EXPECT_EQ(Run({"DEBUG", "DIGEST"}), digest);
}

TEST_F(ChunkedStrings, MayHoldALongNumber) {
  const std::string zeros(5000, '0');
  Run({"SETRANGE", "n", "0", zeros});
  Run({"APPEND", "n", "1.5"});
  EXPECT_EQ(Run({"INCR", "n"}), kNotInt);
  EXPECT_EQ(Run({"INCRBYFLOAT", "n", "1"}), Bulk("2.5"));
  EXPECT_EQ(Run({"GET", "n"}), Bulk("2.5"));
  Run({"APPEND", "m", std::string(6000, '0')});
  EXPECT_EQ(Run({"INCRBYFLOAT", "m", "1"}), ErrorReply("ERR value is not a valid float"));
}

TEST_F(ChunkedStrings, GiveACommonSubsequence) {
  Run({"SETRANGE", "long", "5000", "ohmytext"});
  Run({"SET", "short", "mynewtext"});
  runner_.host().max_string_bytes = 1 << 20;
  EXPECT_EQ(Run({"LCS", "long", "short"}), Bulk("mytext"));
  EXPECT_EQ(Run({"LCS", "short", "long", "LEN"}), Integer(6));
  EXPECT_EQ(Run({"LCS", "long", "chunks"}),
            ErrorReply("ERR Insufficient memory, transient memory for LCS exceeds "
                       "proto-max-bulk-len"));
}

TEST_F(ChunkedStrings, MemoryUsageCountsTheChunksThatAreThere) {
  const auto usage = [&](const CommandRunner::Argv& argv) {
    const std::string reply = Run(argv);
    EXPECT_EQ(reply.front(), ':') << reply;
    return std::stoll(reply.substr(1));
  };
  const auto full = static_cast<int64_t>(4 * kChunk);
  EXPECT_GT(usage({"MEMORY", "USAGE", "chunks", "SAMPLES", "0"}), full - 1000 - 4096);
  EXPECT_LT(usage({"MEMORY", "USAGE", "chunks", "SAMPLES", "0"}), full + 1000);
  Run({"SETRANGE", "far", "536870911", "x"});
  EXPECT_GT(usage({"MEMORY", "USAGE", "far"}), 4000);
  EXPECT_LT(usage({"MEMORY", "USAGE", "far"}), 4300) << "one chunk";
  const std::string many = Text(100 * kChunk);
  Run({"APPEND", "many", many});
  EXPECT_GT(usage({"MEMORY", "USAGE", "many"}), 100 * 4096);
  EXPECT_LT(usage({"MEMORY", "USAGE", "many"}), 100 * 4200);
  // The first five chunks are nearly empty, and say nothing of the others; and the other way round.
  Run({"SETRANGE", "late", "1", "x"});
  Run({"SETRANGE", "late", Format("{}", 5 * kChunk), many});
  for (const CommandRunner::Argv& argv :
       {CommandRunner::Argv{"MEMORY", "USAGE", "late"},
        CommandRunner::Argv{"MEMORY", "USAGE", "late", "SAMPLES", "1"}}) {
    EXPECT_GT(usage(argv), 100 * 4096);
    EXPECT_LT(usage(argv), 100 * 4200);
  }
  Run({"APPEND", "early", Text(5 * kChunk)});
  for (int i = 5; i < 105; ++i) Run({"SETRANGE", "early", Format("{}", i * kChunk), "x"});
  EXPECT_GT(usage({"MEMORY", "USAGE", "early"}), 5 * 4096);
  EXPECT_LT(usage({"MEMORY", "USAGE", "early"}), 5 * 4200 + 100 * 100);
}

TEST_F(ChunkedStrings, DoNotGrowBeyondProtoMaxBulkLen) {
  const std::string too_long =
      ErrorReply("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  runner_.host().max_string_bytes = value_.size() + 1;
  EXPECT_EQ(OfBoth({"APPEND", "@", "xy"}), too_long);
  EXPECT_EQ(OfBoth({"SETRANGE", "@", Format("{}", value_.size()), "xy"}), too_long);
  EXPECT_EQ(OfBoth({"APPEND", "@", "x"}), Integer(static_cast<int64_t>(value_.size() + 1)));
}

// What drafts of the encoding got wrong: newest state and D, then after a merge, then after a kill.
TEST_F(ChunkedStrings, AWalkOverAllThatChangesThemHolds) {
  std::string expected = value_;
  Run({"APPEND", "chunks", "end"});
  expected += "end";
  const uint64_t far = expected.size() + 5 * kChunk;
  Run({"SETRANGE", "chunks", Format("{}", far), "far"});
  expected.resize(far);
  expected += "far";
  Run({"COPY", "chunks", "copy"});
  Run({"APPEND", "copy", "!"});
  Run({"SETRANGE", "over", "9000", "x"});
  Run({"SET", "over", "short"});
  Run({"SETRANGE", "target", "70000", "x"});
  Run({"COPY", "chunks", "source"});
  Run({"RENAME", "source", "target"});
  Run({"SET", "long", Text(10 << 20)});
  const auto written = [&] { return runner_.rig().store().Stats().user_bytes_written; };
  Run({"EXPIRE", "long", "1000"});
  const uint64_t before = written();
  EXPECT_EQ(Run({"PERSIST", "long"}), Integer(1));
  EXPECT_LT(written() - before, 100u);

  const auto check = [&](const char* when) {
    SCOPED_TRACE(when);
    EXPECT_EQ(Run({"GET", "chunks"}), Bulk(expected));
    EXPECT_EQ(Run({"GET", "copy"}), Bulk(expected + "!"));
    EXPECT_EQ(Run({"GET", "over"}), Bulk("short"));
    EXPECT_EQ(Run({"GET", "target"}), Bulk(expected));
    EXPECT_EQ(Run({"GETRANGE", "chunks", Format("{}", far - kChunk), Format("{}", far)}),
              Bulk(expected.substr(far - kChunk, kChunk + 1)));
    EXPECT_EQ(Run({"TTL", "long"}), Integer(-1));
    EXPECT_TRUE(Run({"GET", "long"}) == Bulk(Text(10 << 20)));
    EXPECT_EQ(Objects(), 4);
  };
  check("now");
  runner_.rig().Compact();
  check("merged");
  runner_.rig().LosePower(1);
  check("after a power loss");
  Run({"DEL", "chunks", "copy", "target", "long", "whole", "over"});
  runner_.rig().Compact();
  EXPECT_EQ(runner_.rig().store().Stats().entries_on_disk, 0u);
}

// --- long ones ---

TEST_F(ChunkedStrings, LongOnesAreReadInSlices) {
  const std::string longer = Text(1 << 20);
  Run({"SET", "whole", longer});
  Run({"APPEND", "long", longer});
  uint64_t slices = runner_.slices();
  EXPECT_TRUE(Run({"GET", "long"}) == Bulk(longer));
  EXPECT_EQ(runner_.slices() - slices, 8u) << "four at each state";
  slices = runner_.slices();
  EXPECT_EQ(Run({"GETRANGE", "long", "500000", "500009"}), Bulk(longer.substr(500'000, 10)));
  EXPECT_EQ(runner_.slices(), slices);
  EXPECT_TRUE(Run({"GETRANGE", "long", "1000", "-1001"}) ==
              Bulk(longer.substr(1000, longer.size() - 2000)));
  EXPECT_TRUE(Run({"MGET", "long", "none", "long", "whole"}) ==
              "*4\r\n" + Bulk(longer) + std::string(kNil) + Bulk(longer) + Bulk(longer));
  EXPECT_EQ(Run({"DIGEST", "long"}), Run({"DIGEST", "whole"}));
  EXPECT_EQ(Run({"DEBUG", "DIGEST-VALUE", "long"}), Run({"DEBUG", "DIGEST-VALUE", "whole"}));
  EXPECT_GT(runner_.slices(), slices + 12);
  EXPECT_TRUE(Run({"GETDEL", "long"}) == Bulk(longer)) << "a write is done in one go";
}

TEST_F(ChunkedStrings, AnMGetOfManyKeysIsReadInSlices) {
  CommandRunner::Argv mget = {"MGET", "chunks"};
  std::string reply = "*3001\r\n" + Bulk(value_);
  for (int i = 0; i < 3000; ++i) {
    mget.emplace_back("none");
    reply += kNil;
  }
  const uint64_t slices = runner_.slices();
  EXPECT_TRUE(runner_.Read(mget) == reply);
  EXPECT_EQ(runner_.slices() - slices, 4u);
}

TEST_F(ChunkedStrings, ReadsCountHitsAndMissesOnce) {
  const auto& stats = runner_.keyspace().stats();
  Run({"APPEND", "long", Text(1 << 20)});
  const uint64_t hits = stats.hits.load();
  const uint64_t misses = stats.misses.load();
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"GET", "chunks"},
                                        {"GET", "long"},
                                        {"GETRANGE", "chunks", "0", "1"},
                                        {"GETRANGE", "long", "0", "-1"},
                                        {"STRLEN", "long"},
                                        {"DIGEST", "long"},
                                        {"DIGEST", "chunks"},
                                        {"MGET", "chunks", "none", "long"}}) {
    runner_.Read(argv);
  }
  EXPECT_EQ(stats.hits.load() - hits, 9u);
  EXPECT_EQ(stats.misses.load() - misses, 1u);
}

TEST_F(ChunkedStrings, AColdReadNamesAllItNeeds) {
  for (int i = 0; i < 20; ++i) Run({"APPEND", Format("cold{}", i), Text(2 * kChunk)});
  Run({"APPEND", "long", Text(40 * kChunk)});
  runner_.rig().Compact();
  CommandRunner::Argv mget = {"MGET"};
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back(Format("cold{}", i));
  mget.insert(mget.end(), keys.begin(), keys.end());
  for (const CommandRunner::Argv& argv : std::vector<CommandRunner::Argv>{
           {"GET", "long"}, {"GETDEL", "long"}, {"DIGEST", "chunks"}, mget}) {
    runner_.rig().Reopen();
    const uint64_t reruns = runner_.rig().reruns();
    EXPECT_NE(runner_.Execute(argv).substr(0, 1), "-");
    EXPECT_LE(runner_.rig().reruns() - reruns, 5u)
        << argv[0] << ": the table, the records, the chunks, and a start at another state";
  }
}

}  // namespace
}  // namespace cordwood::commands
