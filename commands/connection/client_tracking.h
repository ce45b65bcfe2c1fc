#pragma once

// CLIENT TRACKING and what belongs to it, which have a file of their own beside the other
// subcommands.
//
// Threads: the call's.

#include "base/error.h"

namespace cordwood::commands {
struct Call;
}

namespace cordwood::commands::connection {

Status ClientTrackingSwitch(Call& call);
Status ClientCaching(Call& call);
Status ClientGetRedir(Call& call);
Status ClientTrackingInfo(Call& call);

/// Ends it. For RESET.
void EndTracking(Call& call);

}  // namespace cordwood::commands::connection
