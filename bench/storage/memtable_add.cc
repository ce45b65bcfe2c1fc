// Memtable::Add alone: as many entries with random keys as a memtable takes, in a cold cache, and
// the same again without that. A server does other things between two writes, and they push the
// memtable out of the processor's caches; here a walk over a large buffer does, between two batches
// of adds, and is not measured.

#include <vector>

#include "base/format.h"
#include "bench/storage/clock.h"
#include "bench/storage/usage.h"
#include "bench/storage/workload.h"
#include "storage/memtable/memtable.h"

namespace cordwood::bench {
namespace {

constexpr uint64_t kAddsOfABatch = 256;
constexpr size_t kBufferBytes = 64 << 20;
constexpr size_t kLineBytes = 64;

void WalkOver(std::vector<char>& buffer) {
  for (size_t i = 0; i < buffer.size(); i += kLineBytes) ++buffer[i];
}

struct Added {
  uint64_t entries = 0;
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;
};

// An empty buffer is not walked over: the cache is as the adds leave it.
Added FillOne(const Context& context, std::vector<char>& buffer) {
  Random random = RandomFor(context, "memtableadd");
  ValueSource values(context.values);
  storage::Memtable memtable;
  std::vector<std::string> keys(kAddsOfABatch);
  Added added;
  while (memtable.bytes() < context.options.engine_options.memtable_bytes) {
    for (std::string& key : keys) SetKey(random.Below(context.options.num), key);
    WalkOver(buffer);
    const uint64_t cpu_ns = ThreadCpuNs();
    const uint64_t start_ns = NowNs();
    for (const std::string& key : keys) {
      memtable.Add(++added.entries, {.is_put = true}, key, values.Next());
    }
    added.wall_ns += NowNs() - start_ns;
    added.cpu_ns += ThreadCpuNs() - cpu_ns;
  }
  return added;
}

double UsEach(const Added& added) {
  return static_cast<double>(added.wall_ns) / 1000 / static_cast<double>(added.entries);
}

}  // namespace

Work MemtableAdd(const Context& context) {
  std::vector<char> buffer(kBufferBytes);
  const Added cold = FillOne(context, buffer);
  buffer.clear();
  const Added warm = FillOne(context, buffer);
  return {.ops = cold.entries,
          .note = Format("{:.2f} us an entry; {:.2f} in a warm cache", UsEach(cold), UsEach(warm)),
          .wall_ns = cold.wall_ns,
          .cpu_ns = cold.cpu_ns};
}

}  // namespace cordwood::bench
