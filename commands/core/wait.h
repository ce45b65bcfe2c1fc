#pragma once

// What a command waits for that looked and found nothing (rule B1 of the commit contract), and what
// it answers if that never comes.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "keyspace/core/record.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

struct Client;
struct Host;

/// The reply when the time is over.
using TimeoutReply = void (*)(protocol::ReplyWriter& reply, const Client& client, const Host& host);

struct Wait {
  /// In the client's database, as they stand in argv. Once one of them is signalled the command
  /// runs again.
  std::span<const std::string_view> keys = {};
  /// But only if it holds this. Nothing: whatever it holds, or if it is gone.
  std::optional<keyspace::Type> type = std::nullopt;
  /// It also runs again when everything that the client was told of is on stable storage.
  bool for_sync = false;
  /// Counted from when the command was received; 0: for ever.
  int64_t timeout_ms = 0;
  TimeoutReply at_timeout = nullptr;
};

}  // namespace cordwood::commands
