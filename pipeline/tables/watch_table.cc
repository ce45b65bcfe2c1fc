#include "pipeline/tables/watch_table.h"

#include <algorithm>
#include <utility>

namespace cordwood::pipeline {

using keyspace::KeyChange;

void WatchTable::Watch(const commands::Client& client, int db, std::string_view key,
                       const KeyState& state) {
  if (keys_.empty()) keyspace_.AddChangeReader();
  const auto place = keys_.try_emplace(KeyName(db, key)).first;
  std::vector<Watcher>& watchers = place->second;
  const auto known = std::ranges::find(watchers, client.id, &Watcher::client_id);
  if (known != watchers.end()) return;
  watchers.push_back({.client_id = client.id, .state = state});
  clients_[client.id].keys.push_back(place);
}

void WatchTable::Forget(uint64_t client_id) {
  const auto it = clients_.find(client_id);
  if (it == clients_.end()) return;
  for (const Keys::iterator place : it->second.keys) {
    std::erase_if(place->second,
                  [&](const Watcher& watcher) { return watcher.client_id == client_id; });
    if (place->second.empty()) keys_.erase(place);
  }
  clients_.erase(it);
  if (keys_.empty()) keyspace_.RemoveChangeReader();
}

void WatchTable::Mark(const std::vector<KeyChange>& changes) {
  for (const KeyChange& change : changes) {
    const auto place = keys_.find(std::pair(change.db, change.key));
    if (place == keys_.end()) continue;
    for (const Watcher& watcher : place->second) {
      // What had expired, or did not exist, is still not there.
      const bool is_none = change.kind == KeyChange::Kind::kExpired && !watcher.state.exists;
      if (!is_none) clients_.at(watcher.client_id).spoiled = true;
    }
  }
}

bool WatchTable::IsSpoiled(const commands::Client& client, int64_t now_ms) const {
  const auto it = clients_.find(client.id);
  if (it == clients_.end()) return false;
  if (it->second.spoiled) return true;
  return std::ranges::any_of(it->second.keys, [&](const Keys::iterator place) {
    const auto watcher = std::ranges::find(place->second, client.id, &Watcher::client_id);
    const KeyState& state = watcher->state;
    return state.exists && state.expiry_ms && *state.expiry_ms <= now_ms;
  });
}

std::vector<WatchTable::Watched> WatchTable::In(int db) const {
  std::vector<Watched> watched;
  for (auto it = keys_.lower_bound(std::pair(db, std::string_view()));
       it != keys_.end() && it->first.first == db; ++it) {
    const bool exists = std::ranges::any_of(
        it->second, [](const Watcher& watcher) { return watcher.state.exists; });
    watched.push_back({.key = it->first.second, .exists = exists});
  }
  return watched;
}

size_t WatchTable::KeysOf(uint64_t client_id) const {
  const auto it = clients_.find(client_id);
  return it == clients_.end() ? 0 : it->second.keys.size();
}

}  // namespace cordwood::pipeline
