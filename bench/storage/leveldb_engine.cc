#include "bench/storage/leveldb_engine.h"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/options.h>
#include <leveldb/write_batch.h>

#include <algorithm>

#include "base/format.h"
#include "base/number.h"
#include "bench/storage/clock.h"
#include "bench/storage/failure.h"

namespace cordwood::bench {
namespace {

constexpr int kLevels = 7;

leveldb::Slice SliceFrom(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

void MustLevel(const leveldb::Status& status) {
  if (!status.ok()) EndWith("LevelDB: " + status.ToString());
}

class LevelDbCursor final : public Cursor {
 public:
  explicit LevelDbCursor(leveldb::DB& db) : entries_(db.NewIterator({})) {}

  void SeekToFirst() override {
    entries_->SeekToFirst();
    MustLevel(entries_->status());
  }
  void Seek(std::string_view key) override {
    entries_->Seek(SliceFrom(key));
    MustLevel(entries_->status());
  }
  bool Valid() const override { return entries_->Valid(); }
  void Next() override {
    entries_->Next();
    if (!entries_->Valid()) MustLevel(entries_->status());
  }
  uint64_t Bytes() const override { return entries_->key().size() + entries_->value().size(); }

 private:
  std::unique_ptr<leveldb::Iterator> entries_;
};

class LevelDbClient final : public Client {
 public:
  explicit LevelDbClient(leveldb::DB& db) : db_(db) { synced_.sync = true; }

  void Put(std::string_view key, std::string_view value, Histogram& latencies) override {
    const uint64_t start_ns = NowNs();
    MustLevel(db_.Put({}, SliceFrom(key), SliceFrom(value)));
    latencies.Add(NowNs() - start_ns);
  }
  void FinishPuts(Histogram& /*latencies*/) override {}
  void PutSynced(std::string_view key, std::string_view value) override {
    MustLevel(db_.Put(synced_, SliceFrom(key), SliceFrom(value)));
  }

  void PutTogether(std::span<const Entry> entries) override {
    leveldb::WriteBatch batch;
    for (const Entry& entry : entries) batch.Put(SliceFrom(entry.key), SliceFrom(entry.value));
    MustLevel(db_.Write({}, &batch));
  }

  bool Get(std::string_view key, std::string& value) override {
    const leveldb::Status status = db_.Get({}, SliceFrom(key), &value);
    if (status.IsNotFound()) return false;
    MustLevel(status);
    return true;
  }

  std::unique_ptr<Cursor> NewCursor() override { return std::make_unique<LevelDbCursor>(db_); }

 private:
  leveldb::DB& db_;
  leveldb::WriteOptions synced_;
};

class LevelDbEngine final : public Engine {
 public:
  explicit LevelDbEngine(const EngineOptions& options)
      : memtable_bytes_(options.memtable_bytes), cache_(leveldb::NewLRUCache(options.cache_bytes)) {
    if (options.bloom_bits > 0) {
      filter_.reset(leveldb::NewBloomFilterPolicy(static_cast<int>(options.bloom_bits)));
    }
    leveldb::Options opened;
    opened.create_if_missing = true;
    opened.write_buffer_size = options.memtable_bytes;
    opened.block_cache = cache_.get();
    opened.filter_policy = filter_.get();
    leveldb::DB* db = nullptr;
    MustLevel(leveldb::DB::Open(opened, options.dir, &db));
    db_.reset(db);
  }

  std::unique_ptr<Client> NewClient() override { return std::make_unique<LevelDbClient>(*db_); }

  /// It does not tell.
  bool IsIdle() override { return true; }

  double MemtableFill() override {
    const uint64_t all = Number("leveldb.approximate-memory-usage");  // the cache included
    const uint64_t cached = cache_->TotalCharge();
    return static_cast<double>(all - std::min(all, cached)) / static_cast<double>(memtable_bytes_);
  }

  void PutAndFlush(std::string_view key, std::string_view value) override {
    MustLevel(db_->Put({}, SliceFrom(key), SliceFrom(value)));
    // A batch that is none has the memtable flushed, in the background.
    MustLevel(db_->Write({}, nullptr));
  }

  void CompactEverything() override { db_->CompactRange(nullptr, nullptr); }

  std::string Shape() override {
    std::string text = Format("memtables {:.0f} %", 100 * MemtableFill());
    for (int level = 0; level < kLevels; ++level) {
      const uint64_t files = Number(Format("leveldb.num-files-at-level{}", level));
      if (files > 0) AppendFormat(text, ", L{}: {} files", level, files);
    }
    return text;
  }

 private:
  uint64_t Number(const std::string& property) {
    std::string value;
    if (!db_->GetProperty(property, &value)) return 0;
    return ParseUint64(value).value_or(0);
  }

  const uint64_t memtable_bytes_;
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::DB> db_;
};

}  // namespace

std::unique_ptr<Engine> OpenLevelDb(const EngineOptions& options) {
  return std::make_unique<LevelDbEngine>(options);
}

}  // namespace cordwood::bench
