// What it costs to write a commit log on the file system of a directory: each way to make one group
// durable, and each way to write groups that a sync a second makes durable, into segments in each
// state that they can be prepared in.
//
//   log_probe --dir DIR [--seconds 2] [--rounds 3] [--segment_mb 64] [--frames_kb 4,16,64]
//             [--group_bytes 216] [--rate 50000] [--only TEXT]
//             [--tries 1] [--others 0.25]
//     --frames_kb    the frames of the ways that sync each group, which fill them
//     --group_bytes  header and records of a group of the ways that do not, a multiple of 8; 0:
//                    without those ways
//     --rate         such groups a second; 0: as many as it goes
//     --only         the rows in whose way or segment TEXT occurs
//     --tries        how often a row is measured in a round at most, until others keep no more than
//                    --others processors busy; the try with the least of that counts
//
// Rows are measured in turn, as many rounds of them as asked, and each figure is the median of its
// rounds. Prints tables in Markdown. What the kernel or the file system refuses, its rows say.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "bench/log_probe/row.h"

namespace cordwood::bench {
namespace {

struct Options {
  RowLimits limits{.segment_bytes = 64 << 20, .seconds = 2, .unsynced_rate = 50'000};
  std::vector<uint64_t> frame_kb = {4, 16, 64};
  uint64_t rounds = 3;
  uint64_t tries = 1;
  double others = 0.25;
  uint64_t group_bytes = 216;
  std::string only;
};

struct Measured {
  Row row;
  std::vector<Sample> rounds;
  std::string refusal;
};

std::vector<uint64_t> ParseList(std::string_view text) {
  std::vector<uint64_t> numbers;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    numbers.push_back(ParseUint64(text.substr(0, comma)).value_or(0));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return numbers;
}

/// False if there is no such option.
bool SetOption(Options& options, std::string_view name, std::string_view value) {
  const uint64_t number = ParseUint64(value).value_or(0);
  if (name == "--dir") {
    options.limits.directory = value;
  } else if (name == "--seconds") {
    options.limits.seconds = ParseDouble(value).value_or(0);
  } else if (name == "--rounds") {
    options.rounds = number;
  } else if (name == "--tries") {
    options.tries = number;
  } else if (name == "--others") {
    options.others = ParseDouble(value).value_or(0);
  } else if (name == "--segment_mb") {
    options.limits.segment_bytes = number << 20;
  } else if (name == "--frames_kb") {
    options.frame_kb = ParseList(value);
  } else if (name == "--group_bytes") {
    options.group_bytes = number;
  } else if (name == "--rate") {
    options.limits.unsynced_rate = number;
  } else if (name == "--only") {
    options.only = value;
  } else {
    return false;
  }
  return true;
}

bool AreSound(const Options& options) {
  constexpr uint64_t kSegmentMin = 1 << 20;
  constexpr uint64_t kGroupMax = kSegmentMin / 2;
  const auto is_frame = [](uint64_t kb) { return kb > 0 && kb % 4 == 0 && kb << 10 <= kGroupMax; };
  return !options.limits.directory.empty() && options.limits.segment_bytes >= kSegmentMin &&
         options.limits.seconds > 0 && options.rounds > 0 && options.tries > 0 &&
         std::ranges::all_of(options.frame_kb, is_frame) && options.group_bytes % 8 == 0 &&
         options.group_bytes <= kGroupMax;
}

std::optional<Options> ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !SetOption(options, argv[i], argv[i + 1])) return std::nullopt;
  }
  if (!AreSound(options)) return std::nullopt;
  return options;
}

std::vector<Measured> RowsFor(const Options& options) {
  std::vector<Measured> rows;
  const auto add = [&](WayKind way, uint64_t group_bytes) {
    for (const SegmentState state : kSegmentStates) {
      const std::string name = Format("{} | {}", WayName(way), StateName(state));
      if (!name.contains(options.only)) continue;
      rows.push_back({.row = {.way = way, .state = state, .group_bytes = group_bytes}});
    }
  };
  for (const uint64_t kb : options.frame_kb) {
    for (const WayKind way : kSyncedWays) add(way, kb << 10);
  }
  if (options.group_bytes == 0) return rows;
  for (const WayKind way : kUnsyncedWays) add(way, options.group_bytes);
  return rows;
}

/// On a machine with other work, the try that it disturbed least.
Result<Sample> MeasureUndisturbed(const Row& row, const Options& options) {
  CW_ASSIGN(Sample best, Measure(row, options.limits));
  for (uint64_t i = 1; i < options.tries && best.used.others() > options.others; ++i) {
    CW_ASSIGN(Sample sample, Measure(row, options.limits));
    if (sample.used.others() < best.used.others()) best = std::move(sample);
  }
  return best;
}

