// CLIENT: names, and what is known of connections.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/format.h"
#include "commands/all_commands.h"
#include "commands/connection/client_kill.h"
#include "commands/connection/client_kinds.h"
#include "commands/connection/client_line.h"
#include "commands/connection/client_pause.h"
#include "commands/connection/client_tracking.h"
#include "commands/connection/client_unblock.h"
#include "commands/connection/plain_word.h"
#include "commands/core/arg_reader.h"
#include "commands/core/clients.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/process.h"
#include "commands/core/row.h"

namespace cordwood::commands::connection {
namespace {

/// Which connections CLIENT LIST shows.
struct Selection {
  std::optional<ClientKind> kind;
  std::optional<std::vector<int64_t>> ids;  // ascending

  bool Has(const ClientView& view) const {
    if (kind && *kind != KindOf(view)) return false;
    return !ids || std::ranges::binary_search(*ids, static_cast<int64_t>(view.client->id));
  }
};

/// Replies and answers nothing if the options make no sense.
std::optional<Selection> TakeSelection(Call& call) {
  Selection selection;
  ArgReader args(call, 2);
  if (args.left() == 2 && args.Match("TYPE")) {
    selection.kind = TakeClientKind(args, call);
    if (!selection.kind) return std::nullopt;
  } else if (args.MatchBefore("ID", 1)) {
    selection.ids.emplace();
    while (!args.done()) {
      const std::optional<int64_t> id = args.Int64("ERR Invalid client ID");
      if (!id) return std::nullopt;
      selection.ids->push_back(*id);
    }
    std::ranges::sort(*selection.ids);
  } else if (!args.done()) {
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  return selection;
}

/// ON or OFF.
Status SetSwitch(Call& call, bool& value) {
  ArgReader args(call, 2);
  const bool on = args.Match("ON");
  if (!on && !args.Match("OFF")) return call.Error(kSyntaxError);
  value = on;
  call.reply.Ok();
  return {};
}

Status ClientGetName(Call& call) {
  if (call.client.name.empty()) {
    call.reply.Null();
  } else {
    call.reply.Bulk(call.client.name);
  }
  return {};
}

Status ClientId(Call& call) {
  call.reply.Integer(static_cast<int64_t>(call.client.id));
  return {};
}

Status ClientInfo(Call& call) {
  for (const ClientView& view : call.host.clients.All()) {
    if (view.client->id != call.client.id) continue;
    call.reply.VerbatimString(ClientLine(view, call.host.process.MonotonicMs()) + "\n");
    return {};
  }
  // A connection that the host does not list: one that is being closed.
  call.reply.VerbatimString(ClientLine({.client = &call.client}, call.host.process.MonotonicMs()) +
                            "\n");
  return {};
}

Status ClientList(Call& call) {
  const std::optional<Selection> selection = TakeSelection(call);
  if (!selection) return {};
  std::string lines;
  for (const ClientView& view : call.host.clients.All()) {
    if (!selection->Has(view)) continue;
    lines += ClientLine(view, call.host.process.MonotonicMs());
    lines += '\n';
    if (lines.size() > call.reply.room()) break;  // then the reply is refused
  }
  call.reply.VerbatimString(lines);
  return {};
}

Status ClientNoEvict(Call& call) { return SetSwitch(call, call.client.no_evict); }

Status ClientNoTouch(Call& call) { return SetSwitch(call, call.client.no_touch); }

Status ClientSetInfo(Call& call) {
  ArgReader args(call, 2);
  std::string* attribute = nullptr;
  if (args.Match("LIB-NAME")) {
    attribute = &call.client.library_name;
  } else if (args.Match("LIB-VER")) {
    attribute = &call.client.library_version;
  } else {
    return call.Error(Format("ERR Unrecognized option '{}'", AsPrinted(call.argv[2])));
  }
  if (!IsPlainWord(call.argv[3])) {
    return call.Error(Format("ERR {} cannot contain spaces, newlines or special characters.",
                             AsPrinted(call.argv[2])));
  }
  *attribute = call.argv[3];
  call.reply.Ok();
  return {};
}

Status ClientSetName(Call& call) {
  if (!IsPlainWord(call.argv[2])) return call.Error(kBadName);
  call.client.name = call.argv[2];
  call.reply.Ok();
  return {};
}

constexpr Command kClientRows[] = {
    {.name = "client|caching",
     .arity = 3,
     .flags = kNoScript | kAlways,
     .handler = ClientCaching,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "6.0.0",
              .complexity = "O(1)",
              .arguments = "mode=(YES | NO)",
              .summary = "Sets whether the keys of the next command are tracked."}},
    {.name = "client|getname",
     .arity = 2,
     .flags = kNoScript | kAlways,
     .handler = ClientGetName,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "2.6.9",
              .complexity = "O(1)",
              .summary = "Returns the connection's name."}},
    {.name = "client|getredir",
     .arity = 2,
     .flags = kNoScript | kAlways,
     .handler = ClientGetRedir,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "6.0.0",
              .complexity = "O(1)",
              .summary = "Returns who is told what the connection tracks."}},
    {.name = "client|help",
     .arity = 2,
     .flags = kAlways,
     .handler = Help,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "5.0.0",
              .complexity = "O(N) where N is the number of subcommands",
              .summary = "Returns a text about the subcommands."}},
    {.name = "client|id",
     .arity = 2,
     .flags = kNoScript | kAlways,
     .handler = ClientId,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "5.0.0",
              .complexity = "O(1)",
              .summary = "Returns the connection's number."}},
    {.name = "client|info",
     .arity = 2,
     .flags = kNoScript | kAlways,
     .handler = ClientInfo,
     .categories = kConnectionCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "connection",
              .since = "6.2.0",
              .complexity = "O(1)",
              .summary = "Returns what is known of the connection."}},
    {.name = "client|kill",
     .arity = -3,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ClientKill,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "2.4.0",
              .complexity = "O(N) where N is the number of connections",
              .arguments =
                  "filter=(old-format{ip:port}~2.8.12 | new-format=([ID client-id:integer@2.8.12] "
                  "| [TYPE client-type=(NORMAL | MASTER@3.2.0 | SLAVE | REPLICA@5.0.0 | "
                  "PUBSUB)@2.8.12] | [USER username] | [ADDR addr{ip:port}] | [LADDR "
                  "laddr{ip:port}@6.2.0] | [SKIPME skipme=(YES | NO)] | [MAXAGE "
                  "maxage:integer@7.4.0])...)",
              .summary = "Closes connections, one's own only with SKIPME NO."}},
    {.name = "client|list",
     .arity = -2,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ClientList,
     .categories = kConnectionCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "connection",
              .since = "2.4.0",
              .complexity = "O(N) where N is the number of connections",
              .arguments = "[TYPE client-type=(NORMAL | MASTER | REPLICA | PUBSUB)@5.0.0] [ID "
                           "client-id:integer@6.2.0...]",
              .summary = "Returns what is known of all connections."}},
    {.name = "client|no-evict",
     .arity = 3,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ClientNoEvict,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "7.0.0",
              .complexity = "O(1)",
              .arguments = "enabled=(ON | OFF)",
              .summary = "Sets whether the connection is spared when memory is short."}},
    {.name = "client|no-touch",
     .arity = 3,
     .flags = kNoScript | kAlways,
     .handler = ClientNoTouch,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "7.2.0",
              .complexity = "O(1)",
              .arguments = "enabled=(ON | OFF)",
              .summary = "Accepted: when a key was last used is not kept."}},
    {.name = "client|pause",
     .arity = -3,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ClientPause,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "3.0.0",
              .complexity = "O(1)",
              .arguments = "timeout:integer [mode=(WRITE | ALL)@6.2.0]",
              .summary = "Holds commands, or those that write, for a while."}},
    {.name = "client|reply",
     .arity = 3,
     .flags = kNoScript | kAlways,
     .handler = ClientReply,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "3.2.0",
              .complexity = "O(1)",
              .arguments = "action=(ON | OFF | SKIP)",
              .summary = "Sets whether the connection's replies are sent."}},
    {.name = "client|setinfo",
     .arity = 4,
     .flags = kNoScript | kAlways,
     .handler = ClientSetInfo,
     .categories = kConnectionCategory,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .docs = {.group = "connection",
              .since = "7.2.0",
              .complexity = "O(1)",
              .arguments = "attr=(LIB-NAME libname | LIB-VER libver)",
              .summary = "Names the client library of the connection."}},
    {.name = "client|setname",
     .arity = 3,
     .flags = kNoScript | kAlways,
     .handler = ClientSetName,
     .categories = kConnectionCategory,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .docs = {.group = "connection",
              .since = "2.6.9",
              .complexity = "O(1)",
              .arguments = "connection-name",
              .summary = "Names the connection."}},
    {.name = "client|tracking",
     .arity = -3,
     .flags = kNoScript | kAlways | kOnExecutor,
     .handler = ClientTrackingSwitch,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "6.0.0",
              .complexity = "O(1). Some options may introduce additional complexity.",
              .arguments = "status=(ON | OFF) [REDIRECT client-id:integer] [PREFIX prefix...each] "
                           "[BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
              .summary = "Sets whether the connection is told when what it read has changed."}},
    {.name = "client|trackinginfo",
     .arity = 2,
     .flags = kNoScript | kAlways,
     .handler = ClientTrackingInfo,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "6.2.0",
              .complexity = "O(1)",
              .summary = "Returns how the connection tracks."}},
    {.name = "client|unblock",
     .arity = -3,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ClientUnblock,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "5.0.0",
              .complexity = "O(log N) where N is the number of connections",
              .arguments = "client-id:integer [unblock-type=(TIMEOUT | ERROR)]",
              .summary = "Ends the wait of another connection's command."}},
    {.name = "client|unpause",
     .arity = 2,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ClientUnpause,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of connections whose commands are held",
              .summary = "Lets commands go on that CLIENT PAUSE holds."}},
};

constexpr Command kRowsOfClient[] = {
    {.name = "client",
     .arity = -2,
     .subcommands = kClientRows,
     .docs = {.group = "connection",
              .since = "2.4.0",
              .complexity = "Its subcommands differ.",
              .summary = "A container for commands about connections."}},
};

}  // namespace

Rows ClientRows() { return kRowsOfClient; }

}  // namespace cordwood::commands::connection
