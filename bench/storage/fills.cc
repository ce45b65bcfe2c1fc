// The rows that write. Unsynced ones have one client, as in db_bench without --threads.

#include <algorithm>

#include "base/format.h"
#include "bench/storage/clock.h"
#include "bench/storage/workload.h"

namespace cordwood::bench {
namespace {

uint64_t EntryBytes(const Context& context) { return kKeyBytes + context.options.value_bytes; }

// Puts `num` entries, whose keys' numbers `next` says.
template <typename Next>
Work Fill(const Context& context, Next next) {
  const uint64_t count = context.options.num;
  Work work{.ops = count, .user_bytes = count * EntryBytes(context)};
  ValueSource values(context.values);
  const std::unique_ptr<Client> client = context.engine.NewClient();
  std::string key;
  uint64_t start_ns = NowNs();
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0 && i % kPutsInARow == 0) {
      const uint64_t now_ns = NowNs();
      work.longest_puts_ns = std::max(work.longest_puts_ns, now_ns - start_ns);
      start_ns = now_ns;
    }
    SetKey(next(i), key);
    client->Put(key, values.Next(), work.latencies);
  }
  client->FinishPuts(work.latencies);
  return work;
}

Work FillInRandomOrder(const Context& context, std::string_view row) {
  Random random = RandomFor(context, row);
  return Fill(context, [&](uint64_t) { return random.Below(context.options.num); });
}

}  // namespace

Work FillSeq(const Context& context) {
  return Fill(context, [](uint64_t i) { return i; });
}

Work FillRandom(const Context& context) { return FillInRandomOrder(context, "fillrandom"); }

Work Overwrite(const Context& context) { return FillInRandomOrder(context, "overwrite"); }

Work FillSync(const Context& context) {
  const BenchOptions& options = context.options;
  Work work{.ops = options.synced_puts, .user_bytes = options.synced_puts * EntryBytes(context)};
  context.engine.BeginSyncedPuts();
  work.latencies = RunThreads(options.threads, [&](uint64_t thread, Histogram& latencies) {
    Random random = RandomFor(context, "fillsync", thread);
    ValueSource values(context.values);
    const std::unique_ptr<Client> client = context.engine.NewClient();
    std::string key;
    for (uint64_t i = ShareOf(options.synced_puts, thread, options.threads); i > 0; --i) {
      SetKey(random.Below(options.num), key);
      const uint64_t start_ns = NowNs();
      client->PutSynced(key, values.Next());
      latencies.Add(NowNs() - start_ns);
    }
  });
  context.engine.EndSyncedPuts();
  work.note = Format("{} clients", options.threads);
  return work;
}

}  // namespace cordwood::bench