/// Every row once. False if one failed in a way that says nothing about this file system.
bool MeasureRound(std::vector<Measured>& rows, const Options& options) {
  for (Measured& measured : rows) {
    if (!measured.refusal.empty()) continue;
    const Row& row = measured.row;
    std::fputs(Format("{}, {}, {} bytes\n", WayName(row.way), StateName(row.state), row.group_bytes)
                   .c_str(),
               stderr);
    Result<Sample> sample = MeasureUndisturbed(row, options);
    if (sample) {
      measured.rounds.push_back(*std::move(sample));
    } else if (sample.error().code() == ErrorCode::kUnsupported) {
      measured.refusal = sample.error().message();
    } else {
      std::fputs(Format("log_probe: {}\n", sample.error().message()).c_str(), stderr);
      return false;
    }
  }
  return true;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

using Figure = std::function<double(const Sample&)>;

double Median(const std::vector<Sample>& rounds, const Figure& figure) {
  std::vector<double> values;
  for (const Sample& sample : rounds) values.push_back(figure(sample));
  return Median(std::move(values));
}

std::string RowText(const Measured& measured) {
  const Row& row = measured.row;
  std::string text =
      Format("| {} | {} | {} |", WayName(row.way), StateName(row.state), row.group_bytes);
  if (!measured.refusal.empty()) {
    return text + Format(" refused: {} | | | | | | | | | |\n", measured.refusal);
  }
  const auto append = [&](int digits, const Figure& figure) {
    AppendFormat(text, " {:.{}f} |", Median(measured.rounds, figure), digits);
  };
  append(0, [](const Sample& s) {
    return static_cast<double>(s.groups) / (static_cast<double>(s.used.ns) / 1e9);
  });
  for (const double share : {0.5, 0.99, 0.999, 1.0}) {
    append(share < 0.99 ? 1 : 0, [share](const Sample& s) { return s.LatencyUs(share); });
  }
  append(2, [](const Sample& s) { return s.PerGroup(s.used.cpu_ns) / 1e3; });
  append(2, [](const Sample& s) { return s.used.others(); });
  append(0, [](const Sample& s) { return s.PerGroup(s.used.io_bytes); });
  if (!measured.rounds.front().used.device_bytes) return text + " - | - |\n";
  append(0, [](const Sample& s) { return s.PerGroup(s.used.device_bytes.value_or(0)); });
  append(3, [](const Sample& s) { return s.PerGroup(s.used.device_flushes.value_or(0)); });
  return text + "\n";
}

void PrintRows(const std::vector<Measured>& rows) {
  std::puts(
      "| way | segment | group bytes | groups/s | p50 us | p99 us | p99.9 us | max us "
      "| CPU us/group | others' CPUs | write_bytes/group | device bytes/group | flushes/group |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|");
  for (const Measured& measured : rows) std::fputs(RowText(measured).c_str(), stdout);
}

std::vector<Counters> PreparationsOf(const std::vector<Measured>& rows, SegmentState state) {
  std::vector<Counters> all;
  for (const Measured& measured : rows) {
    if (measured.row.state != state) continue;
    for (const Sample& sample : measured.rounds) {
      all.insert(all.end(), sample.preparations.begin(), sample.preparations.end());
    }
  }
  return all;
}

/// What a server would have paid for each segment before its first frame.
void PrintPreparations(const std::vector<Measured>& rows) {
  std::puts("\n| segment | prepared in ms | CPU ms | MiB on the device |\n|---|---|---|---|");
  for (const SegmentState state : kSegmentStates) {
    const std::vector<Counters> all = PreparationsOf(rows, state);
    if (all.empty()) continue;
    std::string text = Format("| {} |", StateName(state));
    const auto append = [&](double unit, uint64_t (*amount)(const Counters&)) {
      std::vector<double> values;
      for (const Counters& used : all) {
        values.push_back(static_cast<double>(amount(used)) / unit);
      }
      AppendFormat(text, " {:.2f} |", Median(std::move(values)));
    };
    append(1e6, [](const Counters& c) { return c.ns; });
    append(1e6, [](const Counters& c) { return c.cpu_ns; });
    if (all.front().device_bytes) {
      append(1 << 20, [](const Counters& c) { return c.device_bytes.value_or(0); });
    } else {
      text += " - |";
    }
    std::puts(text.c_str());
  }
}

int Run(const Options& options) {
  std::vector<Measured> rows = RowsFor(options);
  for (uint64_t round = 0; round < options.rounds; ++round) {
    if (!MeasureRound(rows, options)) return 1;
  }
  PrintRows(rows);
  PrintPreparations(rows);
  return 0;
}

}  // namespace
}  // namespace cordwood::bench

int main(int argc, char** argv) {
  const std::optional<cordwood::bench::Options> options = cordwood::bench::ParseOptions(argc, argv);
  if (!options) {
    std::fputs(
        "usage: log_probe --dir DIR [--seconds 2] [--rounds 3] [--segment_mb 64]\n"
        "                 [--frames_kb 4,16,64] [--group_bytes 216] [--rate 50000] [--only TEXT]\n"
        "                 [--tries 1] [--others 0.25]\n",
        stderr);
    return 2;
  }
  return cordwood::bench::Run(*options);
}
