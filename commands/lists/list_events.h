#pragma once

// What is told of lists that are pushed to and popped from.
//
// Threads: any; no state.

#include "commands/core/events.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::commands::lists {

inline Event PushedAt(keyspace::ListEnd end) {
  return {.event_class = EventClass::kList,
          .name = end == keyspace::ListEnd::kHead ? "lpush" : "rpush"};
}

inline Event PoppedAt(keyspace::ListEnd end) {
  return {.event_class = EventClass::kList,
          .name = end == keyspace::ListEnd::kHead ? "lpop" : "rpop"};
}

}  // namespace cordwood::commands::lists
