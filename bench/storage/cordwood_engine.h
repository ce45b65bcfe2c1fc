#pragma once

// Cordwood's store, driven as the server drives it (bench/storage/write_line.h): a write counts,
// its latency included, once D (Store::visible()) has passed it.
//
// The unsynced writes of one client are not awaited one by one, because the store never waits for
// a file: the log's thread writes, and meanwhile the executor goes on with what other clients want.
// So a client has a window of puts on their way (64 unless the options say otherwise), each a batch
// of its own, and when it is full begins the next one as soon as the oldest counts. The latency of
// each is from its beginning until then: most of it is waiting behind the others of the window. A
// RocksDB or LevelDB client has a window of one: its Put writes to the log itself.
//
// Threads: as bench/storage/engine.h says.

#include <memory>

#include "bench/storage/engine.h"

namespace cordwood::bench {

std::unique_ptr<Engine> OpenCordwood(const EngineOptions& options);

}  // namespace cordwood::bench
