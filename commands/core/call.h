#pragma once

// What a handler is given: one run of one command.
//
// Threads: a Call belongs to the thread that runs it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "commands/core/client.h"
#include "commands/core/host.h"
#include "commands/core/long_read.h"
#include "commands/core/wait.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

/// What a command does to others, beyond its transaction.
using Effect = std::function<void()>;

struct Call {
  std::span<const std::string_view> argv;
  keyspace::Transaction& tx;
  protocol::ReplyWriter& reply;
  Client& client;
  const Host& host;
  /// Set by a handler whose reply needs more than one slice; its own reply must then be empty. It
  /// is run only for a kReadOnly command, once everything the connection did is visible.
  std::unique_ptr<LongRead> long_read = nullptr;
  /// Of a command that is one of several in a transaction: its place.
  uint64_t draw = 0;
  /// What is to be done once the run counts.
  std::vector<Effect> effects = {};
  /// Set by a handler that looked at more than its transaction shows: its reply depends on the
  /// newest state.
  bool met_newest = false;
  /// Set by a handler that must be run again on a stack of its own, to the end: this run is undone.
  bool wants_own_run = false;
  /// Not of a command that is one of several in a transaction: it answers as when its time is over.
  bool may_wait = false;
  /// Set by Block.
  std::optional<Wait> wait = std::nullopt;

  keyspace::KeyName Key(std::string_view key) {
    return {.generation = tx.GenerationOf(client.db), .key = key};
  }
  /// A random number that is the same in every run of the command.
  uint64_t Seed();
  /// Runs when this run is the last, and what it wrote is in the log. A run may be undone.
  void Defer(Effect effect) { effects.push_back(std::move(effect)); }
  /// Nothing is there yet. The command waits, and its handler runs again when there may be more; no
  /// other command runs between this look and the wait. Before this nothing may be replied.
  Status Block(const Wait& request) {
    if (may_wait) {
      wait = request;
    } else {
      request.at_timeout(reply, client, host);
    }
    return {};
  }
  /// Replies "-<message>" and ends the handler: `return call.Error("ERR syntax error");`
  Status Error(std::string_view message) {
    reply.Error(message);
    return {};
  }
};

}  // namespace cordwood::commands
