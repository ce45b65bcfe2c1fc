#include "bench/storage/cordwood_engine.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/format.h"
#include "base/posix_env.h"
#include "bench/storage/clock.h"
#include "bench/storage/failure.h"
#include "bench/storage/write_line.h"
#include "storage/reader.h"
#include "storage/store.h"

namespace cordwood::bench {
namespace {

using storage::Durability;
using storage::Seq;
using storage::Store;
using storage::StoreStats;
using storage::Tier;

// Who waits for the store looks from time to time whether it has failed.
constexpr std::chrono::milliseconds kLookEvery{100};

Durability DurabilityOf(const std::string& name) {
  if (name == "always") return Durability::kAlways;
  if (name == "everysec") return Durability::kEverySecond;
  if (name == "no") return Durability::kNever;
  EndWith(Format("--durability is always, everysec or no, not '{}'", name));
}

class CordwoodCursor final : public Cursor {
 public:
  explicit CordwoodCursor(storage::Reader& reader)
      : view_(reader.Visible(Tier::kMayBlock)), entries_(view_.NewIterator()) {}

  void SeekToFirst() override {
    entries_.SeekToFirst();
    Must(entries_.status());
  }
  void Seek(std::string_view key) override {
    entries_.Seek(key);
    Must(entries_.status());
  }
  bool Valid() const override { return entries_.Valid(); }
  void Next() override {
    entries_.Next();
    if (!entries_.Valid()) Must(entries_.status());
  }
  uint64_t Bytes() const override { return entries_.key().size() + entries_.value().size(); }

 private:
  storage::View view_;
  storage::VisibleIterator entries_;
};

class CordwoodClient final : public Client {
 public:
  CordwoodClient(WriteLine& line, size_t window)
      : line_(line),
        store_(line.store()),
        reader_(store_, storage::Reader::Gaps::kNone),
        window_(window) {}

  void Put(std::string_view key, std::string_view value, Histogram& latencies) override {
    TakeFinished(latencies);
    AwaitFewer(window_.size(), latencies);
    NextBatch().Put(key, value);
    Ask();
  }

  void FinishPuts(Histogram& latencies) override { AwaitFewer(1, latencies); }

  void PutSynced(std::string_view key, std::string_view value) override {
    NextBatch().Put(key, value);
    const QueuedWrite& write = Ask();
    AwaitFewer(1, unused_);
    CHECK(store_.synced() >= write.seq.load());
  }

  void PutTogether(std::span<const Entry> entries) override {
    storage::WriteBatch& batch = NextBatch();
    for (const Entry& entry : entries) batch.Put(entry.key, entry.value);
    Ask();
    AwaitFewer(1, unused_);
  }

  bool Get(std::string_view key, std::string& value) override {
    storage::View view = reader_.Visible(Tier::kMayBlock);
    const std::optional<std::string_view> found = Must(view.Get(key));
    if (found) value.assign(*found);
    return found.has_value();
  }

  std::unique_ptr<Cursor> NewCursor() override { return std::make_unique<CordwoodCursor>(reader_); }

 private:
  /// The place in the window that Ask takes, empty. REQUIRES: there is one.
  storage::WriteBatch& NextBatch() {
    QueuedWrite& write = window_[next_ % window_.size()];
    write.start_ns = NowNs();
    write.seq.store(0, std::memory_order_relaxed);
    write.batch.Clear();
    return write.batch;
  }

  QueuedWrite& Ask() {
    QueuedWrite& write = window_[next_++ % window_.size()];
    line_.Ask(write);
    return write;
  }

  /// Takes those that count from the window.
  void TakeFinished(Histogram& latencies) {
    const Seq visible = store_.visible();
    uint64_t now = 0;
    for (; oldest_ < next_; ++oldest_) {
      const QueuedWrite& write = window_[oldest_ % window_.size()];
      const Seq seq = write.seq.load(std::memory_order_acquire);
      if (seq == 0 || seq > visible) return;
      if (now == 0) now = NowNs();
      latencies.Add(now - write.start_ns);
    }
  }

