#include "commands/monitoring/latency_doctor.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/format.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kOff =
    "Latency monitoring is disabled. \"CONFIG SET latency-monitor-threshold <milliseconds>\" "
    "enables it.\n";
constexpr std::string_view kCalm =
    "No latency spike was observed. What took less than latency-monitor-threshold is not kept.\n";

struct Advice {
  std::string_view event;
  std::string_view text;
};

constexpr Advice kAdvices[] = {
    {"cold-read",
     "Reads wait for the disk: more maxmemory keeps more blocks, and a faster disk brings the "
     "others sooner. INFO has cache_hits and cache_misses."},
    {"command",
     "SLOWLOG GET shows which commands take long. Those over many elements can often be split, or "
     "read in pages (SCAN and its like)."},
    {"expire-cycle",
     "Many keys expire at the same time: spread their times to live, or lower "
     "active-expire-effort."},
    {"fast-command",
     "Commands that are short took long: the process did not get the processor. Look for other "
     "work on the machine, a virtual machine that is short of processors, or swapping."},
    {"flush", "Memtables are written to disk slowly: a faster disk, or fewer bytes a second."},
    {"fsync",
     "Syncs of the log are slow: use a local SSD, and keep others off the disk. appendfsync "
     "everysec waits for no sync, and may lose a second of writes."},
    {"group-commit",
     "Groups of writes reach the disk slowly, the sync included: what is said of fsync holds, or "
     "the groups are very large."},
    {"merge-pause",
     "Writes are held because merges are behind: the disk is slower than what is written. INFO "
     "has write_pressure and held_writes_pacing."},
};

struct Summary {
  uint64_t mean_ms = 0;
  uint64_t deviation_ms = 0;  // mean
  double period_seconds = 0;  // between two
};

Summary SummaryOf(const LatencyMonitor::Series& series, int64_t now_seconds) {
  const auto count = static_cast<uint64_t>(series.samples.size());
  Summary summary;
  for (const auto& sample : series.samples) summary.mean_ms += sample.ms;
  summary.mean_ms /= count;
  for (const auto& sample : series.samples) {
    const uint64_t high = std::max(summary.mean_ms, sample.ms);
    summary.deviation_ms += high - std::min(summary.mean_ms, sample.ms);
  }
  summary.deviation_ms /= count;
  const int64_t seconds = std::max<int64_t>(now_seconds - series.samples.front().unix_seconds, 1);
  summary.period_seconds = static_cast<double>(seconds) / static_cast<double>(count);
  return summary;
}

void AddAdvice(const LatencyMonitor& monitor, const DoctorsOptions& options, std::string& report) {
  std::vector<std::string> advices;
  for (const Advice& advice : kAdvices) {
    if (monitor.Find(advice.event) != nullptr) advices.emplace_back(advice.text);
  }
  constexpr int64_t kUsecPerMs = 1000;
  const bool slow_log_helps =
      options.slower_than_us >= 0 && options.slower_than_us / kUsecPerMs <= options.threshold_ms;
  if (monitor.Find("command") != nullptr && !slow_log_helps) {
    advices.push_back(
        Format("The slow log does not have all of these commands: \"CONFIG SET "
               "slowlog-log-slower-than {}\".",
               options.threshold_ms * kUsecPerMs));
  }
  if (advices.empty()) return;
  report += "\nAdvice:\n\n";
  for (const std::string& advice : advices) AppendFormat(report, "- {}\n", advice);
}

}  // namespace

std::string LatencyReport(const LatencyMonitor& monitor, const DoctorsOptions& options,
                          int64_t now_seconds) {
  if (monitor.events().empty()) {
    return std::string(options.threshold_ms == 0 ? kOff : kCalm);
  }
  std::string report = "Latency spikes were observed:\n\n";
  size_t number = 0;
  for (const auto& [event, series] : monitor.events()) {
    const Summary summary = SummaryOf(series, now_seconds);
    AppendFormat(report,
                 "{}. {}: {} latency spikes (average {}ms, mean deviation {}ms, period {:.2f} "
                 "sec). Worst all time event {}ms.\n",
                 ++number, event, series.samples.size(), summary.mean_ms, summary.deviation_ms,
                 summary.period_seconds, series.max_ms);
  }
  AddAdvice(monitor, options, report);
  return report;
}

}  // namespace cordwood::commands
