#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cordwood {

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

uint64_t Hash64(std::initializer_list<std::string_view> parts, uint64_t seed) {
  XXH3_state_t state;
  XXH3_INITSTATE(&state);
  XXH3_64bits_reset_withSeed(&state, seed);
  for (const std::string_view part : parts) {
    XXH3_64bits_update(&state, part.data(), part.size());
  }
  return XXH3_64bits_digest(&state);
}

uint64_t Hash64(std::string_view a, std::string_view b, uint64_t seed) {
  return Hash64({a, b}, seed);
}

}  // namespace cordwood
