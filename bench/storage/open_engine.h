#pragma once

// Engines by their names. Which there are depends on the libraries that were found when the program
// was built.
//
// Threads: any; no state.

#include <memory>
#include <string>

#include "base/error.h"
#include "bench/storage/engine.h"

namespace cordwood::bench {

/// Says what to install if the engine was not built in.
Status CheckEngine(const std::string& name);
/// REQUIRES: CheckEngine.
std::unique_ptr<Engine> OpenEngine(const std::string& name, const EngineOptions& options);

}  // namespace cordwood::bench
