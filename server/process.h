#pragma once

// What the process asks the operating system about itself. Threads: any.

#include <cstdint>
#include <string>

#include "base/env.h"
#include "pipeline/info.h"

namespace cordwood::server {

/// Raises the limit of open files as far as it goes, or to `wanted` if it cannot go that far;
/// returns how many the process may have.
uint64_t RaiseOpenFileLimit(uint64_t wanted);

/// Everything but the available memory and the configuration file.
pipeline::ProcessFacts GatherFacts(Env& env, const std::string& executable);

}  // namespace cordwood::server
