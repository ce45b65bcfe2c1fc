#pragma once

// The text of INFO. Every field is measured, or it is not there.
//
// Threads: the loop's.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "commands/core/memory_facts.h"
#include "config/config.h"
#include "keyspace/core/transaction.h"

namespace cordwood::pipeline {

class Pipeline;

/// What the process knows of itself; the functions measure when they are called.
struct ProcessFacts {
  struct Usage {
    uint64_t resident_bytes = 0;
    uint64_t peak_resident_bytes = 0;
    double user_cpu_seconds = 0;
    double system_cpu_seconds = 0;
  };
  std::string version;  // of Cordwood
  std::string os;
  std::string run_id;  // 40 hex digits, drawn at the start
  std::string executable;
  std::string config_file;
  std::string allocator;  // what memory comes from
  uint64_t process_id = 0;
  int64_t clients_max = 0;              // that the limit of open files allows; 0: not known
  uint64_t machine_memory_bytes = 0;    // all there is
  uint64_t available_memory_bytes = 0;  // to the process; the budget may be less
  uint64_t started_ns = 0;              // monotonic
  std::function<Usage()> usage;
  /// Null: the allocator does not tell.
  std::function<std::optional<commands::MemoryFacts::Allocator>()> allocator_use;
  std::function<std::string()> allocator_report;  // for people
  std::function<void(uint64_t ms)> pause;         // does nothing for so long
  std::function<bool()> purge_memory;             // gives what is free back to the system
  std::function<void(const Error&)> give_up;      // ends the process at once
  /// Listens where `config` says, and nowhere else; on failure where it did before.
  std::function<Status(const config::Config& config)> listen;
};

/// `sections` in lower case; empty, "default", "all" or "everything": all of them. Keys are counted
/// as `tx` shows them.
std::string InfoText(Pipeline& pipeline, const ProcessFacts& facts,
                     const std::vector<std::string>& sections, const keyspace::Transaction& tx,
                     const commands::MemoryFacts& memory);

}  // namespace cordwood::pipeline
