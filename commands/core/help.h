#pragma once

// What "<COMMAND> HELP" replies.
//
// Threads: the call's.

#include <span>
#include <string_view>

#include "base/error.h"

namespace cordwood::commands {

struct Call;

/// `container` in upper case. Each line names a subcommand, or explains one when it is indented.
/// HELP itself is added.
Status ReplyHelp(Call& call, std::string_view container, std::span<const std::string_view> lines);

}  // namespace cordwood::commands
