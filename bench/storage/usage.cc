#include "bench/storage/usage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/format.h"
#include "bench/storage/clock.h"

namespace cordwood::bench {
namespace {

constexpr uint64_t kSectorBytes = 512;

uint64_t ClockNs(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

// The number behind `name` in a file with a name and a number in each line.
std::optional<uint64_t> FieldOf(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(name)) continue;
    std::istringstream rest(line.substr(name.size()));
    uint64_t value = 0;
    if (rest >> value) return value;
  }
  return std::nullopt;
}

std::optional<uint64_t> DeviceWrittenBytes(const std::string& dir) {
  struct stat info{};
  if (::stat(dir.c_str(), &info) != 0) return std::nullopt;
  std::ifstream file(Format("/sys/dev/block/{}:{}/stat", major(info.st_dev), minor(info.st_dev)));
  // Reads: requests, merged, sectors, milliseconds; then the same of writes.
  uint64_t fields[7] = {};
  for (uint64_t& field : fields) {
    if (!(file >> field)) return std::nullopt;
  }
  return fields[6] * kSectorBytes;
}

}  // namespace

Usage ReadUsage(const std::string& dir) {
  return {.wall_ns = NowNs(),
          .cpu_ns = CpuNs(),
          .written_bytes = FieldOf("/proc/self/io", "write_bytes:"),
          .device_written_bytes = DeviceWrittenBytes(dir)};
}

uint64_t CpuNs() { return ClockNs(CLOCK_PROCESS_CPUTIME_ID); }

uint64_t ThreadCpuNs() { return ClockNs(CLOCK_THREAD_CPUTIME_ID); }

void SettleDisk(const std::string& dir) {
  const int descriptor = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::syncfs(descriptor);
  ::close(descriptor);
}

Memory ReadMemory() {
  constexpr uint64_t kKilobyte = 1024;
  const std::string status = "/proc/self/status";
  return {.resident_bytes = FieldOf(status, "VmRSS:").value_or(0) * kKilobyte,
          .peak_bytes = FieldOf(status, "VmHWM:").value_or(0) * kKilobyte};
}

void ResetPeakMemory() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5\n";
}

}  // namespace cordwood::bench
