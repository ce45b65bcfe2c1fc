#pragma once

// One page of a scan over hashed elements: what HSCAN replies with, and every scan of elements that
// lie in the order of a hash.
//
// A page begins at a position and has at least `count` elements if there are as many, and all at
// the position of the last. It may take several transactions, at one state: a block that is not in
// the cache, or thousands of deleted elements, end a slice and not the page. Only bytes end it
// before its count.
//
// A position is the first 52 bits of a hash: clients that keep numbers as doubles can hold it.
// Every element that exists from the first page to the last is in one of them.
//
// Threads: one at a time.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/types/hashed_elements.h"

namespace cordwood::keyspace {

class HashedScan {
 public:
  /// From `position` on; any number will do.
  HashedScan(uint64_t position, uint64_t count);

  using Visit = std::function<void(std::string_view name, std::string_view value)>;
  /// Goes on, for a slice; true once the page is complete. kCold, and any other error, only if it
  /// got no further.
  Result<bool> Advance(HashedElements& elements, const Visit& visit);

  /// Where the next page begins; 0: this one was the last. REQUIRES: the page is complete.
  uint64_t next() const { return next_; }

 private:
  /// Whether the page ends before an element at this position.
  bool EndsBefore(uint64_t position) const;

  const uint64_t count_;
  bool done_;
  std::string at_;      // of a walk
  uint64_t last_ = 0;   // position of the last element that was met
  uint64_t met_ = 0;    // elements
  uint64_t bytes_ = 0;  // of them
  uint64_t next_ = 0;
};

}  // namespace cordwood::keyspace
