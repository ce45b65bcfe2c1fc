#include "commands/server/memory_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "commands/core/call.h"
#include "commands/core/process.h"

namespace cordwood::commands::server {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

double Ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

/// A map whose length is known last.
class Stats {
 public:
  explicit Stats(protocol::ReplyWriter& reply) : reply_(reply), start_(reply.size()) {}
  void Add(std::string_view name, uint64_t bytes) {
    Name(name);
    reply_.Integer(static_cast<int64_t>(bytes));
  }
  void AddRatio(std::string_view name, double ratio) {
    Name(name);
    reply_.Double(ratio);
  }
  void End() { reply_.InsertMapHeader(start_, fields_); }

 private:
  void Name(std::string_view name) {
    reply_.Bulk(name);
    ++fields_;
  }

  protocol::ReplyWriter& reply_;
  const size_t start_;
  size_t fields_ = 0;
};

void AddAllocator(const MemoryFacts::Allocator& allocator, Stats& stats) {
  stats.Add("allocator.allocated", allocator.allocated);
  stats.Add("allocator.active", allocator.active);
  stats.Add("allocator.resident", allocator.resident);
  stats.AddRatio("allocator-fragmentation.ratio", Ratio(allocator.active, allocator.allocated));
  stats.Add("allocator-fragmentation.bytes",
            allocator.active - std::min(allocator.active, allocator.allocated));
  stats.AddRatio("allocator-rss.ratio", Ratio(allocator.resident, allocator.active));
  stats.Add("allocator-rss.bytes",
            allocator.resident - std::min(allocator.resident, allocator.active));
}

uint64_t CountKeys(const Call& call) {
  int64_t keys = 0;
  for (int db = 0; db < call.tx.keyspace().databases().count(); ++db) {
    keys += std::max<int64_t>(call.tx.CountOf(db, keyspace::CounterKind::kKeys), 0);
  }
  return static_cast<uint64_t>(keys);
}

}  // namespace

Status MemoryStats(Call& call) {
  const MemoryFacts memory = call.host.process.Memory();
  const uint64_t used = memory.used();
  const uint64_t data = memory.memtables + memory.block_cache;
  const uint64_t keys = CountKeys(call);
  Stats stats(call.reply);
  stats.Add("peak.allocated", memory.peak);
  stats.Add("total.allocated", used);
  stats.Add("startup.allocated", memory.startup);
  stats.Add("clients.normal", memory.clients);
  stats.Add("memtables", memory.memtables);
  stats.Add("block.cache", memory.block_cache);
  stats.Add("filters.and.indexes", memory.filters_and_indexes);
  stats.Add("scan.cursors", memory.scan_cursors);
  stats.Add("tracking.table", memory.tracking_table);
  stats.Add("overhead.total", used - data);
  stats.Add("keys.count", keys);
  stats.Add("keys.bytes-per-key", keys == 0 ? 0 : data / keys);
  stats.Add("dataset.bytes", data);
  stats.AddRatio("dataset.percentage", Ratio(data, used) * 100);
  stats.AddRatio("peak.percentage", Ratio(used, memory.peak) * 100);
  if (memory.allocator) AddAllocator(*memory.allocator, stats);
  const uint64_t in_use = memory.in_use();
  stats.AddRatio("fragmentation", Ratio(memory.resident, in_use));
  stats.Add("fragmentation.bytes", memory.resident - std::min(memory.resident, in_use));
  stats.End();
  return {};
}

Status MemoryDoctor(Call& call) {
  call.reply.VerbatimString(MemoryReport(call.host.process.Memory()));
  return {};
}

Status MemoryMallocStats(Call& call) {
  call.reply.VerbatimString(call.host.process.AllocatorReport());
  return {};
}

std::string MemoryReport(const MemoryFacts& memory) {
  constexpr uint64_t kLittle = 5 * kMegabyte;
  constexpr uint64_t kMuchOfAClient = 200 << 10;
  const uint64_t used = memory.used();
  if (used < kLittle) {
    return "This server uses very little memory: there is nothing to say about it yet.\n";
  }
  const auto exceeds = [](uint64_t more, uint64_t less, double ratio) {
    return Ratio(more, less) > ratio && more - less > 10 * kMegabyte;
  };
  std::vector<std::string> findings;
  if (Ratio(memory.peak, used) > 1.5) {
    findings.push_back(
        Format("Peak: it has used {} bytes, more than half as much again as now. "
               "MEMORY PURGE gives back what the allocator still has of that.",
               memory.peak));
  }
  if (exceeds(memory.resident, std::max(used, memory.budget), 1.1)) {
    findings.push_back(
        Format("Resident: the process holds {} bytes, and its budget (maxmemory) "
               "is {}. Large values on their way to the disk, or the allocator, "
               "have the rest.",
               memory.resident, memory.budget));
  }
  if (memory.allocator) {
    const auto& [allocated, active, resident] = *memory.allocator;
    if (exceeds(active, allocated, 1.1)) {
      findings.emplace_back(
          "Fragmentation: the allocator's pages hold much that is free between what is in use.");
    }
    if (exceeds(resident, active, 1.1)) {
      findings.emplace_back("Free pages: the allocator holds many. MEMORY PURGE gives them back.");
    }
  }
  if (memory.clients / std::max<uint64_t>(memory.connections, 1) > kMuchOfAClient) {
    findings.push_back(
        Format("Clients: {} connections hold {} bytes. CLIENT LIST shows who: qbuf "
               "is what they sent, omem and obl what they have not read.",
               memory.connections, memory.clients));
  }
  if (findings.empty()) return "No issue with memory was found.\n";
  std::string report = "What stands out:\n\n";
  for (const std::string& finding : findings) AppendFormat(report, " * {}\n\n", finding);
  return report;
}

}  // namespace cordwood::commands::server
