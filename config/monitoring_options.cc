#include "config/monitoring_options.h"

#include <optional>
#include <utility>

#include "base/format.h"
#include "base/number.h"

namespace cordwood::config {
namespace {

Result<double> ParsePercentile(std::string_view text) {
  const std::optional<double> percentile = ParseDouble(text);
  if (!percentile) {
    return Fail(ErrorCode::kInvalidArgument,
                "Invalid latency-tracking-info-percentiles parameters");
  }
  if (*percentile >= 0 && *percentile <= 100) return *percentile;
  return Fail(ErrorCode::kInvalidArgument,
              "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
}

/// One empty word is how to say: none.
Option PercentilesOption() {
  Option option{.name = "latency-tracking-info-percentiles", .takes_words = true};
  option.set = [](Config& config, std::span<const std::string> words) -> Status {
    std::vector<double> percentiles;
    const bool none = words.size() == 1 && words[0].empty();
    for (const std::string& word : words.first(none ? 0 : words.size())) {
      CW_ASSIGN(const double percentile, ParsePercentile(word));
      percentiles.push_back(percentile);
    }
    config.latency_tracking_info_percentiles = std::move(percentiles);
    return {};
  };
  option.get = [](const Config& config) {
    std::string text;
    for (const double percentile : config.latency_tracking_info_percentiles) {
      AppendFormat(text, "{}{}", text.empty() ? "" : " ", PercentileText(percentile));
    }
    return text;
  };
  return option;
}

}  // namespace

std::string PercentileText(double percentile) {
  std::string text = Format("{:f}", percentile);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::vector<Option> MonitoringOptions() {
  constexpr Bounds kOrNever = {.min = -1};
  std::vector<Option> options;
  const auto add = [&options](Option option) { options.push_back(std::move(option)); };
  add(WithAlias(
      IntegerOption("slowlog-log-slower-than", &Config::slowlog_log_slower_than_us, kOrNever),
      "commandlog-execution-slower-than"));
  add(WithAlias(IntegerOption("slowlog-max-len", &Config::slowlog_max_len),
                "commandlog-slow-execution-max-len"));
  add(IntegerOption("commandlog-request-larger-than", &Config::commandlog_request_larger_than,
                    kOrNever));
  add(IntegerOption("commandlog-large-request-max-len", &Config::commandlog_large_request_max_len));
  add(IntegerOption("commandlog-reply-larger-than", &Config::commandlog_reply_larger_than,
                    kOrNever));
  add(IntegerOption("commandlog-large-reply-max-len", &Config::commandlog_large_reply_max_len));
  add(IntegerOption("latency-monitor-threshold", &Config::latency_monitor_threshold_ms));
  add(YesNoOption("latency-tracking", &Config::latency_tracking));
  add(PercentilesOption());
  return options;
}

}  // namespace cordwood::config
