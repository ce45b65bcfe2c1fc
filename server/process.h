#pragma once

// What the process asks the operating system about itself. Threads: any.

#include <cstdint>
#include <string>

#include "base/env.h"
#include "pipeline/info.h"

namespace cordwood::server {

/// Lets the process have this many open files if it can; returns how many it may have.
uint64_t RaiseOpenFileLimit(uint64_t wanted);

/// Everything but the available memory and the configuration file.
pipeline::ProcessFacts GatherFacts(Env& env, const std::string& executable);

}  // namespace cordwood::server
