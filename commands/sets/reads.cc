// The commands that look at one set.

#include "commands/all_commands.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "commands/core/scan_page.h"
#include "commands/core/whole_read.h"
#include "keyspace/types/sets.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::Item;
using keyspace::Set;
using keyspace::Type;
using protocol::ReplyWriter;

constexpr WholeReply kMembers = {
    .type = Type::kSet,
    .begin = [](ReplyWriter& reply, uint64_t length) { reply.SetHeader(length); },
    .item = [](ReplyWriter& reply, const Item& member) { reply.Bulk(member.name); }};

Status SCard(Call& call) {
  std::optional<Set> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  CW_ASSIGN(const uint64_t length, set->Length());
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

Status SIsMember(Call& call) {
  std::optional<Set> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  CW_ASSIGN(const bool contains, set->Contains(call.argv[2]));
  call.reply.Integer(contains ? 1 : 0);
  return {};
}

Status SMIsMember(Call& call) {
  std::optional<Set> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  const std::span<const std::string_view> members = call.argv.subspan(2);
  call.reply.ArrayHeader(members.size());
  return set->GetMany(members, [&](std::optional<std::string_view> found) {
    call.reply.Integer(found ? 1 : 0);
    return !call.reply.overflowed();
  });
}

Status SMembers(Call& call) { return ReplyWhole(call, kMembers); }

Status SScan(Call& call) { return ReplyScan(call, Type::kSet, ScanValues::kNone); }

constexpr Command kRowsOfRead[] = {
    {.name = "scard",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = SCard,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the number of members."}},
    {.name = "sismember",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = SIsMember,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 member",
              .summary = "Tells whether a set has a member."}},
    {.name = "smembers",
     .arity = 2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = SMembers,
     .categories = kSetCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members",
              .arguments = "key#0",
              .summary = "Returns all members."}},
    {.name = "smismember",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = SMIsMember,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 member...",
              .summary = "Tells of several members whether a set has them."}},
    {.name = "sscan",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = SScan,
     .categories = kSetCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "set",
              .since = "2.8.0",
              .complexity = "O(1) for a page, O(N) for all where N is the number of members",
              .arguments = "key#0 cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
              .summary = "Walks the members page by page."}},
};

}  // namespace

Rows ReadRows() { return kRowsOfRead; }

}  // namespace cordwood::commands::sets
