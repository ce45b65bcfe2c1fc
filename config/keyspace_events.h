#pragma once

// The value of `notify-keyspace-events`: what is told of which events of keys.
//
// A plain value. Threads: any.

#include <string>
#include <string_view>

#include "base/error.h"

namespace cordwood::config {

struct KeyspaceEvents {
  /// Letters of Redis' classes, of "g$lshzxetdnm", each once and in this order.
  std::string classes;
  bool by_key = false;    // K: of a key, which events it has
  bool by_event = false;  // E: of an event, which keys have it

  /// Whether anybody can be told of anything.
  bool any() const { return !classes.empty() && (by_key || by_event); }
  /// As CONFIG GET prints it.
  std::string ToText() const;

  friend bool operator==(const KeyspaceEvents&, const KeyspaceEvents&) = default;
};

/// Letters in any order. The error is what CONFIG SET says.
Result<KeyspaceEvents> ParseKeyspaceEvents(std::string_view text);

}  // namespace cordwood::config
