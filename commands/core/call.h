#pragma once

// What a handler is given: one run of one command.
//
// Threads: a Call belongs to the thread that runs it.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.h"
#include "commands/core/client.h"
#include "commands/core/host.h"
#include "commands/core/long_read.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

struct Call {
  std::span<const std::string_view> argv;
  keyspace::Transaction& tx;
  protocol::ReplyWriter& reply;
  Client& client;
  const Host& host;
  /// Set by a handler whose reply needs more than one slice; its own reply must then be empty. It
  /// is run only for a kReadOnly command, once everything the connection did is visible.
  std::unique_ptr<LongRead> long_read;

  keyspace::KeyName Key(std::string_view key) {
    return {.generation = tx.GenerationOf(client.db), .key = key};
  }
  /// A random number that is the same in every run of the command.
  uint64_t Seed();
  /// Replies "-<message>" and ends the handler: `return call.Error("ERR syntax error");`
  Status Error(std::string_view message) {
    reply.Error(message);
    return {};
  }
};

}  // namespace cordwood::commands
