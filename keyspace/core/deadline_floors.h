#pragma once

// Where each generation's first deadline lies at the earliest, and which of them may be due.
//
// A deadline that was served leaves a tombstone behind until a merge drops it. A walk from the
// front of the table would step over all of them every time; it starts at the floor instead, and
// need not start at all while the floor is not due.
//
//   no deadline of the newest state lies before its generation's floor, and none lies in a
//   generation without a floor, but for those whose records are damaged: the cycle passes over
//   them, so as not to meet them again in every round
//
// The expiry cycle raises a floor over what it removed, a write of an earlier deadline lowers it;
// both happen when the transaction is committed (keyspace/core/transaction.h). Nothing is stored:
// after a start the floor of each generation that holds something is the beginning of its table.
//
// Threads: the executor.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

class DeadlineFloors {
 public:
  /// A store key; no deadline of the generation is smaller. Without a floor: the end of its table.
  std::string Of(Generation generation) const;

  /// What lies before `floor` was served. At the end of the table there is no floor any more.
  void Raise(Generation generation, std::string floor);
  /// A deadline was written.
  void Lower(Generation generation, std::string_view deadline_key);
  void Forget(Generation generation);

  /// The generations whose first deadline may have passed.
  const std::set<Generation>& Due(int64_t now_ms);

 private:
  void Set(Generation generation, std::string floor);

  std::map<Generation, std::string> floors_;
  // Each generation with a floor is in one of them.
  std::set<std::pair<int64_t, Generation>> later_;  // by the time of the floor
  std::set<Generation> due_;
};

}  // namespace cordwood::keyspace
