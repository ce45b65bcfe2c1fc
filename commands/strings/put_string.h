#pragma once

// What the commands that make a string of another have in common.
//
// Threads: the call's.

#include <string>

#include "base/error.h"
#include "commands/core/call.h"
#include "keyspace/core/keys.h"

namespace cordwood::commands::strings {

/// Makes `value` the string of a key that keeps its expiry. REQUIRES: `before` is what
/// FindForWrite says, and a string if it is there.
Status PutKeepingExpiry(Call& call, const keyspace::KeyName& name, const keyspace::Lookup& before,
                        std::string value);

/// Replies with a string, or null if there is none, in one go: for commands that write, and so
/// cannot go on in slices. `record` is of the key `name`.
Status ReplyString(Call& call, const keyspace::KeyName& name, const keyspace::Record* record);

}  // namespace cordwood::commands::strings
