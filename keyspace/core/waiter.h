#pragma once

// How a transaction waits in the middle of its work, if its command has a stack of its own.
//
// Threads: the transaction's.

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "storage/read_options.h"

namespace cordwood::keyspace {

class Waiter {
 public:
  virtual ~Waiter() = default;

  /// What becomes of the blocks of earlier calls. Who got no further since keeps them: else those
  /// that it needs together might drive each other out of the cache for ever.
  enum class Earlier : uint8_t { kGo, kStay };
  /// Returns when the blocks are in the cache, where they stay until a call that has earlier ones
  /// go; those of files that are gone are left out. An error: one cannot be read, or nobody waits
  /// for the command any more; it then ends as soon as it can.
  virtual Status Await(std::vector<storage::BlockRef> blocks, Earlier earlier) = 0;
  /// The work has gone on for so long that others should have their turn.
  virtual bool IsTime() = 0;
  /// Returns when others had it. An error as above.
  virtual Status Pause() = 0;
  /// Returns when a batch of about so many bytes may be written, at once. kNoSpace: there is no
  /// space for it. Other errors as above.
  virtual Status AwaitRoom(uint64_t bytes) = 0;
  /// Returns when the transaction may be committed if it writes no more than so many bytes, and
  /// does not wait again before; `frees` as it says of itself. Errors as above.
  virtual Status AwaitCommit(uint64_t bytes, bool frees) = 0;
};

/// Who reads through a view that may have to rest.
class ViewUser {
 public:
  virtual ~ViewUser() = default;
  /// Keeps what it needs to go on, and lets go of the view.
  virtual void LetGo() = 0;
};

}  // namespace cordwood::keyspace
