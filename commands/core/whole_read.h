#pragma once

// Replies with everything that a collection holds: HGETALL, SMEMBERS and their like.
//
// Threads: the call's.

#include <cstdint>

#include "base/error.h"
#include "commands/core/call.h"
#include "keyspace/core/record.h"
#include "keyspace/types/inline_items.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

struct WholeReply {
  keyspace::Type type;
  /// What stands in front of so many items; 0 if the key does not exist.
  void (*begin)(protocol::ReplyWriter& reply, uint64_t length);
  void (*item)(protocol::ReplyWriter& reply, const keyspace::Item& item);
};

/// Of the key at argv[1], in slices if it is long. `whole` lives as long as the process.
Status ReplyWhole(Call& call, const WholeReply& whole);

}  // namespace cordwood::commands