  void AwaitFewer(size_t puts, Histogram& latencies) {
    while (next_ - oldest_ >= puts) {
      const uint64_t seen = line_.progress().events();
      TakeFinished(latencies);
      if (next_ - oldest_ < puts) return;
      line_.progress().Await(seen, kLookEvery);
      line_.CheckStore();
    }
  }

  WriteLine& line_;
  Store& store_;
  storage::Reader reader_;
  std::vector<QueuedWrite> window_;
  uint64_t oldest_ = 0;  // of those on their way
  uint64_t next_ = 0;
  Histogram unused_;  // whoever asks for synced puts measures them
};

class CordwoodEngine final : public Engine {
 public:
  explicit CordwoodEngine(const EngineOptions& options)
      : durability_(DurabilityOf(options.durability)), window_(options.window) {
    options_.durability = durability_;
    options_.memtable_bytes = options.memtable_bytes;
    options_.block_cache_bytes = options.cache_bytes;
    options_.bloom_bits_per_key = options.bloom_bits;
    env_ = NewPosixEnv({.compaction_threads = static_cast<int>(options_.compaction_threads) + 1});
    store_ = Must(Store::Open(*env_, options.dir, options_));
    line_ = std::make_unique<WriteLine>(*env_, *store_);
  }
  ~CordwoodEngine() override {
    line_.reset();
    Must(store_->Close());
  }

  std::unique_ptr<Client> NewClient() override {
    return std::make_unique<CordwoodClient>(*line_, window_);
  }

  void BeginSyncedPuts() override { store_->SetDurability(Durability::kAlways); }
  void EndSyncedPuts() override { store_->SetDurability(durability_); }

  bool IsIdle() override {
    const StoreStats stats = store_->Stats();
    return stats.immutable_memtables == 0 && stats.compaction_debt < 1;
  }

  double MemtableFill() override {
    return static_cast<double>(store_->Stats().memtable_bytes) /
           static_cast<double>(options_.memtable_bytes);
  }

  void PutAndFlush(std::string_view key, std::string_view value) override {
    line_->RunAsExecutor([&] {
      storage::StoreOptions tiny = options_;
      tiny.memtable_bytes = 1;  // too small for the one that there is: the next write flushes it
      store_->SetMemory(tiny);
      storage::WriteBatch batch;
      batch.Put(key, value);
      Must(store_->Write(batch));
      store_->SetMemory(options_);
      store_->Kick();
    });
    AwaitStore([this] { return store_->Stats().immutable_memtables == 0; });
  }

  void CompactEverything() override {
    std::atomic<bool> done = false;
    line_->RunAsExecutor([&] {
      store_->CompactEverything([&] {
        done = true;
        line_->progress().Note();
      });
    });
    AwaitStore([&] { return done.load(); });
  }

  std::string Shape() override {
    const StoreStats stats = store_->Stats();
    std::string text = Format("memtable {:.0f} %", 100 * MemtableFill());
    if (stats.immutable_memtables > 0) AppendFormat(text, ", {} more", stats.immutable_memtables);
    for (size_t i = 0; i < stats.levels.size(); ++i) {
      const StoreStats::Level& level = stats.levels[i];
      if (level.runs == 0) continue;
      AppendFormat(text, ", L{}: {} runs of {} MB", i, level.runs, level.bytes >> 20);
    }
    return text;
  }

  std::optional<storage::HeldWrites> TakeHeldWrites() override {
    storage::HeldWrites held;
    line_->RunAsExecutor([&] { held = line_->TakeHeldWrites(); });
    return held;
  }

 private:
  void AwaitStore(const std::function<bool()>& done) {
    for (;;) {
      const uint64_t seen = line_->progress().events();
      if (done()) return;
      line_->progress().Await(seen, kLookEvery);
      line_->CheckStore();
    }
  }

  const Durability durability_;
  const size_t window_;
  storage::StoreOptions options_;
  std::unique_ptr<Env> env_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<WriteLine> line_;
};

}  // namespace

std::unique_ptr<Engine> OpenCordwood(const EngineOptions& options) {
  return std::make_unique<CordwoodEngine>(options);
}

}  // namespace cordwood::bench
