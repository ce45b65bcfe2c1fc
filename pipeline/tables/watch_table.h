#pragma once

// Which clients watch which keys, and whose were changed.
//
// Changes are marked when they are committed, and so before they are visible: WATCH, and EXEC that
// finds a key changed, answer no sooner than what they saw.
//
// Ownership: refers to the keyspace. Threads: the loop's.

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "commands/core/watches.h"
#include "keyspace/core/key_change.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/tables/key_name.h"

namespace cordwood::pipeline {

class WatchTable final : public commands::Watches {
 public:
  explicit WatchTable(keyspace::Keyspace& keyspace) : keyspace_(keyspace) {}
  WatchTable(const WatchTable&) = delete;
  WatchTable& operator=(const WatchTable&) = delete;

  bool empty() const { return keys_.empty(); }
  /// They are committed.
  void Mark(const std::vector<keyspace::KeyChange>& changes);
  /// The client is gone.
  void Forget(uint64_t client_id);
  size_t keys() const { return keys_.size(); }
  size_t clients() const { return clients_.size(); }
  /// How many keys a client watches.
  size_t KeysOf(uint64_t client_id) const;

  // --- commands::Watches ---
  void Watch(const commands::Client& client, int db, std::string_view key,
             const KeyState& state) override;
  void Unwatch(const commands::Client& client) override { Forget(client.id); }
  bool IsSpoiled(const commands::Client& client, int64_t now_ms) const override;
  std::vector<Watched> In(int db) const override;

 private:
  struct Watcher {
    uint64_t client_id = 0;
    KeyState state;
  };
  using Keys = std::map<KeyName, std::vector<Watcher>, KeyNameOrder>;
  struct Watching {
    std::vector<Keys::iterator> keys;
    bool spoiled = false;
  };

  keyspace::Keyspace& keyspace_;  // is told whether changes are of interest
  Keys keys_;
  std::unordered_map<uint64_t, Watching> clients_;
};

}  // namespace cordwood::pipeline
