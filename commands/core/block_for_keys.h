#pragma once

// How a command waits for a value of its type under one of its keys.
//
// Threads: the call's.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "keyspace/core/record.h"

namespace cordwood::commands {

/// A null array is the reply when the time is over. As Call::Block.
inline Status BlockForKeys(Call& call, std::span<const std::string_view> keys, keyspace::Type type,
                           int64_t timeout_ms) {
  return call.Block({.keys = keys,
                     .type = type,
                     .timeout_ms = timeout_ms,
                     .at_timeout = [](protocol::ReplyWriter& reply, const Client&, const Host&) {
                       reply.NullArray();
                     }});
}

}  // namespace cordwood::commands
