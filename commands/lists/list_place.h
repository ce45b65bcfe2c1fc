#pragma once

// Where a long read is in the elements of a list: it gets to an index first, by ranks or by a walk,
// and then walks from there, each in as many slices as it takes.
//
// Owned by the read. Threads: the call's.

#include <cstdint>
#include <string>

#include "base/error.h"
#include "commands/core/sliced.h"
#include "keyspace/core/keys.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::commands::lists {

class ListPlace {
 public:
  explicit ListPlace(keyspace::ListEnd from = keyspace::ListEnd::kHead) : from_(from) {}

  /// What comes first is the element at `index`, of so many. Only of a place that goes forwards.
  void SeekIndex(uint64_t index, uint64_t length);
  /// A slice of the way there. True: it is there.
  Result<bool> Approach(keyspace::Transaction& tx, const keyspace::KeyName& name,
                        const keyspace::ObjectPayload& object);
  /// As SlicedRead::Step, with the walk's elements.
  template <typename IsFull, typename Visit>
  Result<bool> Step(keyspace::Transaction& tx, keyspace::Generation generation,
                    const keyspace::ObjectPayload& object, const IsFull& is_full,
                    const Visit& visit) {
    keyspace::ListWalk walk(tx, generation, object, from_, walked_.position());
    return walked_.StepWith(walk, is_full, visit);
  }

 private:
  void StartAt(std::string position);

  const keyspace::ListEnd from_;
  keyspace::ListEnd nearer_ = keyspace::ListEnd::kHead;
  uint64_t index_ = 0;
  uint64_t to_skip_ = 0;  // from the nearer end
  uint32_t pauses_ = 0;
  SlicedRead walked_;
};

}  // namespace cordwood::commands::lists
