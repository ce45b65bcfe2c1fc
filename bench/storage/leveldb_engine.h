#pragma once

// LevelDB, through its library, with its defaults but for the sizes that the options say and a
// Bloom filter; its compression is Snappy. A client has one put on its way: it counts when Put
// returns, which wrote to the log.
//
// Its merges cannot be held: from four files on, level zero is merged. Where little lies on the
// lower levels, a flushed table goes there at once.
//
// Threads: as bench/storage/engine.h says.

#include <memory>

#include "bench/storage/engine.h"

namespace cordwood::bench {

std::unique_ptr<Engine> OpenLevelDb(const EngineOptions& options);

}  // namespace cordwood::bench
