#pragma once

// XXH3, 64 bits: checksums of files, Bloom filters, hash tables. Not for secrets.
// The value for the same bytes and seed is part of the disk formats and never changes.
//
// Threads: any; no state.

#include <cstdint>
#include <string_view>

namespace cordwood {

uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

/// The hash of `a` followed by `b`, without joining them.
uint64_t Hash64(std::string_view a, std::string_view b, uint64_t seed);

}  // namespace cordwood
