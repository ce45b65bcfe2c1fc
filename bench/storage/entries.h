#pragma once

// The keys and values that are written and asked for: the same for every engine and a seed.
//
// Threads: a source belongs to one thread; pools are for any.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"

namespace cordwood::bench {

inline constexpr size_t kKeyBytes = 16;

/// Writes the key of a number into `key`: sixteen digits, in the order of the numbers.
void SetKey(uint64_t number, std::string& key);

/// What values are cut out of: a megabyte in which fifty random characters stand twice, then fifty
/// others, and so on, as in db_bench. So they compress to about half.
class ValuePool {
 public:
  ValuePool(uint64_t seed, size_t value_bytes);

 private:
  friend class ValueSource;
  const size_t value_bytes_;
  const std::string bytes_;
};

/// One value behind the other. The pool outlives it.
class ValueSource {
 public:
  explicit ValueSource(const ValuePool& pool) : pool_(pool) {}

  /// Lives as long as the pool.
  std::string_view Next();

 private:
  const ValuePool& pool_;
  size_t place_ = 0;
};

}  // namespace cordwood::bench
