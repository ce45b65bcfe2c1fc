#pragma once

// What the pipeline counts for INFO. Threads: the loop's.

#include <cstdint>

#include "storage/held_writes.h"

namespace cordwood::pipeline {

struct PipelineStats {
  uint64_t connections_received = 0;
  uint64_t rejected_connections = 0;
  uint64_t commands_processed = 0;
  uint64_t input_bytes = 0;
  uint64_t output_bytes = 0;
  uint64_t error_replies = 0;
  uint64_t reads_at_visible = 0;       // plain reads that ran at once (R1)
  uint64_t executed = 0;               // commands that ran on the executor
  uint64_t reruns = 0;                 // of commands whose blocks were cold
  uint64_t own_runs = 0;               // of commands, and slices, that got a stack of their own
  uint64_t long_writes = 0;            // of these, writes beside which others go on
  uint64_t long_writes_overtaken = 0;  // and so often they had to begin anew
  uint64_t held_for_admission = 0;     // writes that had to wait
  storage::HeldWrites held_writes;     // these, and those that waited for another write
  uint64_t query_buffer_disconnections = 0;
  uint64_t output_buffer_disconnections = 0;
  uint64_t evicted_clients = 0;
  uint64_t failed_logins = 0;
  uint64_t longest_turn_ns = 0;  // that the loop did one thing and nothing else
  uint64_t peak_clients = 0;

  /// Takes the rates of about the last second. Called often, on the monotonic clock. True if such a
  /// second is over.
  bool Sample(uint64_t now_ns);

  uint64_t sampled_commands = 0;
  uint64_t sampled_input_bytes = 0;
  uint64_t sampled_output_bytes = 0;
  uint64_t sampled_ns = 0;
  double ops_per_second = 0;
  double input_bytes_per_second = 0;
  double output_bytes_per_second = 0;
};

}  // namespace cordwood::pipeline
