// MONITOR.

#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/monitors.h"
#include "commands/core/row.h"

namespace cordwood::commands::server {
namespace {

Status Monitor(Call& call) {
  const bool runs_queue = call.client.queue != nullptr && call.client.queue->executing();
  if (runs_queue) return call.Error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  // A second one is not answered: the first goes on.
  if (call.client.monitors) return {};
  call.client.monitors = true;
  call.Defer([&monitors = call.host.monitors, &client = call.client] { monitors.Start(client); });
  call.reply.Ok();
  return {};
}

constexpr Command kRowsOfMonitor[] = {
    {.name = "monitor",
     .arity = 1,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = Monitor,
     .docs = {.group = "server",
              .since = "1.0.0",
              .complexity = "O(1), and O(N) for each command that is shown, with N arguments.",
              .summary = "Shows every command that the server runs, as it runs them."}},
};

}  // namespace

Rows MonitorRows() { return kRowsOfMonitor; }

}  // namespace cordwood::commands::server
