#pragma once

// A storage engine, as the benchmarks drive it: Cordwood's own, or one that it is compared with.
// Errors end the process (bench/storage/failure.h).
//
// An unsynced write counts when the kernel has it, a synced one when it is on stable storage. What
// an engine's caller does until then differs, and each engine's header says how it was chosen.
//
// Ownership: the engine outlives its clients, a client its cursors. Threads: a client and its
// cursors belong to one thread; the engine's own methods are called while no client is at work,
// but for NewClient and MemtableFill.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/storage/histogram.h"
#include "storage/held_writes.h"

namespace cordwood::bench {

struct EngineOptions {
  std::string dir;
  uint64_t memtable_bytes = 64 << 20;
  uint64_t cache_bytes = 256 << 20;
  uint32_t bloom_bits = 10;
  // Cordwood's alone.
  std::string durability = "no";  // always, everysec or no
  uint64_t window = 64;           // unsynced puts of a client that may be on their way
};

/// Walks entries forwards.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void SeekToFirst() = 0;
  virtual void Seek(std::string_view key) = 0;
  virtual bool Valid() const = 0;
  /// REQUIRES: Valid().
  virtual void Next() = 0;
  /// Of the key and the value, both of which were looked at. REQUIRES: Valid().
  virtual uint64_t Bytes() const = 0;
};

struct Entry {
  std::string key;
  std::string_view value;
};

class Client {
 public:
  virtual ~Client() = default;

  /// Begins an unsynced write. `latencies` is given its duration once it counts: in this call, a
  /// later one, or FinishPuts.
  virtual void Put(std::string_view key, std::string_view value, Histogram& latencies) = 0;
  /// Waits until all that was begun counts.
  virtual void FinishPuts(Histogram& latencies) = 0;
  /// Returns once the write is on stable storage. REQUIRES: within Engine::BeginSyncedPuts.
  virtual void PutSynced(std::string_view key, std::string_view value) = 0;

  /// Writes all of them as one batch, unsynced, and waits until it counts. No two have one key.
  virtual void PutTogether(std::span<const Entry> entries) = 0;

  /// Whether the key exists; then `value` is what it holds.
  virtual bool Get(std::string_view key, std::string& value) = 0;
  /// Of what is there now. Until it is gone the client does nothing else.
  virtual std::unique_ptr<Cursor> NewCursor() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::unique_ptr<Client> NewClient() = 0;

  /// Between the two calls every write is synced.
  virtual void BeginSyncedPuts() {}
  virtual void EndSyncedPuts() {}

  /// Nothing is to be done in the background, as far as the engine tells.
  virtual bool IsIdle() = 0;

  // --- the state that reads meet ---

  /// The share of the memtable that is in use, from 0 to 1.
  virtual double MemtableFill() = 0;
  /// Writes the entry, and has the memtable flushed with it.
  virtual void PutAndFlush(std::string_view key, std::string_view value) = 0;
  /// Flushes and merges everything.
  virtual void CompactEverything() = 0;
  /// From now on nothing is merged, as far as the engine lets itself be told.
  virtual void HoldMerges() {}
  /// The memtables, and the runs or files of each level, in words.
  virtual std::string Shape() = 0;

  /// Writes that were not let in at once, since the last call. Nothing: the engine does not tell,
  /// and the longest put is what is known.
  virtual std::optional<storage::HeldWrites> TakeHeldWrites() { return std::nullopt; }
};

}  // namespace cordwood::bench
