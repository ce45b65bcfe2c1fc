#include "server/process.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string_view>

#include "base/format.h"
#include "server/version.h"

// Of jemalloc: there is one if the program is linked with it.
// NOLINTNEXTLINE(readability-identifier-naming): the name is jemalloc's.
extern "C" [[gnu::weak]] int mallctl(const char* name, void* old_value, size_t* old_bytes,
                                     void* new_value, size_t new_bytes);
// NOLINTNEXTLINE(readability-identifier-naming): the same.
extern "C" [[gnu::weak]] void malloc_stats_print(void (*write)(void* to, const char* text),
                                                 void* to, const char* options);

namespace cordwood::server {
namespace {

std::string AllocatorName() {
  if (mallctl == nullptr) return "libc";
  struct {
    const char* text = "";
  } version;
  size_t bytes = sizeof(version);
  if (mallctl("version", &version, &bytes, nullptr, 0) != 0) return "jemalloc";
  // As in 5.3.0-0-g54eaed1d8b56.
  const std::string_view text(version.text);
  return Format("jemalloc-{}", text.substr(0, text.find('-')));
}

/// Of one of jemalloc's numbers.
uint64_t AllocatorNumber(const char* name) {
  size_t number = 0;
  size_t bytes = sizeof(number);
  return mallctl(name, &number, &bytes, nullptr, 0) == 0 ? number : 0;
}

std::optional<commands::MemoryFacts::Allocator> MeasureAllocator() {
  if (mallctl == nullptr) return std::nullopt;
  // Its numbers are as of the last time that this was set.
  uint64_t epoch = 1;
  size_t bytes = sizeof(epoch);
  mallctl("epoch", &epoch, &bytes, &epoch, bytes);
  return commands::MemoryFacts::Allocator{.allocated = AllocatorNumber("stats.allocated"),
                                          .active = AllocatorNumber("stats.active"),
                                          .resident = AllocatorNumber("stats.resident")};
}

std::string AllocatorReport() {
  if (malloc_stats_print == nullptr) return "Stats not supported for the current allocator";
  std::string report;
  const auto append = [](void* to, const char* text) { *static_cast<std::string*>(to) += text; };
  malloc_stats_print(append, &report, nullptr);
  return report;
}

uint64_t MachineMemoryBytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

bool PurgeMemory() {
  if (mallctl == nullptr) return true;
  // Its name for all arenas.
  return mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0) == 0;
}

sigset_t Hangup() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  return signals;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

pipeline::ProcessFacts::Usage MeasureUsage() {
  pipeline::ProcessFacts::Usage usage;
  rusage counters{};
  getrusage(RUSAGE_SELF, &counters);
  usage.user_cpu_seconds = Seconds(counters.ru_utime);
  usage.system_cpu_seconds = Seconds(counters.ru_stime);
  usage.peak_resident_bytes = static_cast<uint64_t>(counters.ru_maxrss) * 1024;
  uint64_t total_pages = 0;
  uint64_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  usage.resident_bytes = resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return usage;
}

}  // namespace

uint64_t RaiseOpenFileLimit(uint64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  for (const rlim_t raised : {limit.rlim_max, std::min<rlim_t>(wanted, limit.rlim_max)}) {
    if (limit.rlim_cur >= raised) break;
    const rlimit changed{.rlim_cur = raised, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &changed) == 0) break;
  }
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void PrepareSignals() {
  const sigset_t hangup = Hangup();
  pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void AcceptHangup() {
  const sigset_t hangup = Hangup();
  pthread_sigmask(SIG_UNBLOCK, &hangup, nullptr);
}

pipeline::ProcessFacts GatherFacts(Env& env, const std::string& executable) {
  pipeline::ProcessFacts facts;
  facts.version = kVersion;
  utsname name{};
  if (uname(&name) == 0) {
    facts.os = Format("{} {} {}", name.sysname, name.release, name.machine);
  }
  facts.run_id = Format("{:016x}{:016x}{:08x}", env.RandomU64(), env.RandomU64(),
                        static_cast<uint32_t>(env.RandomU64()));
  facts.executable = executable;
  facts.allocator = AllocatorName();
  facts.process_id = static_cast<uint64_t>(getpid());
  facts.started_ns = env.MonotonicNs();
  facts.machine_memory_bytes = MachineMemoryBytes();
  facts.usage = MeasureUsage;
  facts.allocator_use = MeasureAllocator;
  facts.allocator_report = AllocatorReport;
  facts.pause = [&env](uint64_t ms) { env.SleepForMs(ms); };
  facts.purge_memory = PurgeMemory;
  return facts;
}

}  // namespace cordwood::server
