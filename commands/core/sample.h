#pragma once

// Random items of a collection: what HRANDFIELD replies with, and its like of every type whose
// items lie in the order of a hash.
//
//   single     one item, no array; null if the key does not exist
//   repeats    independent draws
//   distinct   no item twice: all of them, if there are not more. Taken by draws that are rejected
//              if they repeat, or on a walk through all items, whichever is less work.
//
// Threads: the call's.

#include <cstdint>
#include <optional>
#include <string_view>

#include "commands/core/call.h"
#include "keyspace/core/record.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

struct Sample {
  bool single = false;  // the form without a count: one item, no array
  bool repeats = false;
  bool with_values = false;
  uint64_t count = 1;
};

/// A count at argv[2], and the word for values behind it; empty: there is none. Replies and answers
/// nothing if they make no sense.
std::optional<Sample> TakeSample(Call& call, std::string_view values_word);

/// Of the key at argv[1]. `reply_value` writes an item's value, if values are asked for; by default
/// as it is. REQUIRES: the type is hashed.
using ReplyValue = void (*)(protocol::ReplyWriter& reply, std::string_view value);
Status ReplySample(Call& call, keyspace::Type type, const Sample& sample,
                   ReplyValue reply_value = nullptr);

}  // namespace cordwood::commands
