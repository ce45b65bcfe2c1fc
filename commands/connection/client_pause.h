#pragma once

// CLIENT PAUSE, UNPAUSE and REPLY: whose commands run, and whose replies are sent.
//
// Threads: the call's.

#include "base/error.h"

namespace cordwood::commands {
struct Call;
}

namespace cordwood::commands::connection {

Status ClientPause(Call& call);
Status ClientUnpause(Call& call);
Status ClientReply(Call& call);

}  // namespace cordwood::commands::connection
