// What commands take, as INFO, SLOWLOG, COMMANDLOG and LATENCY tell it. The clock stands still but
// for DEBUG SLEEP and for what the disk takes.

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/number.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using Words = std::vector<std::string_view>;

config::Config TestConfig() {
  config::Config config;
  config.enable_debug_command = config::AllowedFrom::kEverywhere;
  return config;
}

class CommandMeterTest : public ::testing::Test {
 protected:
  CommandMeterTest() : env_(1), server_(env_, TinyStoreOptions(), TestConfig()) {
    server_.facts().pause = [this](uint64_t ms) { env_.AdvanceMs(ms); };
  }
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    client_ = server_.Connect();
  }
  std::string Run(const Words& argv) { return RunOn(client_, argv); }
  std::string RunOn(SessionId id, const Words& argv) {
    server_.SendCommand(id, argv);
    server_.Settle();
    return server_.Receive(id);
  }
  void Set(std::string_view option, std::string_view value) {
    ASSERT_EQ(Run({"CONFIG", "SET", option, value}), "+OK\r\n");
  }
  std::string Field(const std::string& name) { return server_.Info()[name]; }
  /// Of the newest entry of the slow log, its amount; -1 if there is none.
  int64_t SlowUsec() { return Newest(commands::CommandLogKind::kSlow).first; }
  std::pair<int64_t, std::vector<std::string>> Newest(commands::CommandLogKind kind) {
    const auto& entries = server_.pipeline().monitoring().logs[static_cast<size_t>(kind)].entries();
    if (entries.empty()) return {-1, {}};
    return {static_cast<int64_t>(entries.front().amount), entries.front().argv};
  }
  std::vector<std::string> SlowArgv() { return Newest(commands::CommandLogKind::kSlow).second; }

  support::SimEnv env_;
  SimServer server_;
  SessionId client_ = 0;
};

using Texts = std::vector<std::string>;

