#pragma once

// Where each generation's first deadline lies at the earliest.
//
// A deadline that was served leaves a tombstone behind until a merge drops it. A walk from the
// front of the table would step over all of them every time; it starts at the floor instead, and
// need not start at all while the floor is not due.
//
//   no deadline of the newest state lies before its generation's floor, but for those whose records
//   are damaged: the cycle passes over them, so as not to meet them again in every round
//
// The expiry cycle raises a floor over what it removed, a write of an earlier deadline lowers it;
// both happen when the transaction is committed (keyspace/transaction.h). Nothing is stored: after
// a start every floor is the beginning of its table.
//
// Threads: the executor.

#include <map>
#include <string>
#include <string_view>

#include "keyspace/key_codec.h"

namespace cordwood::keyspace {

class DeadlineFloors {
 public:
  /// A store key; no deadline of the generation is smaller.
  std::string Of(Generation generation) const;

  void Raise(Generation generation, std::string floor);
  /// A deadline was written.
  void Lower(Generation generation, std::string_view deadline_key);
  void Forget(Generation generation) { floors_.erase(generation); }

 private:
  std::map<Generation, std::string> floors_;
};

}  // namespace cordwood::keyspace
