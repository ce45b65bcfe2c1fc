#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/format.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

using Argv = std::vector<std::string_view>;

class Latency : public testing::Test {
 protected:
  Latency() { runner_.host().wall_us = 10'000 * int64_t{1'000'000}; }
  LatencyMonitor& monitor() { return runner_.host().monitoring().latency; }
  void Add(std::string_view event, int64_t seconds, uint64_t ms) {
    monitor().Add(event, {.unix_seconds = seconds, .ms = ms});
  }
  void Measure(const Argv& argv, uint64_t ns) {
    auto& stats = runner_.host().monitoring().commands[runner_.table().Resolve(argv).command];
    if (stats.latency == nullptr) stats.latency = std::make_unique<LatencyHistogram>();
    stats.latency->Record(ns);
  }
  std::string Run(const Argv& argv) { return runner_.Run(argv); }
  static std::string Sample(int64_t seconds, uint64_t ms) {
    return "*2\r\n" + Integer(seconds) + Integer(static_cast<int64_t>(ms));
  }

  CommandRunner runner_;
};

TEST_F(Latency, HistoryHasTheWorstOfEachSecond) {
  EXPECT_EQ(Run({"LATENCY", "HISTORY", "fsync"}), "*0\r\n");
  Add("fsync", 100, 5);
  Add("fsync", 100, 9);
  Add("fsync", 100, 7);
  Add("fsync", 103, 4);
  Add("command", 104, 11);
  EXPECT_EQ(Run({"LATENCY", "HISTORY", "fsync"}), "*2\r\n" + Sample(100, 9) + Sample(103, 4));
  EXPECT_EQ(Run({"LATENCY", "LATEST"}), "*2\r\n*4\r\n" + Bulk("command") + Integer(104) +
                                            Integer(11) + Integer(11) + "*4\r\n" + Bulk("fsync") +
                                            Integer(103) + Integer(4) + Integer(9));
}

TEST_F(Latency, HistoryIsBounded) {
  for (int64_t i = 0; i < 200; ++i) Add("fsync", i, i == 0 ? 500 : 5);
  const std::string history = Run({"LATENCY", "HISTORY", "fsync"});
  EXPECT_TRUE(history.starts_with("*160\r\n" + Sample(40, 5))) << history.substr(0, 40);
  EXPECT_TRUE(Run({"LATENCY", "LATEST"}).ends_with(Integer(500)));  // of all time
}

TEST_F(Latency, ResetForgetsEventsByName) {
  Add("fsync", 1, 1);
  Add("flush", 1, 1);
  Add("command", 1, 1);
  EXPECT_EQ(Run({"LATENCY", "RESET", "nope", "FSYNC"}), Integer(1));
  EXPECT_EQ(Run({"LATENCY", "RESET"}), Integer(2));
  EXPECT_EQ(Run({"LATENCY", "LATEST"}), "*0\r\n");
}

TEST_F(Latency, GraphIsThatOfRedis) {
  EXPECT_EQ(Run({"LATENCY", "GRAPH", "nope"}),
            ErrorReply("ERR No samples available for event 'nope'"));
  Add("command", 10'000 - 90'000, 100);
  Add("command", 10'000 - 7'300, 300);
  Add("command", 10'000 - 130, 200);
  Add("command", 10'000 - 4, 400);
  // As redis-server 7.0 draws these samples.
  EXPECT_EQ(
      Run({"LATENCY", "GRAPH", "command"}),
      Bulk("command - high 400 ms, low 100 ms (all time high 400 ms)\n" + std::string(80, '-') +
           "\n   #\n"
           " # |\n"
           " |o|\n"
           "_|||\n"
           "    \n"
           "1224\n"
           "dhms\n"));
}

TEST_F(Latency, DoctorSaysWhatCanBeDone) {
  runner_.host().config = {{"latency-monitor-threshold", "0"}, {"slowlog-log-slower-than", "-1"}};
  EXPECT_NE(Run({"LATENCY", "DOCTOR"}).find("is disabled"), std::string::npos);
  runner_.host().config["latency-monitor-threshold"] = "10";
  EXPECT_NE(Run({"LATENCY", "DOCTOR"}).find("No latency spike"), std::string::npos);
  Add("command", 9990, 20);
  Add("command", 9995, 40);
  Add("fsync", 9999, 15);
  const std::string report = Run({"LATENCY", "DOCTOR"});
  EXPECT_NE(report.find("1. command: 2 latency spikes (average 30ms, mean deviation 10ms, period "
                        "5.00 sec). Worst all time event 40ms."),
            std::string::npos)
      << report;
  EXPECT_NE(report.find("Syncs of the log are slow"), std::string::npos) << report;
  EXPECT_NE(report.find("slowlog-log-slower-than 10000"), std::string::npos) << report;
  EXPECT_EQ(report.find("expire"), std::string::npos) << report;
}

TEST_F(Latency, HistogramTellsOfCommandsAndSubcommands) {
  EXPECT_EQ(Run({"LATENCY", "HISTOGRAM"}), "*0\r\n");
  Measure({"GET", "k"}, 1000);
  Measure({"CONFIG", "GET", "x"}, 2000);
  Measure({"CONFIG", "SET", "x", "y"}, 2000);
  const auto one = [](std::string_view name, int64_t usec) {
    return Bulk(name) + "*4\r\n" + Bulk("calls") + Integer(1) + Bulk("histogram_usec") + "*2\r\n" +
           Integer(usec) + Integer(1);
  };
  EXPECT_EQ(Run({"LATENCY", "HISTOGRAM", "get", "nope", "set"}), "*2\r\n" + one("get", 1));
  EXPECT_EQ(Run({"LATENCY", "HISTOGRAM", "config"}),
            "*4\r\n" + one("config|get", 2) + one("config|set", 2));
  EXPECT_EQ(Run({"LATENCY", "HISTOGRAM", "CONFIG|SET"}), "*2\r\n" + one("config|set", 2));
  EXPECT_TRUE(Run({"LATENCY", "HISTOGRAM"}).starts_with("*6\r\n"));
  runner_.UseResp(3);
  EXPECT_TRUE(Run({"LATENCY", "HISTOGRAM", "get"}).starts_with("%1\r\n$3\r\nget\r\n%2\r\n"));
}

TEST_F(Latency, RefusesWhatHasTooManyArguments) {
  EXPECT_EQ(Run({"LATENCY", "HELP", "x"}),
            ErrorReply("ERR wrong number of arguments for 'latency|help' command"));
}

}  // namespace
}  // namespace cordwood::commands
