// The commands for connections: their rows, and the smallest handlers.

#include "commands/connection/handlers.h"
#include "commands/core/command_table.h"
#include "commands/core/error_texts.h"
#include "commands/core/row_maker.h"

namespace cordwood::commands {
namespace {

Status Ping(Call& call) {
  if (call.argv.size() > 2) return call.Error(WrongArity("ping"));
  if (call.argv.size() == 2) {
    call.reply.Bulk(call.argv[1]);
  } else {
    call.reply.Raw(protocol::kPongReply);
  }
  return {};
}

Status Echo(Call& call) {
  call.reply.Bulk(call.argv[1]);
  return {};
}

Status Quit(Call& call) {
  call.client.close_after_reply = true;
  call.reply.Ok();
  return {};
}

constexpr uint32_t kSession = kNoScript | kAlways;

constexpr RowMaker kRow = {.group = "connection"};

constexpr Command kClientRows[] = {
    kRow("client|getname", 2, kSession, connection::ClientGetName, "2.6.9",
         "Returns the connection's name."),
    kRow("client|help", 2, kAlways, connection::ClientHelp, "5.0.0",
         "Returns a text about the subcommands."),
    kRow("client|id", 2, kSession, connection::ClientId, "5.0.0",
         "Returns the connection's number."),
    kRow("client|info", 2, kSession, connection::ClientInfo, "6.2.0",
         "Returns what is known of the connection."),
    kRow("client|kill", -3, kAdmin | kSession, connection::ClientKill, "2.4.0",
         "Closes connections."),
    kRow("client|list", -2, kAdmin | kSession, connection::ClientList, "2.4.0",
         "Returns what is known of all connections."),
    kRow("client|no-evict", 3, kAdmin | kSession, connection::ClientNoEvict, "7.0.0",
         "Sets whether the connection is spared when memory is short."),
    kRow("client|no-touch", 3, kSession, connection::ClientNoTouch, "7.2.0",
         "Accepted: when a key was last used is not kept."),
    kRow("client|setinfo", 4, kSession, connection::ClientSetInfo, "7.2.0",
         "Names the client library of the connection."),
    kRow("client|setname", 3, kSession, connection::ClientSetName, "2.6.9",
         "Names the connection."),
};

constexpr Command kRows[] = {
    kRow("auth", -2, kFast | kNoAuth | kSession, connection::Auth, "1.0.0",
         "Authenticates the connection."),
    {.name = "client",
     .arity = -2,
     .subcommands = kClientRows,
     .summary = "A container for commands about connections.",
     .since = "2.4.0",
     .group = "connection"},
    kRow("echo", 2, kFast | kAlways, Echo, "1.0.0", "Returns the given string."),
    kRow("hello", -1, kFast | kNoAuth | kSession, connection::Hello, "6.0.0",
         "Greets the server and chooses the protocol."),
    kRow("ping", -1, kFast, Ping, "1.0.0", "Returns PONG, or the given string."),
    kRow("quit", -1, kFast | kNoAuth | kSession, Quit, "1.0.0", "Closes the connection."),
    kRow("reset", 1, kFast | kNoAuth | kSession, connection::Reset, "6.2.0",
         "Makes the connection as it was when it was new."),
};

}  // namespace

std::span<const Command> ConnectionCommands() { return kRows; }

}  // namespace cordwood::commands
