#pragma once

// The handlers of the commands about the server itself. See commands/server/commands.cc.
//
// Threads: the call's.

#include "base/error.h"
#include "commands/core/call.h"

namespace cordwood::commands::server {

// commands/server/command_info.cc
Status CommandAll(Call& call);
Status CommandCount(Call& call);
Status CommandDocs(Call& call);
Status CommandGetKeys(Call& call);
Status CommandHelp(Call& call);
Status CommandInfo(Call& call);
Status CommandList(Call& call);

// commands/server/memory_usage.cc
Status MemoryHelp(Call& call);
Status MemoryUsage(Call& call);

}  // namespace cordwood::commands::server
