#pragma once

// CLIENT UNBLOCK: a command of another connection waits no more.
//
// Threads: the call's.

#include "base/error.h"
#include "commands/core/call.h"

namespace cordwood::commands::connection {

Status ClientUnblock(Call& call);

}  // namespace cordwood::commands::connection
