// The commands that name the members that they add or take away.

#include "commands/all_commands.h"
#include "commands/core/events.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "keyspace/types/sets.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::Set;

constexpr Event kAdded = {.event_class = EventClass::kSet, .name = "sadd"};
constexpr Event kRemoved = {.event_class = EventClass::kSet, .name = "srem"};

Status SAdd(Call& call) {
  std::optional<Set> set;
  CW_TRY(OpenForWrite(call, call.argv[1], set));
  if (!set) return {};
  CW_ASSIGN(const uint64_t added, set->Add(call.argv.subspan(2)));
  if (added > 0) Notify(call, kAdded, call.argv[1]);
  call.reply.Integer(static_cast<int64_t>(added));
  return {};
}

Status SRem(Call& call) {
  std::optional<Set> set;
  CW_TRY(OpenForWrite(call, call.argv[1], set));
  if (!set) return {};
  CW_ASSIGN(const uint64_t removed, set->Remove(call.argv.subspan(2)));
  if (removed > 0) NotifyTaken(call, kRemoved, call.argv[1], !set->exists());
  call.reply.Integer(static_cast<int64_t>(removed));
  return {};
}

/// The second half of a move, and what is told of both.
Status FinishMove(Call& call, const Set& from, Set& to, std::span<const std::string_view> member) {
  NotifyTaken(call, kRemoved, call.argv[1], !from.exists());
  CW_ASSIGN(const uint64_t added, to.Add(member));
  if (added > 0) Notify(call, kAdded, call.argv[2]);
  return {};
}

Status SMove(Call& call) {
  const std::span<const std::string_view> member = call.argv.subspan(3, 1);
  std::optional<Set> from;
  CW_TRY(OpenForWrite(call, call.argv[1], from));
  if (!from) return {};
  bool moved = false;
  if (from->exists()) {
    std::optional<Set> to;
    CW_TRY(OpenForWrite(call, call.argv[2], to));
    if (!to) return {};
    if (call.argv[1] == call.argv[2]) {
      CW_ASSIGN(moved, from->Contains(member.front()));
    } else {
      CW_ASSIGN(const uint64_t removed, from->Remove(member));
      moved = removed > 0;
      if (moved) CW_TRY(FinishMove(call, *from, *to, member));
    }
  }
  call.reply.Integer(moved ? 1 : 0);
  return {};
}

constexpr Command kRowsOfWrite[] = {
    {.name = "sadd",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kInsert)},
     .handler = SAdd,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 member...",
              .summary = "Adds members."}},
    {.name = "smove",
     .arity = 4,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete), Key(2, kRW | kInsert)},
     .handler = SMove,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "source#0 destination#1 member",
              .summary = "Moves a member from one set to another."}},
    {.name = "srem",
     .arity = -3,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kDelete)},
     .handler = SRem,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 member...",
              .summary = "Removes members, and the set with its last one."}},
};

}  // namespace

Rows WriteRows() { return kRowsOfWrite; }

}  // namespace cordwood::commands::sets
