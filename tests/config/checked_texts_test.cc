#include "config/checked_texts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/option_table.h"

namespace cordwood::config {
namespace {

using Words = std::vector<std::string>;

/// What CONFIG GET prints afterwards, or why it is refused.
std::string Set(std::string_view name, const Words& words) {
  Config config;
  const Status status = SetOption(config, name, words);
  return status ? *GetOption(config, name) : "! " + status.error().message();
}

TEST(CheckedTexts, OomScores) {
  EXPECT_EQ(Set("oom-score-adj-values", {"1 2 3"}), "1 2 3");
  EXPECT_EQ(Set("oom-score-adj-values", {"1", "2", "3"}), "1 2 3");
  EXPECT_EQ(Set("oom-score-adj-values", {"1 2"}), "! wrong number of arguments");
  EXPECT_EQ(Set("oom-score-adj-values", {"a b c"}),
            "! Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
  EXPECT_EQ(Set("oom-score-adj-values", {"0 0 2001"}),
            "! Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
}

TEST(CheckedTexts, ShutdownFlags) {
  EXPECT_EQ(Set("shutdown-on-sigint", {"force NOW"}), "now force");
  EXPECT_EQ(Set("shutdown-on-sigterm", {"default"}), "default");
  EXPECT_EQ(Set("shutdown-on-sigterm", {"default save"}), "save");
  EXPECT_EQ(Set("shutdown-on-sigint", {"x"}),
            "! argument(s) must be one of the following: default, save, nosave, now, force");
  EXPECT_EQ(Set("shutdown-on-sigint", {"save nosave"}),
            "! shutdown options SAVE and NOSAVE can't be used simultaneously");
}

TEST(CheckedTexts, Names) {
  EXPECT_EQ(Set("cluster-announce-hostname", {"node-1.example"}), "node-1.example");
  EXPECT_EQ(Set("cluster-announce-hostname", {""}), "");
  EXPECT_EQ(Set("cluster-announce-hostname", {"a_b"}),
            "! Hostnames may only contain alphanumeric characters, hyphens or dots");
  EXPECT_EQ(Set("cluster-announce-hostname", {std::string(256, 'a')}),
            "! Hostnames must be less than 256 characters");
  EXPECT_EQ(Set("cluster-announce-human-nodename", {"node_1"}), "node_1");
  EXPECT_EQ(Set("cluster-announce-human-nodename", {"a,b"}), "a,b");
  EXPECT_EQ(Set("cluster-announce-human-nodename", {"a;b"}),
            "! Announced human node name contained invalid character");
  EXPECT_EQ(Set("unixsocketperm", {"0755"}), "755");
  EXPECT_EQ(Set("unixsocketperm", {"789"}), "! argument couldn't be parsed as an octal number");
  EXPECT_EQ(Set("unixsocketperm", {"1000"}), "! argument must be between 0 and 777 inclusive");
}

TEST(CheckedTexts, Templates) {
  constexpr std::string_view kRefusal =
      "! template format is invalid or contains unknown variables";
  EXPECT_EQ(Set("proc-title-template", {"{title} {port} {{x"}), "{title} {port} {{x");
  EXPECT_EQ(Set("proc-title-template", {"{titel}"}), kRefusal);
  EXPECT_EQ(Set("proc-title-template", {"{title"}), kRefusal);
  EXPECT_EQ(Set("proc-title-template", {""}), kRefusal);
}

TEST(MonitoringOptions, ReachTheirFields) {
  Config config;
  const auto set = [&](std::string_view name, std::string_view value) {
    return SetOption(config, name, Words{std::string(value)}).has_value();
  };
  EXPECT_TRUE(set("slowlog-log-slower-than", "-1"));
  EXPECT_EQ(config.slowlog_log_slower_than_us, -1);
  EXPECT_TRUE(set("commandlog-execution-slower-than", "7"));
  EXPECT_EQ(config.slowlog_log_slower_than_us, 7);
  EXPECT_TRUE(set("commandlog-slow-execution-max-len", "8"));
  EXPECT_EQ(config.slowlog_max_len, 8);
  EXPECT_TRUE(set("commandlog-request-larger-than", "9"));
  EXPECT_EQ(config.commandlog_request_larger_than, 9);
  EXPECT_TRUE(set("commandlog-large-request-max-len", "10"));
  EXPECT_EQ(config.commandlog_large_request_max_len, 10);
  EXPECT_TRUE(set("commandlog-reply-larger-than", "11"));
  EXPECT_EQ(config.commandlog_reply_larger_than, 11);
  EXPECT_TRUE(set("commandlog-large-reply-max-len", "12"));
  EXPECT_EQ(config.commandlog_large_reply_max_len, 12);
  EXPECT_TRUE(set("latency-monitor-threshold", "13"));
  EXPECT_EQ(config.latency_monitor_threshold_ms, 13);
  EXPECT_TRUE(set("latency-tracking", "no"));
  EXPECT_FALSE(config.latency_tracking);
  EXPECT_FALSE(set("slowlog-log-slower-than", "-2"));
  EXPECT_FALSE(set("latency-monitor-threshold", "-1"));
}

TEST(MonitoringOptions, PercentilesArePrintedWithAsFewDigitsAsTheyNeed) {
  constexpr std::string_view kName = "latency-tracking-info-percentiles";
  EXPECT_EQ(Set(kName, {"0.0 50.0 99.99 100"}), "0 50 99.99 100");
  EXPECT_EQ(Set(kName, {""}), "");
  EXPECT_EQ(Set(kName, {"x"}), "! Invalid latency-tracking-info-percentiles parameters");
  EXPECT_EQ(Set(kName, {"10 101"}),
            "! latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
}

}  // namespace
}  // namespace cordwood::config
