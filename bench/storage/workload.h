#pragma once

// What a row does, apart from how it is measured.
//
// Threads: a workload is run by one, and starts others.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "bench/storage/engine.h"
#include "bench/storage/entries.h"
#include "bench/storage/histogram.h"
#include "bench/storage/options.h"

namespace cordwood::bench {

/// Of one client, which stalls as it meets them: whatever is on its way, the time from one put to
/// the sixteenth behind it is what its owner waits.
inline constexpr uint64_t kPutsInARow = 16;

struct Context {
  const BenchOptions& options;
  Engine& engine;
  const ValuePool& values;
};

/// What was done.
struct Work {
  uint64_t ops = 0;
  uint64_t user_bytes = 0;  // keys and values of puts
  Histogram latencies;
  uint64_t longest_puts_ns = 0;  // of kPutsInARow in a row, by one client; 0: not measured
  std::string note;              // in words; may be empty
  // Of puts, where the latencies are of reads.
  std::optional<uint64_t> longest_put_ns;
  // Where not all that happens is to be measured.
  std::optional<uint64_t> wall_ns;
  std::optional<uint64_t> cpu_ns;
};

enum class WorkKind : uint8_t {
  kFill,   // writes, and is measured until the engine is idle again
  kRead,   // leaves nothing to do
  kState,  // builds what the next rows meet, and is not measured
};

struct Workload {
  std::string_view name;
  WorkKind kind;
  std::function<Work(const Context&)> run;
};

/// Nothing if there is none of this name.
std::optional<Workload> FindWorkload(std::string_view name);
/// All of them, in words.
std::string WorkloadNames();

/// For one thread of a row: the same numbers for every engine.
Random RandomFor(const Context& context, std::string_view row, uint64_t thread = 0);

/// Runs `body`(thread, latencies) in so many threads, which begin at the same time; returns the
/// latencies of all.
Histogram RunThreads(uint64_t threads, const std::function<void(uint64_t, Histogram&)>& body);

/// So much of `total` falls to the thread.
inline uint64_t ShareOf(uint64_t total, uint64_t thread, uint64_t threads) {
  return total / threads + (thread < total % threads ? 1 : 0);
}

// --- bench/storage/fills.cc ---

Work FillSeq(const Context& context);
Work FillRandom(const Context& context);
Work Overwrite(const Context& context);
Work FillSync(const Context& context);

// --- bench/storage/reads.cc ---

Work ReadRandom(const Context& context);
Work ReadMissing(const Context& context);
Work SeekRandom(const Context& context);
Work Scan(const Context& context);
Work ReadWhileWriting(const Context& context);

// --- bench/storage/states.cc ---

Work Compact(const Context& context);
Work FillMemtable(const Context& context);
Work FlushRuns(const Context& context, uint64_t runs);

// --- bench/storage/memtable_add.cc ---

Work MemtableAdd(const Context& context);

}  // namespace cordwood::bench
