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

/// What stands in their place.
inline constexpr std::string_view kRedacted = "(redacted)";

/// The arguments, as far as they may be shown.
std::vector<std::string> WithoutSecrets(const Command& command,
                                        std::span<const std::string_view> argv);

}  // namespace cordwood::commands
