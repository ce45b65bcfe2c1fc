// The smallest commands for one's own connection.

#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"
#include "commands/core/row_maker.h"

namespace cordwood::commands::connection {
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

constexpr Command kRows[] = {
    kRow("echo", 2, kFast | kAlways, Echo, "1.0.0", "Returns the given string."),
    kRow("ping", -1, kFast, Ping, "1.0.0", "Returns PONG, or the given string."),
    kRow("quit", -1, kFast | kNoAuth | kSession, Quit, "1.0.0", "Closes the connection."),
};

}  // namespace

Rows SessionRows() { return kRows; }

}  // namespace cordwood::commands::connection
