#include "bench/storage/workload.h"

#include <latch>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "base/number.h"

namespace cordwood::bench {
namespace {

constexpr std::string_view kFlushRuns = "flushruns";

const std::vector<Workload>& Workloads() {
  static const std::vector<Workload> kAll = {
      {"fillseq", WorkKind::kFill, FillSeq},
      {"fillrandom", WorkKind::kFill, FillRandom},
      {"overwrite", WorkKind::kFill, Overwrite},
      {"fillsync", WorkKind::kFill, FillSync},
      {"readrandom", WorkKind::kRead, ReadRandom},
      {"readmissing", WorkKind::kRead, ReadMissing},
      {"seekrandom", WorkKind::kRead, SeekRandom},
      {"scan", WorkKind::kRead, Scan},
      {"readwhilewriting", WorkKind::kFill, ReadWhileWriting},
      {"memtableadd", WorkKind::kRead, MemtableAdd},
      {"compact", WorkKind::kState, Compact},
      {"fillmemtable", WorkKind::kState, FillMemtable},
  };
  return kAll;
}

}  // namespace

std::optional<Workload> FindWorkload(std::string_view name) {
  for (const Workload& workload : Workloads()) {
    if (workload.name == name) return workload;
  }
  if (!name.starts_with(kFlushRuns)) return std::nullopt;
  const std::optional<uint64_t> runs = ParseUint64(name.substr(kFlushRuns.size()));
  if (!runs || *runs == 0) return std::nullopt;
  return Workload{kFlushRuns, WorkKind::kState,
                  [runs = *runs](const Context& context) { return FlushRuns(context, runs); }};
}

std::string WorkloadNames() {
  std::string names;
  for (const Workload& workload : Workloads()) names.append(workload.name).append(" ");
  return names.append(kFlushRuns).append("N");
}

Random RandomFor(const Context& context, std::string_view row, uint64_t thread) {
  return Random(Hash64(row, context.options.seed) + thread);
}

Histogram RunThreads(uint64_t threads, const std::function<void(uint64_t, Histogram&)>& body) {
  std::vector<Histogram> latencies(threads);
  std::latch start(static_cast<ptrdiff_t>(threads));
  std::vector<std::thread> running;
  for (uint64_t i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      start.arrive_and_wait();
      body(i, latencies[i]);
    });
  }
  for (std::thread& thread : running) thread.join();
  Histogram all;
  for (const Histogram& some : latencies) all.Add(some);
  return all;
}

}  // namespace cordwood::bench
