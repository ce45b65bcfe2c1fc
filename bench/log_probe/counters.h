#pragma once

// What the process and its device have done so far: read before and after, the difference is what
// lay between.
//
// Threads: any; no state. The device's figures count everybody's writes. The time that the kernel
// spends in threads of its own is not the process's, and so it counts as others'.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"

namespace cordwood::bench {

struct Counters {
  uint64_t ns = 0;
  uint64_t cpu_ns = 0;      // user and system time of the process
  uint64_t all_cpu_ns = 0;  // of the whole machine, in hundredths of a second
  uint64_t io_bytes = 0;    // write_bytes of /proc/self/io: pages made dirty, in whole folios
  std::optional<uint64_t> device_bytes;    // nothing if /proc/diskstats does not list the device
  std::optional<uint64_t> device_flushes;  // 0 for a partition: the whole disk counts them

  /// Processors that others kept busy.
  double others() const;

  Counters& operator+=(const Counters& other);
  friend Counters operator-(const Counters& after, const Counters& before);
};

/// The device that the directory lies on.
Result<dev_t> DeviceOf(const std::string& directory);

Counters ReadCounters(dev_t device);

}  // namespace cordwood::bench
