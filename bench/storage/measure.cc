#include "bench/storage/measure.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "bench/storage/drain.h"
#include "bench/storage/sync_probe.h"

namespace cordwood::bench {
namespace {

std::optional<uint64_t> Less(const std::optional<uint64_t>& a, const std::optional<uint64_t>& b,
                             uint64_t c) {
  if (!a || !b) return std::nullopt;
  return *a - std::min(*a, *b + c);
}

// A probe is in the way of nothing but fills.
std::unique_ptr<SyncProbe> MakeProbe(const Workload& workload, const Context& context,
                                     const std::string& dir, Row& row) {
  if (!context.options.fdatasync_probe || workload.kind != WorkKind::kFill) return nullptr;
  auto probe = std::make_unique<SyncProbe>(dir);
  row.probe_alone = probe->RunAlone().latencies;
  return probe;
}

}  // namespace

Row Measure(const Workload& workload, const Context& context, const std::string& dir) {
  Engine& engine = context.engine;
  Row row{.name = std::string(workload.name),
          .engine = context.options.engine,
          .state = engine.Shape(),
          .is_fill = workload.kind == WorkKind::kFill};
  const std::unique_ptr<SyncProbe> probe = MakeProbe(workload, context, dir, row);
  SettleDisk(dir);  // what others left is not the row's
  ResetPeakMemory();
  engine.TakeHeldWrites();
  const Usage before = ReadUsage(dir);
  if (probe != nullptr) probe->Start();
  Work work = workload.run(context);
  const SyncProbe::Result probed = probe != nullptr ? probe->Stop() : SyncProbe::Result();
  const Usage after = ReadUsage(dir);
  row.memory = ReadMemory();
  if (probe != nullptr) row.probe_beside = probed.latencies;
  row.note = std::move(work.note);
  row.ops = work.ops;
  row.user_bytes = work.user_bytes;
  row.latencies = work.latencies;
  row.longest_put_ns = work.longest_put_ns.value_or(work.latencies.max_ns());
  row.longest_puts_ns = work.longest_puts_ns;
  row.wall_ns = work.wall_ns.value_or(after.wall_ns - before.wall_ns);
  row.cpu_ns = work.cpu_ns.value_or(after.cpu_ns - before.cpu_ns - probed.cpu_ns);
  if (!row.is_fill) return row;

  const Drained drained = Drain(engine);
  row.held = engine.TakeHeldWrites();
  SettleDisk(dir);
  const Usage idle = ReadUsage(dir);
  row.became_idle = drained.is_idle;
  row.drain_ns = drained.ns;
  row.drain_cpu_ns = idle.cpu_ns - after.cpu_ns;
  row.written_bytes = Less(idle.written_bytes, before.written_bytes, probed.written_bytes);
  row.device_written_bytes =
      Less(idle.device_written_bytes, before.device_written_bytes, probed.written_bytes);
  row.memory.peak_bytes = std::max(row.memory.peak_bytes, ReadMemory().peak_bytes);
  return row;
}

}  // namespace cordwood::bench
