#pragma once

// Opens the list that a command changes.
//
// Threads: the call's.

#include <optional>
#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/core/lookup.h"
#include "keyspace/types/lists.h"

namespace cordwood::commands::lists {

/// The list under a key, whether it exists or not; `list` stays empty after a reply of another
/// type.
inline Status OpenForWrite(Call& call, std::string_view key, std::optional<keyspace::List>& list) {
  const keyspace::KeyName name = call.Key(key);
  Result<keyspace::Lookup> found = FindForWrite(call, name);
  if (!found) return std::unexpected(found.error());
  if (RepliedWrongType(call, found->live(), keyspace::Type::kList)) return {};
  list.emplace(call.tx, name, *std::move(found));
  return {};
}

}  // namespace cordwood::commands::lists
