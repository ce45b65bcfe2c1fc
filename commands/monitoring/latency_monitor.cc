#include "commands/monitoring/latency_monitor.h"

#include <algorithm>

#include "base/ascii.h"

namespace cordwood::commands {
namespace {

constexpr size_t kSamplesMax = 160;

}  // namespace

void LatencyMonitor::Add(std::string_view event, Sample sample) {
  auto it = events_.find(event);
  if (it == events_.end()) it = events_.emplace(event, Series{}).first;
  Series& series = it->second;
  series.max_ms = std::max(series.max_ms, sample.ms);
  if (!series.samples.empty() && series.samples.back().unix_seconds == sample.unix_seconds) {
    series.samples.back().ms = std::max(series.samples.back().ms, sample.ms);
    return;
  }
  series.samples.push_back(sample);
  if (series.samples.size() > kSamplesMax) series.samples.pop_front();
}

size_t LatencyMonitor::Reset(std::string_view event) {
  return std::erase_if(events_,
                       [&](const auto& entry) { return EqualsIgnoreCase(entry.first, event); });
}

size_t LatencyMonitor::ResetAll() {
  const size_t count = events_.size();
  events_.clear();
  return count;
}

const LatencyMonitor::Series* LatencyMonitor::Find(std::string_view event) const {
  const auto it = events_.find(event);
  return it == events_.end() ? nullptr : &it->second;
}

}  // namespace cordwood::commands
