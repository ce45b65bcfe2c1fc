#pragma once

// The tables that merges could not read. A damaged one is broken at once; one that the system could
// not read may be read at the next try, and is broken after the third. What is only out of reach
// for lack of something, as of descriptors, is not: it comes back.
//
// Broken for merges, until the next start: reads go on trying. Threads: one at a time.

#include <cstdint>
#include <map>

#include "base/error.h"

namespace cordwood::storage {

class BrokenTables {
 public:
  /// Notes that a merge could not read a table, and why; whether that makes it broken.
  bool Blame(uint64_t file, const Error& error);

  /// Why the first of them is broken; ok if none is.
  const Status& first() const { return first_; }

  static constexpr int kTries = 3;

 private:
  std::map<uint64_t, int> failures_;  // by file
  Status first_;
};

}  // namespace cordwood::storage
