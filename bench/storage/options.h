#pragma once

// The command line of storage_bench: --name=value.
//
// Threads: any; no state.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "bench/storage/engine.h"

namespace cordwood::bench {

struct BenchOptions {
  std::string engine = "cordwood";
  std::vector<std::string> benchmarks = {"fillrandom", "readrandom"};
  uint64_t threads = 1;
  uint64_t num = 5'000'000;
  uint64_t reads = 0;        // 0: a fifth of num
  uint64_t seeks = 0;        // 0: a tenth of the reads
  uint64_t synced_puts = 0;  // 0: a thousandth of num, as in db_bench, and a thousand at least
  uint64_t value_bytes = 100;
  uint64_t seed = 1;
  std::string dir;  // empty: a temporary one, which is removed
  bool json = false;
  bool fdatasync_probe = false;
  EngineOptions engine_options;  // but for the directory
};

std::string UsageText();
/// The arguments without the program's name. kInvalidArgument says which and why.
Result<BenchOptions> ParseOptions(std::span<char* const> arguments);

}  // namespace cordwood::bench
