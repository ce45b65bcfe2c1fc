#pragma once

// Has blocks fetched for somebody on the loop.
//
// Threads: called on the loop, which carries on meanwhile.
//
// Ownership: refers to what it is given.

#include <functional>
#include <memory>
#include <vector>

#include "keyspace/core/keyspace.h"
#include "pipeline/loop/transport.h"
#include "storage/store.h"

namespace cordwood::pipeline {

/// Calls `arrived` on the loop when the blocks are there, unless `*alive` is false by then. The
/// transport outlives the fetch: whoever clears `*alive` awaits the store's fetches.
void FetchForLoop(storage::Store& store, Transport& transport,
                  std::vector<storage::BlockRef> blocks, std::shared_ptr<bool> alive,
                  std::function<void(storage::FetchedBlocks)> arrived);

/// What a task of the loop's own misses, in one fetch at a time, and keeps until it has got on.
class KeptFetches {
 public:
  KeptFetches(keyspace::Keyspace& keyspace, Transport& transport)
      : keyspace_(keyspace), transport_(transport) {}
  ~KeptFetches();
  KeptFetches(const KeptFetches&) = delete;
  KeptFetches& operator=(const KeptFetches&) = delete;

  bool fetching() const { return fetching_; }
  /// Calls arrived(status) when the blocks are there. REQUIRES: !fetching().
  void Fetch(std::vector<storage::BlockRef> blocks, std::function<void(const Status&)> arrived);
  /// The task has got on.
  void Drop() { fetched_ = {}; }
  /// Nothing is fetched, and what was is let go.
  bool LetGo();

 private:
  keyspace::Keyspace& keyspace_;
  Transport& transport_;
  bool fetching_ = false;
  storage::FetchedBlocks fetched_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // posted callbacks look
};

}  // namespace cordwood::pipeline
