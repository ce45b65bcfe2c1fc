#pragma once

// Has blocks fetched for somebody on the loop.
//
// Threads: called on the loop, which carries on meanwhile.

#include <functional>
#include <memory>
#include <vector>

#include "pipeline/loop/transport.h"
#include "storage/store.h"

namespace cordwood::pipeline {

/// Calls `arrived` on the loop when the blocks are there, unless `*alive` is false by then. The
/// transport outlives the fetch: whoever clears `*alive` awaits the store's fetches.
void FetchForLoop(storage::Store& store, Transport& transport,
                  std::vector<storage::BlockRef> blocks, std::shared_ptr<bool> alive,
                  std::function<void(storage::FetchedBlocks)> arrived);

}  // namespace cordwood::pipeline
