#include "commands/connection/client_unblock.h"

#include <cstdint>
#include <optional>

#include "commands/core/arg_reader.h"
#include "commands/core/blocked.h"
#include "commands/core/error_texts.h"
#include "commands/core/host.h"

namespace cordwood::commands::connection {

Status ClientUnblock(Call& call) {
  if (call.argv.size() > 4) {
    return call.Error(WrongSubcommandUse("client", call.argv[1]));
  }
  ArgReader args(call, 3);
  Blocked::Ending ending = Blocked::Ending::kTimeout;
  if (args.Match("ERROR")) {
    ending = Blocked::Ending::kError;
  } else if (!args.done() && !args.Match("TIMEOUT")) {
    return call.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const std::optional<int64_t> id = ArgReader(call, 2).Int64();
  if (!id) return {};
  const auto client_id = static_cast<uint64_t>(*id);
  const bool waits = call.host.blocked.IsWaiting(client_id);
  call.met_newest = true;  // what served it may not be visible yet
  if (waits) {
    call.Defer(
        [&blocked = call.host.blocked, client_id, ending] { blocked.Unblock(client_id, ending); });
  }
  call.reply.Integer(waits ? 1 : 0);
  return {};
}

}  // namespace cordwood::commands::connection