TEST_F(CommandMeterTest, CountsMicrosecondsAndPercentiles) {
  Run({"CONFIG", "RESETSTAT"});
  Run({"DEBUG", "SLEEP", "0.05"});
  Run({"DEBUG", "SLEEP", "0.15"});
  Run({"PING"});
  EXPECT_EQ(Field("cmdstat_debug|sleep"),
            "calls=2,usec=200000,usec_per_call=100000.00,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(Field("cmdstat_ping"),
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(Field("latency_percentiles_usec_debug|sleep"),
            "p50=50069.503,p99=150994.943,p99.9=150994.943");
  Set("latency-tracking-info-percentiles", "0 12.5 100");
  EXPECT_EQ(Field("latency_percentiles_usec_debug|sleep"),
            "p0=49807.360,p12.5=50069.503,p100=150994.943");
  EXPECT_EQ(Run({"CONFIG", "GET", "latency-tracking-info-percentiles"}),
            "*2\r\n$33\r\nlatency-tracking-info-percentiles\r\n$10\r\n0 12.5 100\r\n");
}

TEST_F(CommandMeterTest, TracksLatencyIfWanted) {
  Run({"CONFIG", "RESETSTAT"});
  Set("latency-tracking", "no");
  Run({"CONFIG", "RESETSTAT"});
  Run({"PING"});
  EXPECT_FALSE(server_.Info().contains("latency_percentiles_usec_ping"));
  EXPECT_EQ(Run({"LATENCY", "HISTOGRAM", "ping"}), "*0\r\n");
  Set("latency-tracking", "yes");
  Run({"PING"});
  EXPECT_TRUE(server_.Info().contains("latency_percentiles_usec_ping"));
  EXPECT_EQ(
      Run({"LATENCY", "HISTOGRAM", "ping"}),
      "*2\r\n$4\r\nping\r\n*4\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n*2\r\n:1\r\n:1\r\n");
}

TEST_F(CommandMeterTest, CountsErrorsByTheirCode) {
  Run({"CONFIG", "RESETSTAT"});
  Run({"NOSUCH"});
  Run({"GET"});
  Run({"SET", "k", "v"});
  Run({"INCR", "k"});
  Run({"LPUSH", "k", "v"});
  Run({"AUTH", "user", "wrong"});
  Run({"EXEC"});
  EXPECT_EQ(Field("errorstat_ERR"), "count=4");
  EXPECT_EQ(Field("errorstat_WRONGTYPE"), "count=1");
  EXPECT_EQ(Field("errorstat_WRONGPASS"), "count=1");
  EXPECT_EQ(Field("total_error_replies"), "6");
  EXPECT_EQ(Field("cmdstat_get"),
            "calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0");
  Run({"CONFIG", "RESETSTAT"});
  EXPECT_FALSE(server_.Info().contains("errorstat_ERR"));
}

TEST_F(CommandMeterTest, CountsErrorsWithinExec) {
  Run({"CONFIG", "RESETSTAT"});
  Run({"SET", "k", "v"});
  Run({"MULTI"});
  Run({"SET", "l", "v"});
  Run({"LPUSH", "k", "v"});
  Run({"EXEC"});
  EXPECT_EQ(Field("errorstat_WRONGTYPE"), "count=1");
  EXPECT_EQ(Field("total_error_replies"), "1");
  EXPECT_TRUE(Field("cmdstat_lpush").ends_with("rejected_calls=0,failed_calls=1"));
  EXPECT_TRUE(Field("cmdstat_exec").ends_with("rejected_calls=0,failed_calls=0"));
  Run({"MULTI"});
  Run({"SET"});
  Run({"EXEC"});
  EXPECT_EQ(Field("errorstat_EXECABORT"), "count=1");
  EXPECT_TRUE(Field("cmdstat_exec").starts_with("calls=2,"));
}

TEST_F(CommandMeterTest, ListsWhatIsSlow) {
  Set("slowlog-log-slower-than", "100000");
  Run({"CLIENT", "SETNAME", "me"});
  Run({"DEBUG", "SLEEP", "0.09"});
  EXPECT_EQ(SlowUsec(), -1);
  Run({"DEBUG", "SLEEP", "0.1"});
  EXPECT_EQ(SlowUsec(), 100'000);
  EXPECT_EQ(SlowArgv(), (Texts{"DEBUG", "SLEEP", "0.1"}));
  const std::string entry = Run({"SLOWLOG", "GET"});
  EXPECT_TRUE(entry.ends_with("$11\r\n127.0.0.1:1\r\n$2\r\nme\r\n")) << entry;
  EXPECT_NE(entry.find(Format(":{}\r\n:100000\r\n", env_.WallMs() / 1000)), std::string::npos);
  Set("slowlog-log-slower-than", "-1");
  Run({"DEBUG", "SLEEP", "0.2"});
  EXPECT_EQ(SlowUsec(), 100'000);
  Set("slowlog-log-slower-than", "0");
  Run({"PING"});
  EXPECT_EQ(SlowArgv(), Texts{"PING"});
  Set("slowlog-max-len", "0");
  EXPECT_EQ(Run({"SLOWLOG", "LEN"}), ":0\r\n");
  EXPECT_EQ(SlowUsec(), -1);
}

TEST_F(CommandMeterTest, ListsWhatExecRunsAndNotExec) {
  Set("slowlog-log-slower-than", "1000");
  Run({"MULTI"});
  Run({"PING"});
  Run({"DEBUG", "SLEEP", "0.2"});
  Run({"EXEC"});
  EXPECT_EQ(Run({"SLOWLOG", "LEN"}), ":1\r\n");
  EXPECT_EQ(SlowArgv(), (Texts{"DEBUG", "SLEEP", "0.2"}));
  EXPECT_EQ(SlowUsec(), 200'000);
  EXPECT_TRUE(Field("cmdstat_exec").starts_with("calls=1,usec=200000,"));
}

TEST_F(CommandMeterTest, CountsNoWait) {
  Set("slowlog-log-slower-than", "0");
  const SessionId waiter = server_.Connect();
  EXPECT_EQ(RunOn(waiter, {"BLPOP", "l", "1"}), "");
  Run({"DEBUG", "SLEEP", "0.5"});
  Run({"SLOWLOG", "RESET"});
  Run({"RPUSH", "l", "a"});
  EXPECT_EQ(server_.Receive(waiter), "*2\r\n$1\r\nl\r\n$1\r\na\r\n");
  EXPECT_EQ(SlowArgv(), (Texts{"BLPOP", "l", "1"}));
  EXPECT_EQ(SlowUsec(), 0);
  EXPECT_EQ(RunOn(waiter, {"BLPOP", "l", "0.3"}), "");
  server_.RunForMs(400);
  EXPECT_EQ(server_.Receive(waiter), "*-1\r\n");
  EXPECT_EQ(SlowArgv(), (Texts{"BLPOP", "l", "0.3"}));
  EXPECT_EQ(SlowUsec(), 0);
  EXPECT_TRUE(Field("cmdstat_blpop").starts_with("calls=2,usec=0,"));
}

TEST_F(CommandMeterTest, CountsWhatIsUnblockedByHand) {
  Run({"CONFIG", "RESETSTAT"});
  const SessionId waiter = server_.Connect();
  EXPECT_EQ(RunOn(waiter, {"BLPOP", "l", "0"}), "");
  EXPECT_EQ(Run({"CLIENT", "UNBLOCK", Format("{}", waiter), "ERROR"}), ":1\r\n");
  EXPECT_EQ(Field("errorstat_UNBLOCKED"), "count=1");
  EXPECT_TRUE(Field("cmdstat_blpop").ends_with("rejected_calls=0,failed_calls=1"));
}

TEST_F(CommandMeterTest, ListsWhatIsLarge) {
  Set("commandlog-request-larger-than", "1000");
  Set("commandlog-reply-larger-than", "2000");
  const std::string value(1500, 'v');
  Run({"SET", "k", value});
  const auto request = Newest(commands::CommandLogKind::kLargeRequest);
  EXPECT_EQ(request.first, 4 + 9 + 7 + 7 + 1500 + 2);
  EXPECT_EQ(request.second.front(), "SET");
  Run({"GET", "k"});
  EXPECT_EQ(Newest(commands::CommandLogKind::kLargeReply).first, -1);
  Run({"MGET", "k", "k"});
  const auto reply = Newest(commands::CommandLogKind::kLargeReply);
  EXPECT_EQ(reply.first, 4 + 2 * (7 + 1500 + 2));
  EXPECT_EQ(reply.second, (Texts{"MGET", "k", "k"}));
  EXPECT_EQ(SlowUsec(), -1);
  Run({"MULTI"});
  Run({"MGET", "k", "k", "k"});
  Run({"EXEC"});
  EXPECT_EQ(Newest(commands::CommandLogKind::kLargeReply).second, (Texts{"MGET", "k", "k", "k"}));
  Set("commandlog-large-reply-max-len", "1");
  EXPECT_EQ(Run({"COMMANDLOG", "LEN", "large-reply"}), ":1\r\n");
}

TEST_F(CommandMeterTest, ListsARefusedReplyNowhere) {
  Set("slowlog-log-slower-than", "0");
  Run({"SLOWLOG", "RESET"});
  Run({"GET"});
  EXPECT_EQ(SlowArgv(), (Texts{"SLOWLOG", "RESET"}));
}

// --- LATENCY ---

TEST_F(CommandMeterTest, CommandsAreEvents) {
  Run({"DEBUG", "SLEEP", "0.5"});
  EXPECT_EQ(Run({"LATENCY", "LATEST"}), "*0\r\n");  // nobody asked for it
  Set("latency-monitor-threshold", "100");
  Run({"DEBUG", "SLEEP", "0.09"});
  EXPECT_EQ(Run({"LATENCY", "LATEST"}), "*0\r\n");
  Run({"DEBUG", "SLEEP", "0.3"});
  EXPECT_EQ(Run({"LATENCY", "HISTORY", "command"}),
            Format("*1\r\n*2\r\n:{}\r\n:300\r\n", env_.WallMs() / 1000));
}

TEST_F(CommandMeterTest, TheLogsWaitsAreEvents) {
  Set("latency-monitor-threshold", "50");
  env_.StallSyncs(".wal", 80);
  ASSERT_EQ(Run({"SET", "k", "v"}), "");
  server_.RunForMs(300);
  EXPECT_EQ(server_.Receive(client_), "+OK\r\n");
  server_.Tick();
  const auto& events = server_.pipeline().monitoring().latency.events();
  ASSERT_TRUE(events.contains("fsync"));
  ASSERT_TRUE(events.contains("group-commit"));
  EXPECT_GE(events.at("fsync").max_ms, 80U);
  EXPECT_LE(events.at("fsync").max_ms, 90U);
  EXPECT_GE(events.at("group-commit").max_ms, events.at("fsync").max_ms);
}

TEST_F(CommandMeterTest, FlushesAndColdReadsAreEvents) {
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(Run({"SET", Format("key:{}", i), std::string(1000, 'v')}), "+OK\r\n");
  }
  ASSERT_EQ(Run({"COMPACT"}), "+OK\r\n");
  server_.RunForMs(500);
  Set("latency-monitor-threshold", "5");
  const auto& events = server_.pipeline().monitoring().latency.events();
  env_.StallReads(".sst", 7);
  for (int i = 0; i < 60; ++i) Run({"GET", Format("key:{}", i)});
  server_.RunForMs(100);
  ASSERT_TRUE(events.contains("cold-read"));
  EXPECT_GE(events.at("cold-read").max_ms, 7U);
  env_.ClearFaults();
  env_.StallSyncs(".sst", 9);
  for (int i = 0; i < 40; ++i) Run({"SET", Format("key:{}", i), std::string(1000, 'w')});
  server_.RunForMs(300);
  server_.Tick();
  ASSERT_TRUE(events.contains("flush"));
  EXPECT_GE(events.at("flush").max_ms, 9U);
}

TEST(ExpireCycle, IsAnEvent) {
  support::SimEnv env(support::SimOptions{.clock_ns = 500'000});
  SimServer server(env, {});  // one memtable holds it all: no block is cold
  ASSERT_TRUE(server.Start());
  server.config().latency_monitor_threshold_ms = 1;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(server.Ask({"SET", Format("k{}", i), "v", "PX", "1"}), "+OK\r\n");
  }
  env.AdvanceMs(10);
  server.Tick();
  EXPECT_TRUE(server.pipeline().monitoring().latency.events().contains("expire-cycle"));
}

}  // namespace
}  // namespace cordwood::pipeline
