#include "bench/storage/row.h"

#include <string_view>

#include "base/format.h"
#include "bench/storage/workload.h"

namespace cordwood::bench {
namespace {

using storage::HeldFor;

constexpr double kNsPerUs = 1e3;
constexpr double kNsPerMs = 1e6;
constexpr double kNsPerSecond = 1e9;

double Ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

double OpsPerSecond(const Row& row) { return Ratio(row.ops, row.wall_ns) * kNsPerSecond; }

double CpuUs(const Row& row, uint64_t cpu_ns) { return Ratio(cpu_ns, row.ops) / kNsPerUs; }

double Us(uint64_t ns) { return static_cast<double>(ns) / kNsPerUs; }

double Ms(uint64_t ns) { return static_cast<double>(ns) / kNsPerMs; }

uint64_t Megabytes(uint64_t bytes) { return bytes >> 20; }

void AppendProbe(std::string& out, std::string_view when, const std::optional<Histogram>& probe) {
  if (!probe) return;
  AppendFormat(out, "  fdatasync {}, ms: p50 {:.2f}, p99.9 {:.2f}, max {:.2f} of {}\n", when,
               Ms(probe->PercentileNs(0.5)), Ms(probe->PercentileNs(0.999)), Ms(probe->max_ns()),
               probe->count());
}

void AppendHeld(std::string& out, const Row& row) {
  if (!row.held) {
    AppendFormat(out, "  held: the engine does not tell; longest put {:.2f} ms\n",
                 Ms(row.longest_put_ns));
    return;
  }
  const std::optional<HeldFor> longest = row.held->longest();
  if (!longest) {
    out += "  held: none\n";
    return;
  }
  AppendFormat(out, "  longest held write: {:.2f} ms, for {}\n",
               Ms(row.held->of(*longest).longest_ns), storage::NameOf(*longest));
  for (size_t i = 0; i < storage::kHeldReasons; ++i) {
    const auto reason = static_cast<HeldFor>(i);
    const storage::HeldWrites::Count& count = row.held->of(reason);
    if (count.writes == 0) continue;
    AppendFormat(out, "  held for {} {} times, longest {:.2f} ms, {:.2f} s in all\n",
                 storage::NameOf(reason), count.writes, Ms(count.longest_ns),
                 static_cast<double>(count.total_ns) / kNsPerSecond);
  }
}

std::string WrittenEach(const Row& row, const std::optional<uint64_t>& bytes) {
  return bytes ? Format("{:.2f}", Ratio(*bytes, row.user_bytes)) : "unknown";
}

void AppendFillText(std::string& out, const Row& row) {
  AppendFormat(out, "  {} {:.2f} s later: {:.3f} us/op of CPU more\n",
               row.became_idle ? "idle" : "NOT idle", Ms(row.drain_ns) / 1000,
               CpuUs(row, row.drain_cpu_ns));
  if (row.longest_puts_ns > 0) {
    AppendFormat(out, "  longest {} puts in a row: {:.2f} ms\n", kPutsInARow,
                 Ms(row.longest_puts_ns));
  }
  AppendHeld(out, row);
  AppendFormat(out, "  written per byte of user data: {} by the process, {} by the device\n",
               WrittenEach(row, row.written_bytes), WrittenEach(row, row.device_written_bytes));
}

void AppendJsonText(std::string& out, std::string_view name, std::string_view text) {
  AppendFormat(out, "\"{}\":\"", name);
  for (const char character : text) {
    if (character == '"' || character == '\\') out += '\\';
    out += character;
  }
  out += "\",";
}

void AppendJsonNumber(std::string& out, std::string_view name, double value) {
  AppendFormat(out, "\"{}\":{:.3f},", name, value);
}

void AppendJsonLatencies(std::string& out, std::string_view prefix, const Histogram& latencies) {
  AppendJsonNumber(out, Format("{}p50_us", prefix), Us(latencies.PercentileNs(0.5)));
  AppendJsonNumber(out, Format("{}p99_us", prefix), Us(latencies.PercentileNs(0.99)));
  AppendJsonNumber(out, Format("{}p999_us", prefix), Us(latencies.PercentileNs(0.999)));
  AppendJsonNumber(out, Format("{}max_us", prefix), Us(latencies.max_ns()));
}

void AppendJsonFill(std::string& out, const Row& row) {
  AppendJsonNumber(out, "longest_16_puts_ms", Ms(row.longest_puts_ns));
  AppendJsonNumber(out, "drain_s", Ms(row.drain_ns) / 1000);
  AppendJsonNumber(out, "drain_cpu_us", CpuUs(row, row.drain_cpu_ns));
  AppendFormat(out, "\"became_idle\":{},", row.became_idle);
  if (row.written_bytes) {
    AppendJsonNumber(out, "written", Ratio(*row.written_bytes, row.user_bytes));
  }
  if (row.device_written_bytes) {
    AppendJsonNumber(out, "device_written", Ratio(*row.device_written_bytes, row.user_bytes));
  }
  if (row.held) {
    const std::optional<HeldFor> longest = row.held->longest();
    AppendJsonNumber(out, "held_ms", longest ? Ms(row.held->of(*longest).longest_ns) : 0);
    AppendJsonText(out, "held_reason", longest ? storage::NameOf(*longest) : "none");
  } else {
    AppendJsonNumber(out, "held_ms", Ms(row.longest_put_ns));
    AppendJsonText(out, "held_reason", "put");
  }
  if (row.probe_alone) AppendJsonLatencies(out, "fdatasync_alone_", *row.probe_alone);
  if (row.probe_beside) AppendJsonLatencies(out, "fdatasync_beside_", *row.probe_beside);
}

}  // namespace

std::string RowText(const Row& row) {
  std::string out = Format("{} ({}): {:.0f} ops/s, {} ops in {:.2f} s, {:.3f} us/op of CPU\n",
                           row.name, row.engine, OpsPerSecond(row), row.ops, Ms(row.wall_ns) / 1000,
                           CpuUs(row, row.cpu_ns));
  if (row.latencies.count() > 0) {
    AppendFormat(out, "  us: p50 {:.2f}, p99 {:.2f}, p99.9 {:.2f}, max {:.0f}\n",
                 Us(row.latencies.PercentileNs(0.5)), Us(row.latencies.PercentileNs(0.99)),
                 Us(row.latencies.PercentileNs(0.999)), Us(row.latencies.max_ns()));
  }
  if (!row.note.empty()) AppendFormat(out, "  {}\n", row.note);
  if (row.is_fill) AppendFillText(out, row);
  AppendProbe(out, "alone", row.probe_alone);
  AppendProbe(out, "beside it", row.probe_beside);
  AppendFormat(out, "  resident: {} MB, at most {} MB\n", Megabytes(row.memory.resident_bytes),
               Megabytes(row.memory.peak_bytes));
  AppendFormat(out, "  met: {}\n", row.state);
  return out;
}

std::string RowJson(const Row& row) {
  std::string out = "{";
  AppendJsonText(out, "row", row.name);
  AppendJsonText(out, "engine", row.engine);
  AppendJsonText(out, "state", row.state);
  AppendJsonText(out, "note", row.note);
  AppendFormat(out, "\"ops\":{},\"user_bytes\":{},", row.ops, row.user_bytes);
  AppendJsonNumber(out, "ops_per_second", OpsPerSecond(row));
  AppendJsonNumber(out, "user_bytes_per_second", Ratio(row.user_bytes, row.wall_ns) * kNsPerSecond);
  AppendJsonNumber(out, "cpu_us", CpuUs(row, row.cpu_ns));
  AppendJsonLatencies(out, "", row.latencies);
  if (row.is_fill) AppendJsonFill(out, row);
  AppendFormat(out, "\"resident_bytes\":{},\"peak_bytes\":{}}}\n", row.memory.resident_bytes,
               row.memory.peak_bytes);
  return out;
}

}  // namespace cordwood::bench
