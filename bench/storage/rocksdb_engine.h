#pragma once

// RocksDB, through its library, with the defaults that its own db_bench has but for the sizes that
// the options say, a Bloom filter, and LZ4 on every level. A client has one put on its way: it
// counts when Put returns, which wrote to the log.
//
// Filters and indexes of its tables stand beside the block cache, not in it.
//
// Threads: as bench/storage/engine.h says.

#include <memory>

#include "bench/storage/engine.h"

namespace cordwood::bench {

std::unique_ptr<Engine> OpenRocksDb(const EngineOptions& options);

}  // namespace cordwood::bench
