#include "bench/storage/options.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include "base/format.h"
#include "base/number.h"

namespace cordwood::bench {
namespace {

// A store has places for 64 readers.
constexpr uint64_t kThreadsMax = 60;
// Sixteen digits make a key.
constexpr uint64_t kKeysMax = 10'000'000'000'000'000;

/// Takes the value; false if it means nothing.
using Take = std::function<bool(BenchOptions&, std::string_view)>;

struct OptionRow {
  std::string_view name;
  std::string_view help;
  Take take;
};

Take Number(uint64_t BenchOptions::* field, uint64_t least, uint64_t most) {
  return [=](BenchOptions& options, std::string_view text) {
    const std::optional<uint64_t> value = ParseUint64(text);
    if (!value || *value < least || *value > most) return false;
    options.*field = *value;
    return true;
  };
}

Take Size(uint64_t EngineOptions::* field) {
  return [=](BenchOptions& options, std::string_view text) {
    const std::optional<uint64_t> value = ParseMemorySize(text);
    if (!value || *value == 0) return false;
    options.engine_options.*field = *value;
    return true;
  };
}

Take Text(std::string BenchOptions::* field) {
  return [=](BenchOptions& options, std::string_view text) {
    options.*field = text;
    return !text.empty();
  };
}

Take Flag(bool BenchOptions::* field) {
  return [=](BenchOptions& options, std::string_view text) {
    options.*field = true;
    return text.empty();
  };
}

bool TakeBenchmarks(BenchOptions& options, std::string_view text) {
  options.benchmarks.clear();
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    options.benchmarks.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return !options.benchmarks.empty();
}

bool TakeBloomBits(BenchOptions& options, std::string_view text) {
  constexpr uint64_t kMost = 64;
  const std::optional<uint64_t> bits = ParseUint64(text);
  if (!bits || *bits > kMost) return false;
  options.engine_options.bloom_bits = static_cast<uint32_t>(*bits);
  return true;
}

bool TakeWindow(BenchOptions& options, std::string_view text) {
  constexpr uint64_t kMost = 1 << 16;
  options.engine_options.window = ParseUint64(text).value_or(0);
  return options.engine_options.window > 0 && options.engine_options.window <= kMost;
}

bool TakeDurability(BenchOptions& options, std::string_view text) {
  options.engine_options.durability = text;
  return text == "always" || text == "everysec" || text == "no";
}

std::vector<OptionRow> Rows() {
  using Options = BenchOptions;
  return {
      {"engine", "cordwood, rocksdb or leveldb", Text(&Options::engine)},
      {"benchmarks", "names with commas between them", TakeBenchmarks},
      {"threads", "of reads and fillsync", Number(&Options::threads, 1, kThreadsMax)},
      {"num", "keys, and entries of a fill", Number(&Options::num, 1, kKeysMax)},
      {"reads", "a fifth of num without it", Number(&Options::reads, 1, UINT64_MAX)},
      {"seeks", "a tenth of the reads without it", Number(&Options::seeks, 1, UINT64_MAX)},
      {"synced_puts", "a thousandth of num without it, 1000 at least",
       Number(&Options::synced_puts, 1, UINT64_MAX)},
      {"value_size", "bytes", Number(&Options::value_bytes, 0, 1 << 20)},
      {"memtable_bytes", "64mb without it", Size(&EngineOptions::memtable_bytes)},
      {"cache_bytes", "256mb without it", Size(&EngineOptions::cache_bytes)},
      {"bloom_bits", "a key; 0: no filters", TakeBloomBits},
      {"dir", "kept; without it a temporary one in $BENCH_DIR or /tmp", Text(&Options::dir)},
      {"seed", "of keys and values", Number(&Options::seed, 0, UINT64_MAX)},
      {"durability", "always, everysec or no, of Cordwood's unsynced writes", TakeDurability},
      {"window", "64 without it: Cordwood's unsynced writes on their way", TakeWindow},
      {"json", "one line a row", Flag(&Options::json)},
      {"fdatasync_probe", "beside fills, and alone before", Flag(&Options::fdatasync_probe)},
  };
}

Status TakeArgument(const std::vector<OptionRow>& rows, std::string_view argument,
                    BenchOptions& options) {
  const size_t equals = std::min(argument.find('='), argument.size());
  const std::string_view value = argument.substr(std::min(equals + 1, argument.size()));
  for (const OptionRow& row : rows) {
    if (argument.substr(0, equals) != Format("--{}", row.name)) continue;
    if (row.take(options, value)) return {};
    return Fail(ErrorCode::kInvalidArgument,
                Format("'{}' is no value of --{}: {}", value, row.name, row.help));
  }
  return Fail(ErrorCode::kInvalidArgument, Format("unknown option '{}'", argument));
}

}  // namespace

std::string UsageText() {
  std::string text = "usage: storage_bench [--OPTION=VALUE]...\n";
  for (const OptionRow& row : Rows()) AppendFormat(text, "  --{:<16} {}\n", row.name, row.help);
  return text;
}

Result<BenchOptions> ParseOptions(std::span<char* const> arguments) {
  constexpr uint64_t kReadShare = 5;
  constexpr uint64_t kSeekShare = 10;
  constexpr uint64_t kSyncedShare = 1000;
  constexpr uint64_t kSyncedLeast = 1000;
  const std::vector<OptionRow> rows = Rows();
  BenchOptions options;
  for (const char* argument : arguments) CW_TRY(TakeArgument(rows, argument, options));
  if (options.reads == 0) options.reads = std::max<uint64_t>(options.num / kReadShare, 1);
  if (options.seeks == 0) options.seeks = std::max<uint64_t>(options.reads / kSeekShare, 1);
  if (options.synced_puts == 0) {
    options.synced_puts = std::max(options.num / kSyncedShare, kSyncedLeast);
  }
  return options;
}

}  // namespace cordwood::bench
