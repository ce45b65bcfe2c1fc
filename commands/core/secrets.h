#pragma once

// Arguments that are shown to nobody: passwords.
//
// Threads: any; no state.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/row.h"

namespace cordwood::commands {

/// The arguments, with "(redacted)" in the place of those.
std::vector<std::string> WithoutSecrets(const Command& command,
                                        std::span<const std::string_view> argv);

}  // namespace cordwood::commands
