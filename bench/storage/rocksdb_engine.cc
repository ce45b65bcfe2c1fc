#include "bench/storage/rocksdb_engine.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "base/format.h"
#include "bench/storage/clock.h"
#include "bench/storage/failure.h"

namespace cordwood::bench {
namespace {

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

void MustRocks(const rocksdb::Status& status) {
  if (!status.ok()) EndWith("RocksDB: " + status.ToString());
}

class RocksDbCursor final : public Cursor {
 public:
  explicit RocksDbCursor(rocksdb::DB& db) : entries_(db.NewIterator({})) {}

  void SeekToFirst() override {
    entries_->SeekToFirst();
    MustRocks(entries_->status());
  }
  void Seek(std::string_view key) override {
    entries_->Seek(SliceOf(key));
    MustRocks(entries_->status());
  }
  bool Valid() const override { return entries_->Valid(); }
  void Next() override {
    entries_->Next();
    if (!entries_->Valid()) MustRocks(entries_->status());
  }
  uint64_t Bytes() const override { return entries_->key().size() + entries_->value().size(); }

 private:
  std::unique_ptr<rocksdb::Iterator> entries_;
};

class RocksDbClient final : public Client {
 public:
  explicit RocksDbClient(rocksdb::DB& db) : db_(db) { synced_.sync = true; }

  void Put(std::string_view key, std::string_view value, Histogram& latencies) override {
    const uint64_t start_ns = NowNs();
    MustRocks(db_.Put({}, SliceOf(key), SliceOf(value)));
    latencies.Add(NowNs() - start_ns);
  }
  void FinishPuts(Histogram& /*latencies*/) override {}
  void PutSynced(std::string_view key, std::string_view value) override {
    MustRocks(db_.Put(synced_, SliceOf(key), SliceOf(value)));
  }

  void PutTogether(std::span<const Entry> entries) override {
    rocksdb::WriteBatch batch;
    for (const Entry& entry : entries) {
      MustRocks(batch.Put(SliceOf(entry.key), SliceOf(entry.value)));
    }
    MustRocks(db_.Write({}, &batch));
  }

  bool Get(std::string_view key, std::string& value) override {
    rocksdb::PinnableSlice found;
    const rocksdb::Status status = db_.Get({}, db_.DefaultColumnFamily(), SliceOf(key), &found);
    if (status.IsNotFound()) return false;
    MustRocks(status);
    value.assign(found.data(), found.size());
    return true;
  }

  std::unique_ptr<Cursor> NewCursor() override { return std::make_unique<RocksDbCursor>(db_); }

 private:
  rocksdb::DB& db_;
  rocksdb::WriteOptions synced_;
};

rocksdb::Options OptionsFor(const EngineOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
  if (options.bloom_bits > 0) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(options.bloom_bits));
  }
  rocksdb::Options result;
  result.create_if_missing = true;
  result.write_buffer_size = options.memtable_bytes;
  result.compression = rocksdb::kLZ4Compression;
  result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return result;
}

class RocksDbEngine final : public Engine {
 public:
  explicit RocksDbEngine(const EngineOptions& options) : memtable_bytes_(options.memtable_bytes) {
    rocksdb::DB* db = nullptr;
    MustRocks(rocksdb::DB::Open(OptionsFor(options), options.dir, &db));
    db_.reset(db);
  }
  ~RocksDbEngine() override { MustRocks(db_->Close()); }

  std::unique_ptr<Client> NewClient() override { return std::make_unique<RocksDbClient>(*db_); }

  bool IsIdle() override {
    return Number("rocksdb.num-immutable-mem-table") == 0 &&
           Number("rocksdb.num-running-flushes") == 0 &&
           Number("rocksdb.num-running-compactions") == 0 &&
           (holds_merges_ || Number("rocksdb.compaction-pending") == 0);
  }

  double MemtableFill() override {
    return static_cast<double>(Number("rocksdb.cur-size-active-mem-table")) /
           static_cast<double>(memtable_bytes_);
  }

  void PutAndFlush(std::string_view key, std::string_view value) override {
    MustRocks(db_->Put({}, SliceOf(key), SliceOf(value)));
    MustRocks(db_->Flush({}));
  }

  void CompactEverything() override { MustRocks(db_->CompactRange({}, nullptr, nullptr)); }

  void HoldMerges() override {
    holds_merges_ = true;
    MustRocks(db_->SetOptions({{"disable_auto_compactions", "true"}}));
  }

  std::string Shape() override {
    std::string text = Format("memtable {:.0f} %", 100 * MemtableFill());
    const uint64_t immutable = Number("rocksdb.num-immutable-mem-table");
    if (immutable > 0) AppendFormat(text, ", {} more", immutable);
    rocksdb::ColumnFamilyMetaData data;
    db_->GetColumnFamilyMetaData(&data);
    for (const rocksdb::LevelMetaData& level : data.levels) {
      if (level.files.empty()) continue;
      AppendFormat(text, ", L{}: {} files of {} MB", level.level, level.files.size(),
                   level.size >> 20);
    }
    return text;
  }

 private:
  uint64_t Number(const std::string& property) {
    uint64_t value = 0;
    db_->GetIntProperty(property, &value);
    return value;
  }

  const uint64_t memtable_bytes_;
  bool holds_merges_ = false;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

std::unique_ptr<Engine> OpenRocksDb(const EngineOptions& options) {
  return std::make_unique<RocksDbEngine>(options);
}

}  // namespace cordwood::bench
