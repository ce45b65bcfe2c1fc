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

struct Hash64Stream::State {
  XXH3_state_t xxh3;
};

Hash64Stream::Hash64Stream(uint64_t seed) : state_(std::make_unique<State>()) {
  XXH3_INITSTATE(&state_->xxh3);
  XXH3_64bits_reset_withSeed(&state_->xxh3, seed);
}

Hash64Stream::~Hash64Stream() = default;
Hash64Stream::Hash64Stream(Hash64Stream&& other) noexcept = default;
Hash64Stream& Hash64Stream::operator=(Hash64Stream&& other) noexcept = default;

void Hash64Stream::Update(std::string_view bytes) {
  XXH3_64bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

uint64_t Hash64Stream::Digest() const { return XXH3_64bits_digest(&state_->xxh3); }

}  // namespace cordwood
