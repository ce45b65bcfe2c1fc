// The rows that read; the last one beside a writer.

#include <atomic>
#include <thread>

#include "base/format.h"
#include "bench/storage/clock.h"
#include "bench/storage/workload.h"

namespace cordwood::bench {
namespace {

constexpr int kNextsOfASeek = 10;
// A scan's clock is read once in so many entries, or it would be a good part of what it measures.
constexpr uint64_t kScanned = 100;

// Gets `reads` keys with random numbers and `suffix` behind them, in all threads.
Work GetRandomKeys(const Context& context, std::string_view row, std::string_view suffix) {
  const BenchOptions& options = context.options;
  std::atomic<uint64_t> found = 0;
  Work work{.ops = options.reads};
  work.latencies = RunThreads(options.threads, [&](uint64_t thread, Histogram& latencies) {
    Random random = RandomFor(context, row, thread);
    const std::unique_ptr<Client> client = context.engine.NewClient();
    std::string key;
    std::string value;
    uint64_t hits = 0;
    for (uint64_t i = ShareOf(options.reads, thread, options.threads); i > 0; --i) {
      SetKey(random.Below(options.num), key);
      key += suffix;
      const uint64_t start_ns = NowNs();
      hits += client->Get(key, value) ? 1 : 0;
      latencies.Add(NowNs() - start_ns);
    }
    found += hits;
  });
  work.note = Format("{} of {} found, {} threads", found.load(), options.reads, options.threads);
  return work;
}

// Overwrites random entries until it is told to stop.
void WriteUntil(const Context& context, const std::atomic<bool>& stopping, Work& written) {
  Random random = RandomFor(context, "readwhilewriting.writer");
  ValueSource values(context.values);
  const std::unique_ptr<Client> client = context.engine.NewClient();
  std::string key;
  for (; !stopping; ++written.ops) {
    SetKey(random.Below(context.options.num), key);
    client->Put(key, values.Next(), written.latencies);
  }
  client->FinishPuts(written.latencies);
}

}  // namespace

Work ReadRandom(const Context& context) { return GetRandomKeys(context, "readrandom", ""); }

// Right behind a key that may exist, so that no bound of a table tells that it does not.
Work ReadMissing(const Context& context) { return GetRandomKeys(context, "readmissing", "."); }

Work SeekRandom(const Context& context) {
  const BenchOptions& options = context.options;
  std::atomic<uint64_t> entries = 0;
  Work work{.ops = options.seeks};
  work.latencies = RunThreads(options.threads, [&](uint64_t thread, Histogram& latencies) {
    Random random = RandomFor(context, "seekrandom", thread);
    const std::unique_ptr<Client> client = context.engine.NewClient();
    std::string key;
    uint64_t met = 0;
    for (uint64_t i = ShareOf(options.seeks, thread, options.threads); i > 0; --i) {
      SetKey(random.Below(options.num), key);
      const uint64_t start_ns = NowNs();
      const std::unique_ptr<Cursor> cursor = client->NewCursor();
      cursor->Seek(key);
      for (int next = 0; next < kNextsOfASeek && cursor->Valid(); ++next) {
        met += cursor->Bytes() > 0 ? 1 : 0;
        cursor->Next();
      }
      latencies.Add(NowNs() - start_ns);
    }
    entries += met;
  });
  work.note = Format("{} entries met, {} threads", entries.load(), options.threads);
  return work;
}

Work Scan(const Context& context) {
  Work work;
  uint64_t bytes = 0;
  const std::unique_ptr<Client> client = context.engine.NewClient();
  const std::unique_ptr<Cursor> cursor = client->NewCursor();
  uint64_t start_ns = NowNs();
  for (cursor->SeekToFirst(); cursor->Valid(); cursor->Next()) {
    bytes += cursor->Bytes();
    if (++work.ops % kScanned != 0) continue;
    const uint64_t now_ns = NowNs();
    work.latencies.Add(now_ns - start_ns);
    start_ns = now_ns;
  }
  work.note = Format("{} MB; latencies are of {} entries", bytes >> 20, kScanned);
  return work;
}

Work ReadWhileWriting(const Context& context) {
  std::atomic<bool> stopping = false;
  Work written;
  const uint64_t start_ns = NowNs();
  std::thread writer([&] { WriteUntil(context, stopping, written); });
  Work work = GetRandomKeys(context, "readwhilewriting", "");
  work.wall_ns = NowNs() - start_ns;
  stopping = true;
  writer.join();
  work.longest_put_ns = written.latencies.max_ns();
  work.user_bytes = written.ops * (kKeyBytes + context.options.value_bytes);
  constexpr double kNsPerUs = 1000;
  const Histogram& puts = written.latencies;
  AppendFormat(work.note, "; beside {} puts, us: p50 {:.1f}, p99 {:.1f}, max {:.0f}", written.ops,
               static_cast<double>(puts.PercentileNs(0.5)) / kNsPerUs,
               static_cast<double>(puts.PercentileNs(0.99)) / kNsPerUs,
               static_cast<double>(puts.max_ns()) / kNsPerUs);
  return work;
}

}  // namespace cordwood::bench
