#include "commands/connection/client_pause.h"

#include <cstdint>
#include <optional>

#include "commands/core/arg_reader.h"
#include "commands/core/clients.h"
#include "commands/core/error_texts.h"
#include "commands/core/timeout_arg.h"

namespace cordwood::commands::connection {

Status ClientPause(Call& call) {
  if (call.argv.size() > 4) return call.Error(WrongSubcommandUse("client", call.argv[1]));
  PauseMode mode = PauseMode::kAll;
  if (ArgReader args(call, 3); !args.done()) {
    if (args.Match("WRITE")) {
      mode = PauseMode::kWrites;
    } else if (!args.Match("ALL")) {
      return call.Error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  }
  ArgReader args(call, 2);
  const std::optional<int64_t> ms = TakeMilliseconds(args, call);
  if (!ms) return {};
  // What EXEC runs is run to its end.
  call.Defer([&clients = call.host.clients, ms = static_cast<uint64_t>(*ms), mode] {
    clients.PauseClients(ms, mode);
  });
  call.reply.Ok();
  return {};
}

Status ClientUnpause(Call& call) {
  call.Defer([&clients = call.host.clients] { clients.UnpauseClients(); });
  call.reply.Ok();
  return {};
}

Status ClientReply(Call& call) {
  ArgReader args(call, 2);
  Client& client = call.client;
  if (args.Match("ON")) {
    client.replies = Replies::kSent;
    call.reply.Ok();
  } else if (args.Match("OFF")) {
    client.replies = Replies::kDropped;
  } else if (args.Match("SKIP")) {
    if (client.replies != Replies::kDropped) client.replies = Replies::kSkipNext;
  } else {
    return call.Error(kSyntaxError);
  }
  return {};
}

}  // namespace cordwood::commands::connection
