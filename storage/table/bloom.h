#pragma once

// A Bloom filter whose bits for one key share a cache line, so that asking costs one miss
// (F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007).
// At 10 bits a key about 1 absent key in 100 passes. The bytes are drawn in
// docs/STORAGE_FORMAT.md, "Table files".
//
// Threads: the builder one at a time; a filter any, it is immutable.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace cordwood::storage {

class BloomBuilder {
 public:
  /// 0 bits: no filter.
  explicit BloomBuilder(uint32_t bits_per_key) : bits_per_key_(bits_per_key) {}

  /// Adding a hash twice in a row counts once.
  void Add(uint64_t hash);
  size_t bytes() const { return (hashes_.size() * bits_per_key_ + 7) / 8; }
  std::string Finish() const;

 private:
  const uint32_t bits_per_key_;
  std::vector<uint64_t> hashes_;
};

class BloomFilter {
 public:
  /// Lets everything pass.
  BloomFilter() = default;

  static Result<BloomFilter> Parse(std::string_view contents);

  /// False only if no key with this hash was added.
  bool MayContain(uint64_t hash) const;
  /// Brings the line that MayContain will look at closer.
  void Prefetch(uint64_t hash) const;
  size_t bytes() const { return lines_.size() * sizeof(Line); }

 private:
  struct alignas(64) Line {
    uint64_t words[8];
  };

  std::vector<Line> lines_;
  uint32_t probes_ = 0;
};

}  // namespace cordwood::storage
