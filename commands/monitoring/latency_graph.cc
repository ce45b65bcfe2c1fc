#include "commands/monitoring/latency_graph.h"

#include <algorithm>
#include <vector>

#include "base/format.h"

namespace cordwood::commands {
namespace {

constexpr size_t kColumns = 80;
constexpr size_t kRows = 4;
constexpr std::string_view kLevels = "_o#";  // of one row, from below

struct Bar {
  size_t height = 0;  // in levels
  std::string label;
};

std::string AgeLabel(int64_t seconds) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  if (seconds < kMinute) return Format("{}s", seconds);
  if (seconds < kHour) return Format("{}m", seconds / kMinute);
  if (seconds < kDay) return Format("{}h", seconds / kHour);
  return Format("{}d", seconds / kDay);
}

char CharacterOf(const Bar& bar, size_t row) {
  const size_t below = (kRows - row - 1) * kLevels.size();
  if (bar.height < below) return ' ';
  const size_t level = bar.height - below;
  return level < kLevels.size() ? kLevels[level] : '|';
}

/// As many bars as stand in one line.
void Draw(const std::vector<Bar>& bars, std::string& graph) {
  for (size_t row = 0; row < kRows; ++row) {
    for (const Bar& bar : bars) graph += CharacterOf(bar, row);
    graph += '\n';
  }
  size_t longest = 0;
  for (const Bar& bar : bars) longest = std::max(longest, bar.label.size());
  graph += std::string(bars.size(), ' ') + '\n';
  for (size_t i = 0; i < longest; ++i) {
    for (const Bar& bar : bars) graph += i < bar.label.size() ? bar.label[i] : ' ';
    graph += '\n';
  }
}

}  // namespace

std::string LatencyGraph(std::string_view event, const LatencyMonitor::Series& series,
                         int64_t now_seconds) {
  const auto [low, high] = std::ranges::minmax(series.samples, {}, &LatencyMonitor::Sample::ms);
  std::string graph = Format("{} - high {} ms, low {} ms (all time high {} ms)\n", event, high.ms,
                             low.ms, series.max_ms);
  graph += std::string(kColumns, '-') + '\n';
  constexpr uint64_t kSteps = kRows * kLevels.size();
  const uint64_t range = std::max<uint64_t>(high.ms - low.ms, 1);
  std::vector<Bar> bars;
  for (const LatencyMonitor::Sample& sample : series.samples) {
    if (bars.size() == kColumns) {
      Draw(bars, graph);
      graph += '\n';
      bars.clear();
    }
    bars.push_back({.height = std::min((sample.ms - low.ms) * kSteps / range, kSteps - 1),
                    .label = AgeLabel(now_seconds - sample.unix_seconds)});
  }
  Draw(bars, graph);
  return graph;
}

}  // namespace cordwood::commands
