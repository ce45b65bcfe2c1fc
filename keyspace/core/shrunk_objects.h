#pragma once

// Which objects are mostly deleted elements, as walks find out: they step over far more of these
// than they meet others. One walk may take many slices and transactions, and jumps over what an
// earlier one stepped over, so what they tell is added up.
//
// Bounded; lost with the process. Ownership: the keyspace's. Threads: the executor.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cordwood::keyspace {

class ShrunkObjects {
 public:
  /// Fewer steps than these are no finding, nor than so many for each element that was met.
  static constexpr uint64_t kStepsMin = 8192;
  static constexpr uint64_t kStepsPerElementMin = 64;

  /// A walk over the object with this prefix of store keys stepped over so many deleted entries and
  /// met so many elements. True: that is a finding; what is known of the object is forgotten.
  bool Note(std::string_view prefix, uint64_t stepped, uint64_t met);

 private:
  struct Walked {
    uint64_t stepped = 0;
    uint64_t met = 0;
  };
  static constexpr size_t kObjectsMax = 256;

  std::map<std::string, Walked, std::less<>> objects_;
};

}  // namespace cordwood::keyspace
