#pragma once

// What "<CONTAINER> HELP" replies: each subcommand with its arguments, and what it does, out of the
// rows.
//
// Threads: the call's.

#include "base/error.h"

namespace cordwood::commands {

struct Call;

/// The handler of each container's subcommand HELP.
Status Help(Call& call);

}  // namespace cordwood::commands
