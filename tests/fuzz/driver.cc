// Runs a fuzz target without libFuzzer, built by any compiler, as a test.
//
//   NAME_fuzz              inputs of the mutator: at least 20 000, then until the time is over
//                          (tests/support/seeds.h); the seed is the number of the input
//   NAME_fuzz FILE...      these inputs
//
// The inputs run in a child process. However it dies, by a signal, a sanitizer or because an input
// took too long, the input it had is written to NAME_fuzz.crash beside the program, and path and
// seed are printed.
//
// CORDWOOD_INPUT_SECONDS is how long one input may take, 60 s without it: for a loop that does not
// end, on a slow machine under a sanitizer.

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/format.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutator.h"
#include "tests/support/seeds.h"

#if defined(__has_feature)
#define CORDWOOD_HAS_FEATURE(name) __has_feature(name)
#else
#define CORDWOOD_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    CORDWOOD_HAS_FEATURE(address_sanitizer) || CORDWOOD_HAS_FEATURE(thread_sanitizer)
#define CORDWOOD_HAS_SHADOW_MEMORY 1
#else
#define CORDWOOD_HAS_SHADOW_MEMORY 0
#endif

namespace cordwood::fuzz {
namespace {

constexpr uint64_t kInputsLeast = 20'000;
constexpr uint64_t kInputsFull = 2'000'000;

/// What an input may make a target take, with all that the program has mapped anyway. Sanitizers
/// map terabytes, and have a limit of their own for one allocation.
constexpr rlim_t kMemoryBytesMax = 1 << 30;

/// The input that the child is at, in memory that it shares with its parent.
struct Current {
  std::atomic<uint64_t> seed;
  std::atomic<size_t> size;
  std::atomic<bool> finished;  // all inputs are done
  char bytes[1];               // and more behind it
};

void RunOne(const std::string& input) {
  // In memory of just its size, so that a read beyond it is one beyond the allocation.
  const std::unique_ptr<uint8_t[]> bytes(new uint8_t[input.size()]);
  std::copy(input.begin(), input.end(), bytes.get());
  CHECK(LLVMFuzzerTestOneInput(bytes.get(), input.size()) == 0);
}

unsigned SecondsPerInput() {
  const char* seconds = std::getenv("CORDWOOD_INPUT_SECONDS");
  return seconds == nullptr ? 60 : static_cast<unsigned>(std::strtoul(seconds, nullptr, 10));
}

void RunAll(const Mutator& mutator, Current& current) {
  if (!CORDWOOD_HAS_SHADOW_MEMORY) {
    const rlimit limit{.rlim_cur = kMemoryBytesMax, .rlim_max = kMemoryBytesMax};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  }
  const unsigned seconds = SecondsPerInput();
  for (const uint64_t seed : support::Seeds(kInputsLeast, kInputsFull)) {
    const std::string input = mutator.Input(seed);
    current.seed = seed;
    current.size = input.size();
    std::copy(input.begin(), input.end(), current.bytes);
    alarm(seconds);  // which ends the process
    RunOne(input);
  }
  alarm(0);
  current.finished = true;
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    return Format("took longer than {} s", SecondsPerInput());
  }
  if (WIFSIGNALED(status)) return Format("ended by signal {}", WTERMSIG(status));
  return Format("ended with status {}", WEXITSTATUS(status));
}

/// The exit status of the test.
int Judge(const std::string& program, const Current& current, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && current.finished) return 0;
  if (current.finished) {
    std::fputs(Format("{}: after the last input: {}\n", program, HowItEnded(status)).c_str(),
               stderr);
    return 1;
  }
  const std::string path = program + ".crash";
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(current.bytes, static_cast<std::streamsize>(current.size));
  std::fputs(Format("{}: the input of seed {} {}\n"
                    "its {} bytes: {}\n"
                    "again: CORDWOOD_SEED={} {}\n"
                    "   or: {} {}\n",
                    program, current.seed.load(), HowItEnded(status), current.size.load(), path,
                    current.seed.load(), program, program, path)
                 .c_str(),
             stderr);
  return 1;
}

int RunInChild(const std::string& program) {
  std::remove((program + ".crash").c_str());
  const Mutator mutator(Corpus(), Dictionary());
  void* const shared = mmap(nullptr, sizeof(Current) + mutator.bytes_max(), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  Current& current = *new (shared) Current();
  std::fflush(nullptr);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    RunAll(mutator, current);
    std::exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  return Judge(program, current, status);
}

int RunFiles(int count, char** paths) {
  for (int i = 0; i < count; ++i) {
    std::ifstream file(paths[i], std::ios::binary);
    if (!file) {
      std::fputs(Format("{}: cannot be read\n", paths[i]).c_str(), stderr);
      return 2;
    }
    RunOne({std::istreambuf_iterator<char>(file), {}});
    std::puts(Format("{}: nothing is wrong with it", paths[i]).c_str());
  }
  return 0;
}

}  // namespace
}  // namespace cordwood::fuzz

int main(int argc, char** argv) {
  return argc > 1 ? cordwood::fuzz::RunFiles(argc - 1, argv + 1)
                  : cordwood::fuzz::RunInChild(argv[0]);
}
