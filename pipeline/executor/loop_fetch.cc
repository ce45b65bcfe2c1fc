#include "pipeline/executor/loop_fetch.h"

#include <algorithm>
#include <iterator>
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

KeptFetches::~KeptFetches() {
  *alive_ = false;
  keyspace_.store().AwaitFetches();  // their callbacks use the transport
}

void KeptFetches::Fetch(std::vector<storage::BlockRef> blocks,
                        std::function<void(const Status&)> arrived) {
  fetching_ = true;
  FetchForLoop(keyspace_.store(), transport_, std::move(blocks), alive_,
               [this, arrived = std::move(arrived)](storage::FetchedBlocks fetched) {
                 fetching_ = false;
                 std::ranges::move(fetched.pins, std::back_inserter(fetched_.pins));
                 std::ranges::move(fetched.tables, std::back_inserter(fetched_.tables));
                 arrived(fetched.status);
               });
}

bool KeptFetches::LetGo() {
  if (!fetching_) fetched_ = {};
  return !fetching_;
}

}  // namespace cordwood::pipeline
