#pragma once

// Redis' keys over a store: databases, counters, expiry, the thresholds between the forms of a
// collection. Commands work on it through a Transaction (keyspace/core/transaction.h).
//
// Ownership: owns the store. Threads: as the methods of the parts say; the options belong to the
// executor.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/env.h"
#include "base/error.h"
#include "keyspace/core/counters.h"
#include "keyspace/core/databases.h"
#include "keyspace/core/deadline_floors.h"
#include "keyspace/core/key_event.h"
#include "keyspace/core/pending_objects.h"
#include "keyspace/core/rank_requests.h"
#include "keyspace/core/shrunk_objects.h"
#include "storage/store.h"

namespace cordwood::keyspace {

struct KeyspaceOptions {
  int databases = 16;
  /// A collection whose items take more is kept as elements, but for one of a single item, which
  /// may take kSingleItemShare times as much.
  uint64_t inline_bytes_max = 512;
  static constexpr uint64_t kSingleItemShare = 32;
  /// Whether so many items of so many bytes may lie in the record.
  bool FitsInline(uint64_t items, uint64_t bytes) const {
    return bytes <= (items > 1 ? inline_bytes_max : inline_bytes_max * kSingleItemShare);
  }
  /// What OBJECT ENCODING calls a listpack: up to so many fields, none nor its value longer.
  uint64_t hash_listpack_entries = 128;
  uint64_t hash_listpack_value_bytes = 64;
  /// And of a set, which is an intset while it has no more integers than this, and nothing else.
  uint64_t set_intset_entries = 512;
  uint64_t set_listpack_entries = 128;
  uint64_t set_listpack_value_bytes = 64;
  /// And of a sorted set.
  uint64_t sorted_set_listpack_entries = 128;
  uint64_t sorted_set_listpack_value_bytes = 64;
  /// The same of a list, as Redis' list-max-listpack-size says it: so many elements, or from -1 to
  /// -5 so many bytes: 4 KiB, 8 KiB, ..., 64 KiB.
  int64_t list_listpack_size = -2;
  /// A walk to an index, or to a rank, that takes more steps asks for ranks; there at most so many
  /// entries are counted by one (keyspace/types/counted_order.h). At least 8.
  uint64_t steps_without_ranks = 1024;
  uint64_t rank_children_max = 256;
  /// What a transaction may hold of what it writes, beside what clients sent.
  uint64_t overlay_bytes_max = 256 << 20;
  /// An object that is built is part of its transaction up to kPartsAtOnce times so much, and is
  /// written in parts if it is more.
  uint64_t part_bytes_max = 256 << 10;
  uint64_t part_elements_max = 256;
  static constexpr uint64_t kPartsAtOnce = 4;
  /// The events that transactions tell of.
  EventMask reported_events = 0;
};

/// What INFO reports of the keyspace; relaxed.
struct KeyspaceStats {
  std::atomic<uint64_t> hits{0};
  std::atomic<uint64_t> misses{0};
  std::atomic<uint64_t> expired_keys{0};
};

class Keyspace {
 public:
  static Result<std::unique_ptr<Keyspace>> Open(Env& env, const std::string& dir,
                                                storage::StoreOptions store_options,
                                                const KeyspaceOptions& options);

  /// Closes the store and opens it again, as another process would. On failure there is no store,
  /// and nothing may be called but the destructor. What was changed of the store's options while it
  /// ran has to be set again. REQUIRES: nobody reads, has a snapshot, or waits for blocks.
  Status Reopen();
  /// As Store::SetListener, also of the store that is opened again.
  void SetListener(std::function<void()> listener);

  /// A few times a second, by the executor.
  void Tick();

  storage::Store& store() { return *store_; }
  Databases& databases() { return *databases_; }
  /// The executor's.
  DeadlineFloors& deadline_floors() { return deadline_floors_; }
  ShrunkObjects& shrunk_objects() { return shrunk_objects_; }
  PendingObjects& pending_objects() { return pending_objects_; }
  RankRequests& rank_requests() { return rank_requests_; }
  KeyspaceOptions& options() { return options_; }
  KeyspaceStats& stats() { return stats_; }
  /// Whether transactions say which keys they changed: somebody wants to know. The executor's.
  bool reports_changes() const { return change_readers_ != 0; }
  void AddChangeReader() { ++change_readers_; }
  void RemoveChangeReader() { --change_readers_; }
  /// The same of keys that somebody may wait for.
  bool reports_signals() const { return signal_readers_ != 0; }
  void AddSignalReader() { ++signal_readers_; }
  void RemoveSignalReader() { --signal_readers_; }
  /// And of what happened to keys, by its class.
  void SetReportedEvents(EventMask events) { options_.reported_events = events; }
  bool reports_events(EventClass event_class) const {
    return (options_.reported_events & static_cast<EventMask>(event_class)) != 0;
  }
  bool reports_events() const { return options_.reported_events != 0; }

  /// The counter of a database as the executor sees it.
  int64_t NewestCount(int db, CounterKind kind) const;

 private:
  Keyspace(Env& env, std::string dir, const storage::StoreOptions& store_options,
           const KeyspaceOptions& options)
      : env_(env), dir_(std::move(dir)), store_options_(store_options), options_(options) {}

  Status OpenStore();

  Env& env_;
  const std::string dir_;
  storage::StoreOptions store_options_;
  const KeyCounting counting_;
  KeyspaceOptions options_;
  std::optional<Databases> databases_;
  DeadlineFloors deadline_floors_;
  ShrunkObjects shrunk_objects_;
  KeyspaceStats stats_;
  PendingObjects pending_objects_;
  RankRequests rank_requests_;
  uint32_t change_readers_ = 0;
  uint32_t signal_readers_ = 0;
  std::function<void()> listener_;
  std::unique_ptr<storage::Store> store_;  // last: uses counting_ until it is gone
};

}  // namespace cordwood::keyspace
