#pragma once

// XXH3, 64 bits: checksums of files, Bloom filters, hash tables. Not for secrets.
// The value for the same bytes and seed is part of the disk formats and never changes.
//
// Threads: any; no state.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace cordwood {

uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

/// The hash of the parts, one behind the other, without joining them.
uint64_t Hash64(std::initializer_list<std::string_view> parts, uint64_t seed);

/// The hash of `a` followed by `b`, without joining them.
uint64_t Hash64(std::string_view a, std::string_view b, uint64_t seed);

/// The same hash of bytes that come in parts.
class Hash64Stream {
 public:
  explicit Hash64Stream(uint64_t seed = 0);
  ~Hash64Stream();
  Hash64Stream(Hash64Stream&& other) noexcept;
  Hash64Stream& operator=(Hash64Stream&& other) noexcept;

  void Update(std::string_view bytes);
  /// Of all parts so far.
  uint64_t Digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cordwood
