#pragma once

// CLIENT KILL, which has a file of its own beside the other subcommands.
//
// Threads: the call's.

#include "base/error.h"

namespace cordwood::commands {
struct Call;
}

namespace cordwood::commands::connection {

Status ClientKill(Call& call);

}  // namespace cordwood::commands::connection
