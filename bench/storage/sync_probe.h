#pragma once

// What a bare fdatasync takes in the directory of the data: one thread writes the same 4 KiB of a
// file again and again, and syncs each time. Alone it shows what the disk can do; beside a load,
// what that leaves to others.
//
// Threads: created, started and stopped by one; it has one of its own.

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "bench/storage/histogram.h"

namespace cordwood::bench {

class SyncProbe {
 public:
  /// What it took of the process's time and writes is to be subtracted from what was measured.
  struct Result {
    Histogram latencies;
    uint64_t cpu_ns = 0;
    uint64_t written_bytes = 0;
  };

  explicit SyncProbe(const std::string& dir);
  ~SyncProbe();
  SyncProbe(const SyncProbe&) = delete;
  SyncProbe& operator=(const SyncProbe&) = delete;

  void Start();
  Result Stop();
  /// Starts, and stops after a while.
  Result RunAlone();

 private:
  void Run();

  const std::string path_;
  int descriptor_ = -1;
  std::atomic<bool> stopping_ = false;
  Result result_;
  std::thread thread_;
};

}  // namespace cordwood::bench
