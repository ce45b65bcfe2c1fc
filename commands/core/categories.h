#pragma once

// The categories that ACL rules name: what a row lists of its own, and what follows from its flags.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "commands/core/row.h"

namespace cordwood::commands {

/// All categories of a row, as bits of Category.
uint32_t CategoriesOf(const Command& command);

/// Without the "@" that stands before them in ACL rules.
std::vector<std::string_view> CategoryNames(uint32_t categories);

/// `name` in any case.
std::optional<Category> CategoryNamed(std::string_view name);

}  // namespace cordwood::commands
