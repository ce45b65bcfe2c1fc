// OBJECT: what Redis would say about how it keeps a value.

#include <string_view>

#include "commands/all_commands.h"
#include "commands/core/help.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"
#include "keyspace/core/keys.h"
#include "keyspace/types/traits.h"

namespace cordwood::commands::keys {
namespace {

using keyspace::Lookup;

/// Counts the lookup, but tells nobody of a miss.
Result<Lookup> LookAside(Call& call) {
  CW_ASSIGN(Lookup found, keyspace::FindKey(call.tx, call.Key(call.argv[2])));
  call.tx.NoteLookup(found.live() != nullptr);
  return found;
}

/// Replies null and answers false if the key does not exist.
Result<bool> ExistsOrNull(Call& call) {
  CW_ASSIGN(const Lookup found, LookAside(call));
  if (found.live() == nullptr) call.reply.Null();
  return found.live() != nullptr;
}

Status ObjectEncoding(Call& call) {
  CW_ASSIGN(const Lookup found, LookAside(call));
  if (found.live() == nullptr) {
    call.reply.Null();
  } else {
    CW_ASSIGN(const std::string_view encoding, keyspace::EncodingOf(*found.live()));
    call.reply.Bulk(encoding);
  }
  return {};
}

bool SelectsLfu(Call& call) {
  constexpr std::string_view kPolicy = "maxmemory-policy";
  const auto policy = call.host.settings.Get({&kPolicy, 1});
  return !policy.empty() && policy.front().second.ends_with("-lfu");
}

Status ObjectFreq(Call& call) {
  CW_ASSIGN(const bool exists, ExistsOrNull(call));
  if (!exists) return {};
  if (!SelectsLfu(call)) {
    return call.Error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  }
  return call.Error("ERR how often a key is used is not kept, access frequency not tracked.");
}

Status ObjectIdleTime(Call& call) {
  CW_ASSIGN(const bool exists, ExistsOrNull(call));
  if (!exists) return {};
  if (SelectsLfu(call)) {
    return call.Error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  return call.Error("ERR when a key was last used is not kept, idle time not tracked.");
}

Status ObjectRefCount(Call& call) {
  CW_ASSIGN(const bool exists, ExistsOrNull(call));
  if (exists) call.reply.Integer(1);
  return {};
}

constexpr Command kObjectRows[] = {
    {.name = "object|encoding",
     .arity = 3,
     .flags = kReadOnly,
     .keys = {Key(2, kRO)},
     .handler = ObjectEncoding,
     .categories = kKeyspaceCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "generic",
              .since = "2.2.3",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns how Redis would keep the value."}},
    {.name = "object|freq",
     .arity = 3,
     .flags = kReadOnly,
     .keys = {Key(2, kRO)},
     .handler = ObjectFreq,
     .categories = kKeyspaceCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "generic",
              .since = "4.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Not tracked: replies with an error."}},
    {.name = "object|help",
     .arity = 2,
     .flags = kAlways,
     .handler = Help,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of subcommands",
              .summary = "Returns a text about the subcommands."}},
    {.name = "object|idletime",
     .arity = 3,
     .flags = kReadOnly,
     .keys = {Key(2, kRO)},
     .handler = ObjectIdleTime,
     .categories = kKeyspaceCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "generic",
              .since = "2.2.3",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Not tracked: replies with an error."}},
    {.name = "object|refcount",
     .arity = 3,
     .flags = kReadOnly,
     .keys = {Key(2, kRO)},
     .handler = ObjectRefCount,
     .categories = kKeyspaceCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "generic",
              .since = "2.2.3",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns 1: values are not shared."}},
};

constexpr Command kRowsOfObject[] = {
    {.name = "object",
     .arity = -2,
     .subcommands = kObjectRows,
     .docs = {.group = "generic",
              .since = "2.2.3",
              .complexity = "Its subcommands differ.",
              .summary = "A container for commands that look into a key."}},
};

}  // namespace

Rows ObjectRows() { return kRowsOfObject; }

}  // namespace cordwood::commands::keys
