#pragma once

// The handlers of the string commands, for their table. See commands/strings/commands.cc.
//
// Threads: the call's.

#include <cstddef>
#include <span>
#include <string>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/core/row.h"
#include "keyspace/core/keys.h"

namespace cordwood::commands::strings {

/// Makes `value` the string of a key that keeps its expiry. REQUIRES: `before` is what
/// FindForWrite says, and a string if it is there.
Status PutKeepingExpiry(Call& call, const keyspace::KeyName& name, const keyspace::Lookup& before,
                        std::string value);

/// The table.
std::span<const Command> Rows();

// commands/strings/reads.cc
Status Get(Call& call);
Status MGet(Call& call);
Status StrLen(Call& call);
Status GetRange(Call& call);

// commands/strings/set.cc
Status Set(Call& call);
Status SetEx(Call& call);
Status PSetEx(Call& call);
Status SetNx(Call& call);
Status GetSet(Call& call);
Status GetDel(Call& call);
Status GetEx(Call& call);
Status MSet(Call& call);
Status MSetNx(Call& call);

// commands/strings/edits.cc
Status Append(Call& call);
Status SetRange(Call& call);
Status Incr(Call& call);
Status Decr(Call& call);
Status IncrBy(Call& call);
Status DecrBy(Call& call);
Status IncrByFloat(Call& call);

// commands/strings/lcs.cc
Status Lcs(Call& call);

}  // namespace cordwood::commands::strings
