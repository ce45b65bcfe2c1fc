// The smallest commands for one's own connection.

#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"
#include "commands/core/row.h"

namespace cordwood::commands::connection {
namespace {

Status Ping(Call& call) {
  if (call.argv.size() > 2) return call.Error(WrongArity("ping"));
  const std::string_view text = call.argv.size() == 2 ? call.argv[1] : "";
  if (call.client.is_restricted()) {
    // In the form of the messages that it is sent.
    call.reply.ArrayHeader(2);
    call.reply.Bulk("pong");
    call.reply.Bulk(text);
  } else if (call.argv.size() == 2) {
    call.reply.Bulk(text);
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

constexpr Command kRowsOfSession[] = {
    {.name = "echo",
     .arity = 2,
     .flags = kFast | kAlways,
     .handler = Echo,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "message",
              .summary = "Returns the given string."}},
    {.name = "ping",
     .arity = -1,
     .flags = kFast | kWhileSubscribed,
     .handler = Ping,
     .categories = kConnectionCategory,
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .docs = {.group = "connection",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "[message]",
              .summary = "Returns PONG, or the given string."}},
    {.name = "quit",
     .arity = -1,
     .flags = kFast | kNoAuth | kNoScript | kAlways | kAllowBusy | kNeverQueued | kWhileSubscribed,
     .handler = Quit,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "1.0.0",
              .complexity = "O(1)",
              .summary = "Closes the connection.",
              .deprecated_since = "7.2.0",
              .replaced_by = "closing the connection"}},
};

}  // namespace

Rows SessionRows() { return kRowsOfSession; }

}  // namespace cordwood::commands::connection
