#pragma once

// Which clients wait for which keys, in the order in which they are served, until when, and which
// of the keys are ready: they were signalled since those who wait for them were last served.
//
// Ownership: refers to the keyspace. Threads: the loop's.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "keyspace/core/key_change.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/tables/key_name.h"

namespace cordwood::pipeline {

class BlockedClients {
 public:
  using ClientId = uint64_t;
  /// In line for a key. It rises with every client that comes to wait.
  using Ticket = uint64_t;

  explicit BlockedClients(keyspace::Keyspace& keyspace) : keyspace_(keyspace) {}
  BlockedClients(const BlockedClients&) = delete;
  BlockedClients& operator=(const BlockedClients&) = delete;

  struct Terms {
    std::optional<uint64_t> deadline_ns;  // monotonic clock; nothing: for ever
    bool on_nokey = false;                // it also wants to know that a key is gone
    bool for_sync = false;                // it waits for the log
  };
  /// It waits behind all that wait. REQUIRES: !Has(client).
  void Add(ClientId client, int db, std::span<const std::string_view> keys, const Terms& terms);
  /// It waits no more. Keys whose line stood still for it are ready again.
  void Remove(ClientId client);
  bool Has(ClientId client) const { return clients_.contains(client); }

  // --- the line for a key ---
  struct Place {
    Ticket ticket = 0;
    ClientId client = 0;
  };
  /// The first in line whose ticket is larger.
  std::optional<Place> NextInLine(const KeyName& name, Ticket after) const;
  Ticket newest_ticket() const { return newest_ticket_; }
  /// Somebody in the line goes on later, and those behind it with it.
  void Stop(const KeyName& name);
  /// Of the keys that it waits for, those whose line stood still are ready again; or all such.
  void GoOnWith(ClientId client);
  void GoOn();

  // --- ready keys ---
  /// They are committed.
  void Mark(const std::vector<keyspace::KeySignal>& signals) {
    if (!keys_.empty()) MarkEach(signals);
  }
  bool has_ready() const { return !ready_.empty(); }
  /// The key that has been ready for longest; from now on it is not.
  std::optional<KeyName> TakeReady();

  // --- time, and the log ---
  /// The first deadline; nothing if there is none.
  std::optional<uint64_t> FirstDeadlineNs() const;
  /// One whose deadline has come; from now on it has none.
  std::optional<ClientId> TakeDue(uint64_t now_ns);
  const std::set<ClientId>& for_sync() const { return for_sync_; }

  // --- what is told ---
  size_t clients() const { return clients_.size(); }
  size_t keys() const { return keys_.size(); }
  size_t keys_on_nokey() const;
  bool IsOnNokey(const KeyName& name) const;
  size_t timeouts() const { return deadlines_.size(); }
  std::vector<std::string> KeysIn(int db) const;

 private:
  struct Key {
    std::map<Ticket, ClientId> line;
    size_t on_nokey = 0;  // of them
    bool is_ready = false;
    bool is_stopped = false;
  };
  using Keys = std::map<KeyName, Key, KeyNameOrder>;
  struct Client {
    Ticket ticket = 0;
    Terms terms;
    std::vector<Keys::iterator> keys;
  };

  void MarkEach(const std::vector<keyspace::KeySignal>& signals);
  void MarkReady(Keys::iterator key);
  void GoOnAt(Keys::iterator key);

  keyspace::Keyspace& keyspace_;  // is told whether signals are of interest
  Keys keys_;
  std::unordered_map<ClientId, Client> clients_;
  std::set<std::pair<uint64_t, ClientId>> deadlines_;
  std::set<ClientId> for_sync_;
  std::deque<KeyName> ready_;  // some may have nobody in line any more
  Ticket newest_ticket_ = 0;
  size_t stopped_ = 0;  // of the keys
};

}  // namespace cordwood::pipeline
