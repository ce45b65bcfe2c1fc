#pragma once

// What the process asks the operating system about itself. Threads: any.

#include <cstdint>
#include <string>

#include "base/env.h"
#include "pipeline/info/info.h"

namespace cordwood::server {

/// Raises the limit of open files as far as it goes, or to `wanted` if it cannot go that far;
/// returns how many the process may have.
uint64_t RaiseOpenFileLimit(uint64_t wanted);

/// At the very start, before the first thread. Writing to a pipe that is closed and to a file that
/// may grow no more become errors of the call. A SIGHUP waits until there is somebody to take it:
/// a rotation of log files must not end a start.
void PrepareSignals();
/// SIGHUP is taken from now on, also one that came before.
void AcceptHangup();

/// Everything but the available memory and the configuration file.
pipeline::ProcessFacts GatherFacts(Env& env, const std::string& executable);

}  // namespace cordwood::server
