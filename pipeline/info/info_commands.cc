#include "pipeline/info/info_commands.h"

#include <map>
#include <string>
#include <string_view>

#include "config/monitoring_options.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kNsPerUsec = 1000;

std::map<std::string_view, const commands::CommandStats*> ByName(
    const commands::Monitoring& monitoring) {
  std::map<std::string_view, const commands::CommandStats*> by_name;
  for (const auto& [command, stats] : monitoring.commands) by_name[command->name] = &stats;
  return by_name;
}

}  // namespace

void AddCommandStats(const commands::Monitoring& monitoring, InfoWriter& out) {
  for (const auto& [name, stats] : ByName(monitoring)) {
    const auto usec = static_cast<double>(stats->ns) / kNsPerUsec;
    const double usec_per_call = stats->calls == 0 ? 0 : usec / static_cast<double>(stats->calls);
    out.Add(Format("cmdstat_{}", name),
            Format("calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
                   stats->calls, stats->ns / kNsPerUsec, usec_per_call, stats->rejected_calls,
                   stats->failed_calls));
  }
}

void AddErrorStats(const commands::Monitoring& monitoring, InfoWriter& out) {
  for (const auto& [code, count] : monitoring.errors) {
    out.Add(Format("errorstat_{}", code), Format("count={}", count));
  }
}

void AddLatencyStats(const commands::Monitoring& monitoring, std::span<const double> percentiles,
                     InfoWriter& out) {
  for (const auto& [name, stats] : ByName(monitoring)) {
    if (stats->latency == nullptr) continue;
    std::string values;
    for (const double percentile : percentiles) {
      const auto usec = static_cast<double>(stats->latency->NsAt(percentile)) / kNsPerUsec;
      AppendFormat(values, "{}p{}={:.3f}", values.empty() ? "" : ",",
                   config::PercentileText(percentile), usec);
    }
    out.Add(Format("latency_percentiles_usec_{}", name), values);
  }
}

}  // namespace cordwood::pipeline
