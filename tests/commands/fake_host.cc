#include "tests/commands/fake_host.h"

#include <algorithm>

#include "base/format.h"
#include "base/glob.h"

namespace cordwood::commands {

void FakeHost::Kill(uint64_t id, const Client& /*self*/) { killed.push_back(id); }

std::vector<std::pair<std::string, std::string>> FakeHost::Get(
    std::span<const std::string_view> patterns) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, value] : config) {
    const auto matches = [&](std::string_view pattern) {
      return GlobMatch(pattern, name, GlobCase::kIgnored);
    };
    if (std::ranges::any_of(patterns, matches)) found.emplace_back(name, value);
  }
  return found;
}

Status FakeHost::Set(const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  for (const auto& [name, value] : values) {
    if (!config.contains(std::string(name))) {
      return Fail(ErrorCode::kInvalidArgument,
                  Format("Unknown option or number of arguments for CONFIG SET - '{}'", name));
    }
  }
  for (const auto& [name, value] : values) config[std::string(name)] = value;
  return {};
}

std::string FakeHost::Info(const std::vector<std::string>& sections,
                           const keyspace::Transaction& /*tx*/) {
  info_asked.push_back(sections);
  return info;
}

void FakeHost::Shutdown(bool /*save*/, bool /*now*/, bool /*force*/) { shut_down = true; }

uint64_t FakeHost::Save(std::string_view key) {
  const uint64_t cursor = cursors_.size() + 1;
  cursors_[cursor] = key;
  return cursor;
}

std::string FakeHost::Load(uint64_t cursor) const {
  const auto it = cursors_.find(cursor);
  return it != cursors_.end() ? it->second : std::string();
}

void FakeHost::Unsubscribe(const Client& client, SubscriptionKind kind, std::string_view name) {
  const auto it = subscribers.find({kind, std::string(name)});
  if (it == subscribers.end()) return;
  it->second.erase(client.id);
  if (it->second.empty()) subscribers.erase(it);
}

std::vector<std::string> FakeHost::NamesLike(SubscriptionKind kind,
                                             std::string_view pattern) const {
  std::vector<std::string> names;
  for (const auto& [name, ids] : subscribers) {
    if (name.first == kind && GlobMatch(pattern, name.second)) names.push_back(name.second);
  }
  return names;
}

uint64_t FakeHost::SubscribersOf(SubscriptionKind kind, std::string_view name) const {
  const auto it = subscribers.find({kind, std::string(name)});
  return it == subscribers.end() ? 0 : it->second.size();
}

void FakeHost::RememberReads(const Client& /*client*/, const Command& command,
                             std::span<const std::string_view> argv,
                             std::optional<size_t> /*own_changes*/) {
  ForEachKey(command, argv, [&](size_t i, uint16_t) { remembered.emplace_back(argv[i]); });
}

void FakeHost::Watch(const Client& /*client*/, int db, std::string_view key,
                     const KeyState& state) {
  watched_.try_emplace({db, std::string(key)}, state);
}

void FakeHost::Unwatch(const Client& /*client*/) {
  watched_.clear();
  spoiled_ = false;
}

bool FakeHost::IsSpoiled(const Client& /*client*/, int64_t now_ms) const {
  return spoiled_ || std::ranges::any_of(watched_, [&](const auto& watched) {
           return watched.second.expiry_ms && *watched.second.expiry_ms <= now_ms;
         });
}

std::vector<Watches::Watched> FakeHost::In(int db) const {
  std::vector<Watched> watched;
  for (const auto& [name, state] : watched_) {
    if (name.first == db) watched.push_back({.key = name.second, .exists = state.exists});
  }
  return watched;
}

std::vector<std::string> FakeHost::AwaitedIn(int db) const {
  std::vector<std::string> keys;
  for (const auto& [in_db, key] : awaited) {
    if (in_db == db) keys.push_back(key);
  }
  return keys;
}

void FakeHost::Mark(const std::vector<keyspace::KeyChange>& changes) {
  for (const keyspace::KeyChange& change : changes) {
    const auto it = watched_.find({change.db, std::string(change.key)});
    if (it == watched_.end()) continue;
    const bool expired = change.kind == keyspace::KeyChange::Kind::kExpired;
    spoiled_ = spoiled_ || it->second.exists || !expired;
  }
}

}  // namespace cordwood::commands
