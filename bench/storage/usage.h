#pragma once

// What the process has taken so far, of the processor and of the disk; two of these are subtracted.
//
// The bytes that went to the disk are counted twice, because neither count is the whole truth. The
// kernel's count for the process (/proc/self/io) says what was made dirty, in whole pages or
// folios, also of a file that is removed before it is written. The block device's own count says
// what it was given, by everybody who uses it.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>

namespace cordwood::bench {

struct Usage {
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;                           // of all threads
  std::optional<uint64_t> written_bytes;         // nothing: the kernel does not say
  std::optional<uint64_t> device_written_bytes;  // nothing: the directory has no device of its own
};

/// `dir` is where the data lies.
Usage ReadUsage(const std::string& dir);

/// Of the process alone.
uint64_t CpuNs();
/// Of the calling thread alone.
uint64_t ThreadCpuNs();

/// Has the kernel write what is dirty on the file system of `dir`, so that the device has counted
/// what was done until now. Waits for it.
void SettleDisk(const std::string& dir);

struct Memory {
  uint64_t resident_bytes = 0;
  uint64_t peak_bytes = 0;
};
Memory ReadMemory();
/// From now on the peak is counted anew, if the kernel lets us.
void ResetPeakMemory();

}  // namespace cordwood::bench
