#include "pipeline/executor/loop_fetch.h"

#include <utility>

namespace cordwood::pipeline {

void FetchForLoop(storage::Store& store, Transport& transport,
                  std::vector<storage::BlockRef> blocks, std::shared_ptr<bool> alive,
                  std::function<void(storage::FetchedBlocks)> arrived) {
  store.Fetch(std::move(blocks), [&transport, alive = std::move(alive),
                                  arrived = std::move(arrived)](storage::FetchedBlocks fetched) {
    // Tasks are copied, and what was fetched cannot be.
    auto shared = std::make_shared<storage::FetchedBlocks>(std::move(fetched));
    transport.Post([alive, arrived, shared] {
      if (*alive) arrived(std::move(*shared));
    });
  });
}

}  // namespace cordwood::pipeline
