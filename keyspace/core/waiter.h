#pragma once

// How a transaction waits in the middle of its work, if its command has a stack of its own.
//
// Threads: the transaction's.

#include <vector>

#include "base/error.h"
#include "storage/read_options.h"

namespace cordwood::keyspace {

class Waiter {
 public:
  virtual ~Waiter() = default;

  /// Returns when the blocks are in the cache, where they stay until the next call; those of files
  /// that are gone are left out. An error: one cannot be read, or nobody waits for the command any
  /// more; it then ends as soon as it can.
  virtual Status Await(std::vector<storage::BlockRef> blocks) = 0;
  /// The work has gone on for so long that others should have their turn.
  virtual bool IsTime() = 0;
  /// Returns when others had it. An error as above.
  virtual Status Pause() = 0;
};

/// Who reads through a view that may have to rest.
class ViewUser {
 public:
  virtual ~ViewUser() = default;
  /// Keeps what it needs to go on, and lets go of the view.
  virtual void LetGo() = 0;
};

}  // namespace cordwood::keyspace
