#pragma once

// Texts of options without effect that Redis checks, and what is wrong with one.
//
// Threads: any; no state.

#include <span>
#include <string>

#include "base/error.h"

namespace cordwood::config {

// Each takes the words of a value, and gives what CONFIG GET prints.

/// Octal digits, up to 777.
Result<std::string> NormalisePermissions(std::span<const std::string> words);
/// Three numbers.
Result<std::string> NormaliseOomScores(std::span<const std::string> words);
/// What a signal does, in the order in which Redis prints it.
Result<std::string> NormaliseShutdownFlags(std::span<const std::string> words);
Result<std::string> NormaliseHostname(std::span<const std::string> words);
Result<std::string> NormaliseNodeName(std::span<const std::string> words);
/// With the variables that Redis knows, in braces.
Result<std::string> NormaliseTitleTemplate(std::span<const std::string> words);

}  // namespace cordwood::config
