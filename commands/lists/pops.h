#pragma once

// What the commands that pop from lists have in common, those that wait for an element among them.
//
// Threads: the call's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::commands::lists {

/// What is replied with what was popped.
enum class PopReply : uint8_t {
  kValue,         // of one
  kValues,        // an array
  kKeyAndValue,   // the key in front, of one
  kKeyAndValues,  // the key, and an array
};

/// Pops up to `count` elements off an end of the first of `keys` that is there, and replies. An
/// earlier one of another type is an error reply. False, and nothing is replied: there is none.
/// REQUIRES: the count is not 0, and 1 for a reply with one value.
Result<bool> PopFirst(Call& call, std::span<const std::string_view> keys, keyspace::ListEnd end,
                      uint64_t count, PopReply form);

/// Takes an element off an end of the list under argv[1], puts it at one under argv[2], and replies
/// with it, or an error. False, and nothing is replied: there is no element.
Result<bool> MoveElement(Call& call, keyspace::ListEnd from, keyspace::ListEnd to);

}  // namespace cordwood::commands::lists
