#include "pipeline/tables/blocked_clients.h"

#include <algorithm>

#include "base/check.h"

namespace cordwood::pipeline {

void BlockedClients::Add(ClientId client, int db, std::span<const std::string_view> keys,
                         const Terms& terms) {
  CHECK(!Has(client));
  Client& added = clients_[client];
  added.ticket = ++newest_ticket_;
  added.terms = terms;
  if (keys_.empty() && !keys.empty()) keyspace_.AddSignalReader();
  for (const std::string_view name : keys) {
    const auto key = keys_.try_emplace(KeyName(db, name)).first;
    // A key may be named twice.
    if (!key->second.line.emplace(added.ticket, client).second) continue;
    if (terms.on_nokey) ++key->second.on_nokey;
    added.keys.push_back(key);
  }
  if (terms.deadline_ns) deadlines_.emplace(*terms.deadline_ns, client);
  if (terms.for_sync) for_sync_.insert(client);
}

void BlockedClients::Remove(ClientId client) {
  const auto it = clients_.find(client);
  if (it == clients_.end()) return;
  const Client& gone = it->second;
  for (const Keys::iterator key : gone.keys) {
    key->second.line.erase(gone.ticket);
    if (gone.terms.on_nokey) --key->second.on_nokey;
    GoOnAt(key);
    if (key->second.line.empty()) keys_.erase(key);
  }
  if (keys_.empty() && !gone.keys.empty()) {
    keyspace_.RemoveSignalReader();
    ready_.clear();
  }
  if (gone.terms.deadline_ns) deadlines_.erase({*gone.terms.deadline_ns, client});
  for_sync_.erase(client);
  clients_.erase(it);
}

// --- the line for a key ---

std::optional<BlockedClients::Place> BlockedClients::NextInLine(const KeyName& name,
                                                                Ticket after) const {
  const auto key = keys_.find(name);
  if (key == keys_.end()) return std::nullopt;
  const auto next = key->second.line.upper_bound(after);
  if (next == key->second.line.end()) return std::nullopt;
  return Place{.ticket = next->first, .client = next->second};
}

void BlockedClients::Stop(const KeyName& name) {
  const auto key = keys_.find(name);
  if (key == keys_.end() || std::exchange(key->second.is_stopped, true)) return;
  ++stopped_;
}

void BlockedClients::GoOnAt(Keys::iterator key) {
  if (!std::exchange(key->second.is_stopped, false)) return;
  --stopped_;
  MarkReady(key);
}

void BlockedClients::GoOnWith(ClientId client) {
  const auto it = clients_.find(client);
  if (it == clients_.end()) return;
  for (const Keys::iterator key : it->second.keys) GoOnAt(key);
}

void BlockedClients::GoOn() {
  for (auto key = keys_.begin(); stopped_ > 0 && key != keys_.end(); ++key) GoOnAt(key);
}

// --- ready keys ---

void BlockedClients::MarkEach(const std::vector<keyspace::KeySignal>& signals) {
  for (const keyspace::KeySignal& signal : signals) {
    const auto key = keys_.find(std::pair(signal.db, signal.key));
    if (key != keys_.end()) MarkReady(key);
  }
}

void BlockedClients::MarkReady(Keys::iterator key) {
  if (!std::exchange(key->second.is_ready, true)) ready_.push_back(key->first);
}

std::optional<KeyName> BlockedClients::TakeReady() {
  while (!ready_.empty()) {
    KeyName name = std::move(ready_.front());
    ready_.pop_front();
    const auto key = keys_.find(name);
    if (key == keys_.end() || !std::exchange(key->second.is_ready, false)) continue;
    return name;
  }
  return std::nullopt;
}

// --- time, and the log ---

std::optional<uint64_t> BlockedClients::FirstDeadlineNs() const {
  return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

std::optional<BlockedClients::ClientId> BlockedClients::TakeDue(uint64_t now_ns) {
  if (deadlines_.empty() || deadlines_.begin()->first > now_ns) return std::nullopt;
  const ClientId client = deadlines_.begin()->second;
  deadlines_.erase(deadlines_.begin());
  clients_.at(client).terms.deadline_ns.reset();
  return client;
}

// --- what is told ---

size_t BlockedClients::keys_on_nokey() const {
  return static_cast<size_t>(
      std::ranges::count_if(keys_, [](const auto& entry) { return entry.second.on_nokey > 0; }));
}

bool BlockedClients::IsOnNokey(const KeyName& name) const {
  const auto key = keys_.find(name);
  return key != keys_.end() && key->second.on_nokey > 0;
}

std::vector<std::string> BlockedClients::KeysIn(int db) const {
  std::vector<std::string> names;
  for (auto it = keys_.lower_bound(std::pair(db, std::string_view()));
       it != keys_.end() && it->first.first == db; ++it) {
    names.push_back(it->first.second);
  }
  return names;
}

}  // namespace cordwood::pipeline
