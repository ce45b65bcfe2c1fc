#pragma once

// How a command opens the collection that one of its keys names, for a type of keyspace/types/
// which says its kType.
//
// Threads: the call's.

#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "commands/core/lookup.h"

namespace cordwood::commands {

/// Whether it exists or not. `opened` stays empty after a reply of another type. An expired one is
/// removed.
template <typename T>
Status OpenForWrite(Call& call, std::string_view key, std::optional<T>& opened) {
  const keyspace::KeyName name = call.Key(key);
  Result<keyspace::Lookup> found = FindForWrite(call, name);
  if (!found) return std::unexpected(found.error());
  if (RepliedWrongType(call, found->live(), T::kType)) return {};
  opened.emplace(call.tx, name, *std::move(found));
  return {};
}

/// The same for a command that only looks at it. Counts the lookup.
template <typename T>
Status OpenForRead(Call& call, std::string_view key, std::optional<T>& opened) {
  const keyspace::KeyName name = call.Key(key);
  Result<keyspace::Lookup> found = keyspace::FindKey(call.tx, name);
  if (!found) return std::unexpected(found.error());
  CountLookup(call, name, found->live() != nullptr);
  if (RepliedWrongType(call, found->live(), T::kType)) return {};
  opened.emplace(call.tx, name, *std::move(found));
  return {};
}

}  // namespace cordwood::commands
