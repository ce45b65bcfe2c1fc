#pragma once

// What the process asks the operating system about itself. Threads: any.

#include <cstdint>
#include <string>

#include "base/env.h"
#include "pipeline/info.h"

namespace cordwood::server {

/// Memory that this process may use: the machine's, or less if a control group says so.
uint64_t AvailableMemoryBytes();

/// Lets the process have this many open files if it can; returns how many it may have.
uint64_t RaiseOpenFileLimit(uint64_t wanted);

/// Everything but the memory budget and the configuration file.
pipeline::ProcessFacts GatherFacts(Env& env, const std::string& executable);

}  // namespace cordwood::server
