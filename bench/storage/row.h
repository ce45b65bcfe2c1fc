#pragma once

// What was measured of one benchmark, and how it is printed.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>

#include "bench/storage/engine.h"
#include "bench/storage/histogram.h"
#include "bench/storage/usage.h"

namespace cordwood::bench {

struct Row {
  std::string name;
  std::string engine;
  std::string state;  // that it met
  std::string note;
  uint64_t ops = 0;
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;  // of all threads
  Histogram latencies;
  uint64_t longest_put_ns = 0;   // of fills
  uint64_t longest_puts_ns = 0;  // Work says of which

  // Of fills: until the engine was idle again.
  bool is_fill = false;
  bool became_idle = true;
  uint64_t drain_ns = 0;
  uint64_t drain_cpu_ns = 0;

  uint64_t user_bytes = 0;
  std::optional<uint64_t> written_bytes;  // Usage says what the two are
  std::optional<uint64_t> device_written_bytes;
  Memory memory;

  std::optional<storage::HeldWrites> held;  // nothing: the engine does not tell
  std::optional<Histogram> probe_alone;
  std::optional<Histogram> probe_beside;
};

/// Several lines for people, or one of JSON.
std::string RowText(const Row& row);
std::string RowJson(const Row& row);

}  // namespace cordwood::bench
