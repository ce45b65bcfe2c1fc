#pragma once

// Which generation a database number means. FLUSHDB gives a number a new generation, SWAPDB swaps
// two; both are records of the system generation, so they are as durable as everything else.
//
// The newest mapping is the executor's; readers at the visible state get the mapping as of then.
//
// Threads: any.

#include <deque>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "keyspace/key_codec.h"
#include "storage/reader.h"

namespace cordwood::keyspace {

class Databases {
 public:
  /// Every number has a generation of its own from the start: 1, 2, ... REQUIRES: the count is
  /// below kFirstFree.
  explicit Databases(int count);

  /// Reads the records of changed numbers. REQUIRES: nothing was committed yet.
  Status Load(storage::View& view);

  int count() const { return static_cast<int>(newest_.size()); }
  Generation Newest(int db) const;
  /// As of `visible`. What happened up to there is folded in for good, so nobody may ask for less
  /// once more happened; what goes on at an older state takes its generation along.
  Generation Visible(int db, storage::Seq visible) const;

  /// Notes a committed change.
  void Change(storage::Seq seq, int db, Generation generation);

  /// The first generation that a flush may hand out; smaller ones are the initial ones.
  static constexpr Generation kFirstFree = 1 << 16;

  static std::string RecordKey(int db);

 private:
  struct Pending {
    storage::Seq seq = 0;
    int db = 0;
    Generation generation = 0;
  };

  mutable std::mutex mutex_;
  std::vector<Generation> newest_;           // guarded by mutex_
  mutable std::vector<Generation> visible_;  // guarded by mutex_
  mutable std::deque<Pending> pending_;      // guarded by mutex_; above visible
  mutable storage::Seq folded_ = 0;          // guarded by mutex_; of the last change in visible_
};

}  // namespace cordwood::keyspace
