// LATENCY: what took long, and how long commands take.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/command_table.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/host.h"
#include "commands/core/process.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"
#include "commands/monitoring/latency_doctor.h"
#include "commands/monitoring/latency_graph.h"
#include "commands/monitoring/monitoring.h"

namespace cordwood::commands::monitoring {
namespace {

int64_t NowSeconds(Call& call) {
  constexpr int64_t kUsecPerSecond = 1'000'000;
  return call.host.process.WallMicroseconds() / kUsecPerSecond;
}

/// Of an option that is a number.
int64_t NumberOf(Call& call, std::string_view option) {
  const auto values = call.host.settings.Get({&option, 1});
  return values.empty() ? 0 : ParseInt64(values.front().second).value_or(0);
}

Status LatencyDoctor(Call& call) {
  const DoctorsOptions options = {.threshold_ms = NumberOf(call, "latency-monitor-threshold"),
                                  .slower_than_us = NumberOf(call, "slowlog-log-slower-than")};
  call.reply.VerbatimString(LatencyReport(call.host.monitoring.latency, options, NowSeconds(call)));
  return {};
}

Status LatencyGraphOf(Call& call) {
  const std::string_view event = call.argv[2];
  const LatencyMonitor::Series* const series = call.host.monitoring.latency.Find(event);
  if (series == nullptr) {
    return call.Error(Format("ERR No samples available for event '{}'", AsPrinted(event)));
  }
  call.reply.VerbatimString(LatencyGraph(event, *series, NowSeconds(call)));
  return {};
}

Status LatencyHistory(Call& call) {
  const LatencyMonitor::Series* const series = call.host.monitoring.latency.Find(call.argv[2]);
  call.reply.ArrayHeader(series == nullptr ? 0 : series->samples.size());
  if (series == nullptr) return {};
  for (const LatencyMonitor::Sample& sample : series->samples) {
    call.reply.ArrayHeader(2);
    call.reply.Integer(sample.unix_seconds);
    call.reply.Integer(static_cast<int64_t>(sample.ms));
  }
  return {};
}

Status LatencyLatest(Call& call) {
  const auto& events = call.host.monitoring.latency.events();
  call.reply.ArrayHeader(events.size());
  for (const auto& [event, series] : events) {
    call.reply.ArrayHeader(4);
    call.reply.Bulk(event);
    call.reply.Integer(series.samples.back().unix_seconds);
    call.reply.Integer(static_cast<int64_t>(series.samples.back().ms));
    call.reply.Integer(static_cast<int64_t>(series.max_ms));
  }
  return {};
}

Status LatencyReset(Call& call) {
  LatencyMonitor& monitor = call.host.monitoring.latency;
  size_t reset = call.argv.size() == 2 ? monitor.ResetAll() : 0;
  for (const std::string_view event : call.argv.subspan(2)) reset += monitor.Reset(event);
  call.reply.Integer(static_cast<int64_t>(reset));
  return {};
}

// --- histograms ---

using Measured = std::pair<const Command*, const LatencyHistogram*>;

void AddMeasured(const Monitoring& monitoring, const Command& command,
                 std::vector<Measured>& measured) {
  const auto found = monitoring.commands.find(&command);
  if (found == monitoring.commands.end() || found->second.latency == nullptr) return;
  measured.emplace_back(&command, found->second.latency.get());
}

void AddWithSubcommands(const Monitoring& monitoring, const Command& command,
                        std::vector<Measured>& measured) {
  AddMeasured(monitoring, command, measured);
  for (const Command& subcommand : command.subcommands) {
    AddMeasured(monitoring, subcommand, measured);
  }
}

void ReplyHistogram(protocol::ReplyWriter& reply, const LatencyHistogram& latency) {
  const std::vector<LatencyHistogram::Step> steps = latency.Steps();
  reply.MapHeader(2);
  reply.Bulk("calls");
  reply.Integer(static_cast<int64_t>(latency.total()));
  reply.Bulk("histogram_usec");
  reply.MapHeader(steps.size());
  for (const LatencyHistogram::Step& step : steps) {
    reply.Integer(static_cast<int64_t>(step.usec));
    reply.Integer(static_cast<int64_t>(step.calls));
  }
}

Status LatencyHistogramOf(Call& call) {
  const CommandTable& table = call.host.commands;
  const Monitoring& monitoring = call.host.monitoring;
  std::vector<Measured> measured;
  if (call.argv.size() == 2) {
    for (const Command* const command : table.all()) {
      AddWithSubcommands(monitoring, *command, measured);
    }
  }
  for (const std::string_view name : call.argv.subspan(2)) {
    const Command* const command = table.FindNamed(name);
    if (command != nullptr) AddWithSubcommands(monitoring, *command, measured);
  }
  call.reply.MapHeader(measured.size());
  for (const auto& [command, latency] : measured) {
    if (call.reply.overflowed()) break;
    call.reply.Bulk(command->name);
    ReplyHistogram(call.reply, *latency);
  }
  return {};
}

constexpr Command Row(std::string_view name, int arity, Handler handler, std::string_view tips,
                      std::string_view arguments, std::string_view summary) {
  const bool is_help = handler == Help;
  const bool is_new = handler == LatencyHistogramOf;
  return {.name = name,
          .arity = arity,
          .flags = is_help ? kAlways : kAdmin | kNoScript | kAlways,
          .handler = handler,
          .tips = tips,
          .docs = {.group = "server",
                   .since = is_new ? "7.0.0" : "2.8.13",
                   .complexity = "O(N) where N is the number of samples",
                   .arguments = arguments,
                   .summary = summary}};
}

constexpr std::string_view kTips =
    "nondeterministic_output request_policy:all_nodes response_policy:special";
constexpr std::string_view kResetTips = "request_policy:all_nodes response_policy:all_succeeded";

constexpr Command kLatencyRows[] = {
    Row("latency|doctor", 2, LatencyDoctor, kTips, {}, "Returns a report on what took long."),
    Row("latency|graph", 3, LatencyGraphOf, kTips, "event",
        "Returns the samples of an event as a picture of characters."),
    Row("latency|help", 2, Help, {}, {}, "Returns a text about the subcommands."),
    Row("latency|histogram", -2, LatencyHistogramOf, kTips, "[command...]",
        "Returns how many calls of commands took no longer than so many microseconds."),
    Row("latency|history", 3, LatencyHistory, kTips, "event", "Returns the samples of an event."),
    Row("latency|latest", 2, LatencyLatest, kTips, {}, "Returns the last sample of each event."),
    Row("latency|reset", -2, LatencyReset, kResetTips, "[event...]",
        "Forgets the samples of events, or of all."),
};

constexpr Command kRowsOfLatency[] = {
    {.name = "latency",
     .arity = -2,
     .subcommands = kLatencyRows,
     .docs = {.group = "server",
              .since = "2.8.13",
              .complexity = "Its subcommands differ.",
              .summary = "A container for commands about what takes long."}},
};

}  // namespace

Rows LatencyRows() { return kRowsOfLatency; }

}  // namespace cordwood::commands::monitoring
