#pragma once

// What commands tell of the keys that they changed, in Redis' words and order. That a key is new,
// had expired or is missing is told where keys are looked up and put.
//
// Threads: the call's.

#include <string_view>

#include "commands/core/call.h"
#include "keyspace/core/key_event.h"

namespace cordwood::commands {

using keyspace::EventClass;

/// What happened to a key; the name is static.
struct Event {
  EventClass event_class;
  std::string_view name;
};

inline void Notify(Call& call, const Event& event, std::string_view key) {
  if (!call.tx.keyspace().reports_events(event.event_class)) return;
  call.tx.Notify(event.event_class, event.name, call.tx.GenerationOf(call.client.db), key);
}

inline constexpr Event kDeleted = {.event_class = EventClass::kGeneric, .name = "del"};
inline constexpr Event kExpirySet = {.event_class = EventClass::kGeneric, .name = "expire"};
inline constexpr Event kExpiryRemoved = {.event_class = EventClass::kGeneric, .name = "persist"};

/// Elements of the key were taken away, and the key with the last of them.
inline void NotifyTaken(Call& call, const Event& event, std::string_view key, bool is_gone) {
  Notify(call, event, key);
  if (is_gone) Notify(call, kDeleted, key);
}

}  // namespace cordwood::commands
