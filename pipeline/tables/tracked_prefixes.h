#pragma once

// Which clients want to know of every change of names with which prefixes, and the changes that
// they are still to be told of. These are collected, so that a client is told of many at once.
//
// Threads: the loop's.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/loop/session.h"

namespace cordwood::pipeline {

class TrackedPrefixes {
 public:
  using Clients = std::set<SessionId>;
  /// With the client that wrote each last; 0: nobody did.
  using Changes = std::map<std::string, SessionId, std::less<>>;

  TrackedPrefixes() = default;
  TrackedPrefixes(const TrackedPrefixes&) = delete;
  TrackedPrefixes& operator=(const TrackedPrefixes&) = delete;

  /// REQUIRES: the client did not have the prefix, or, to remove it, has.
  void Add(std::string_view prefix, SessionId client);
  void Remove(std::string_view prefix, SessionId client);

  /// The key has changed.
  void Note(std::string_view key, SessionId writer);
  bool has_changes() const { return !changes_.empty(); }
  /// Calls tell(clients, changes) for each prefix that has any. `tell` adds and removes nothing.
  template <typename Tell>
  void TakeChanges(const Tell& tell) {
    for (const auto& [prefix, changes] : std::exchange(changes_, {})) {
      if (const auto it = prefixes_.find(prefix); it != prefixes_.end()) tell(it->second, changes);
    }
  }

  size_t size() const { return prefixes_.size(); }

 private:
  std::map<std::string, Clients, std::less<>> prefixes_;  // none without a client
  std::map<size_t, size_t> lengths_;                      // how many prefixes have each
  std::map<std::string, Changes, std::less<>> changes_;   // of a prefix; none is empty
};

}  // namespace cordwood::pipeline
