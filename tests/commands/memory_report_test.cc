#include "commands/server/memory_report.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/commands/runner.h"

namespace cordwood::commands::server {
namespace {

constexpr uint64_t kMb = 1 << 20;

MemoryFacts Ordinary() {
  return {.budget = 200 * kMb,
          .memtables = 20 * kMb,
          .block_cache = 60 * kMb,
          .filters_and_indexes = 5 * kMb,
          .clients = 1 * kMb,
          .scan_cursors = 4 * kMb,
          .peak = 100 * kMb,
          .startup = 1 * kMb,
          .resident = 120 * kMb,
          .allocator = {{.allocated = 90 * kMb, .active = 95 * kMb, .resident = 100 * kMb}},
          .connections = 10};
}

bool Says(const MemoryFacts& memory, std::string_view what) {
  return MemoryReport(memory).find(what) != std::string::npos;
}

TEST(MemoryReport, SaysNothingOfWhatIsOrdinary) {
  EXPECT_EQ(MemoryReport(Ordinary()), "No issue with memory was found.\n");
  EXPECT_TRUE(Says({.clients = 1000}, "very little memory"));
}

TEST(MemoryReport, NamesWhatStandsOut) {
  MemoryFacts memory = Ordinary();
  memory.peak = 136 * kMb;
  EXPECT_TRUE(Says(memory, "Peak:"));
  memory = Ordinary();
  memory.resident = 240 * kMb;
  EXPECT_TRUE(Says(memory, "Resident:"));
  memory = Ordinary();
  memory.allocator->active = 110 * kMb;
  EXPECT_TRUE(Says(memory, "Fragmentation:"));
  EXPECT_FALSE(Says(memory, "Free pages:"));
  memory.allocator->resident = 130 * kMb;
  EXPECT_TRUE(Says(memory, "Free pages:"));
  memory = Ordinary();
  memory.clients = 3 * kMb;
  EXPECT_TRUE(Says(memory, "Clients: 10 connections"));
}

TEST(MemoryStats, TellWhatIsMeasured) {
  CommandRunner runner;
  runner.host().memory = Ordinary();
  runner.Run({"SET", "a", "1"});
  runner.Run({"SET", "b", "1"});
  const std::string stats = runner.Run({"MEMORY", "STATS"});
  const auto has = [&](std::string_view name, int64_t value) {
    const std::string field = Bulk(name) + Integer(value);
    EXPECT_NE(stats.find(field), std::string::npos) << name << " in " << stats;
  };
  has("peak.allocated", 100 * kMb);
  has("total.allocated", 90 * kMb);
  has("startup.allocated", kMb);
  has("clients.normal", kMb);
  has("overhead.total", 10 * kMb);
  has("dataset.bytes", 80 * kMb);
  has("keys.count", 2);
  has("keys.bytes-per-key", 40 * kMb);
  has("allocator.allocated", 90 * kMb);
  has("allocator-fragmentation.bytes", 5 * kMb);
  has("fragmentation.bytes", 30 * kMb);
  EXPECT_NE(stats.find(Bulk("peak.percentage") + Bulk("90")), std::string::npos) << stats;
  EXPECT_TRUE(stats.starts_with("*48\r\n")) << stats;
  runner.host().memory.allocator.reset();
  EXPECT_TRUE(runner.Run({"MEMORY", "STATS"}).starts_with("*34\r\n"));
  runner.UseResp(3);
  EXPECT_TRUE(runner.Run({"MEMORY", "STATS"}).starts_with("%17\r\n"));
}

TEST(MemoryStats, HaveReportsForPeople) {
  CommandRunner runner;
  runner.host().memory = Ordinary();
  EXPECT_EQ(runner.Run({"MEMORY", "DOCTOR"}), Bulk("No issue with memory was found.\n"));
  EXPECT_EQ(runner.Run({"MEMORY", "MALLOC-STATS"}), Bulk("an allocator"));
}

}  // namespace
}  // namespace cordwood::commands::server
