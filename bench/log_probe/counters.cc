#include "bench/log_probe/counters.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

namespace cordwood::bench {
namespace {

constexpr uint64_t kDiskstatsSectorBytes = 512;  // whatever the device's own are

// Of the numbers behind the name of a device (Documentation/admin-guide/iostats.rst).
constexpr size_t kSectorsWritten = 6;
constexpr size_t kFlushes = 15;

// Of the numbers behind "cpu" in /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
// What follows is part of user.
constexpr size_t kIdle = 3;
constexpr size_t kWaitsForIo = 4;
constexpr size_t kCpuFields = 8;

uint64_t CpuNs() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<uint64_t>(time.tv_usec) * 1'000;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

uint64_t AllCpuNs() {
  std::ifstream stat("/proc/stat");
  std::string name;
  stat >> name;
  uint64_t ticks = 0;
  uint64_t value = 0;
  for (size_t i = 0; i < kCpuFields && stat >> value; ++i) {
    if (i != kIdle && i != kWaitsForIo) ticks += value;
  }
  return ticks * 1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
}

uint64_t IoBytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (uint64_t value = 0; io >> name >> value;) {
    if (name == "write_bytes:") return value;
  }
  return 0;
}

void ReadDevice(dev_t device, Counters& counters) {
  std::ifstream stats("/proc/diskstats");
  for (std::string line; std::getline(stats, line);) {
    std::istringstream fields(line);
    unsigned int number[2] = {};
    std::string name;
    fields >> number[0] >> number[1] >> name;
    if (makedev(number[0], number[1]) != device) continue;
    uint64_t value = 0;
    for (size_t i = 0; fields >> value; ++i) {
      if (i == kSectorsWritten) counters.device_bytes = value * kDiskstatsSectorBytes;
      if (i == kFlushes) counters.device_flushes = value;
    }
  }
}

std::optional<uint64_t> Difference(std::optional<uint64_t> after, std::optional<uint64_t> before) {
  if (!after || !before) return std::nullopt;
  return *after - *before;
}

std::optional<uint64_t> Sum(std::optional<uint64_t> sum, std::optional<uint64_t> more) {
  if (!more) return sum;
  return sum.value_or(0) + *more;
}

}  // namespace

double Counters::others() const {
  const uint64_t own = std::min(cpu_ns, all_cpu_ns);
  return static_cast<double>(all_cpu_ns - own) / static_cast<double>(std::max<uint64_t>(ns, 1));
}

Counters& Counters::operator+=(const Counters& other) {
  ns += other.ns;
  cpu_ns += other.cpu_ns;
  all_cpu_ns += other.all_cpu_ns;
  io_bytes += other.io_bytes;
  device_bytes = Sum(device_bytes, other.device_bytes);
  device_flushes = Sum(device_flushes, other.device_flushes);
  return *this;
}

Counters operator-(const Counters& after, const Counters& before) {
  return {.ns = after.ns - before.ns,
          .cpu_ns = after.cpu_ns - before.cpu_ns,
          .all_cpu_ns = after.all_cpu_ns - before.all_cpu_ns,
          .io_bytes = after.io_bytes - before.io_bytes,
          .device_bytes = Difference(after.device_bytes, before.device_bytes),
          .device_flushes = Difference(after.device_flushes, before.device_flushes)};
}

Result<dev_t> DeviceOf(const std::string& directory) {
  struct stat status{};
  if (stat(directory.c_str(), &status) == 0) return status.st_dev;
  return Fail(ErrorCode::kNotFound, directory + " is no directory");
}

Counters ReadCounters(dev_t device) {
  Counters counters;
  ReadDevice(device, counters);
  counters.io_bytes = IoBytes();
  counters.all_cpu_ns = AllCpuNs();
  counters.cpu_ns = CpuNs();
  counters.ns = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::steady_clock::now().time_since_epoch())
                                          .count());
  return counters;
}

}  // namespace cordwood::bench
