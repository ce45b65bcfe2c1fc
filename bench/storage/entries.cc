#include "bench/storage/entries.h"

#include <algorithm>

namespace cordwood::bench {
namespace {

constexpr size_t kPoolBytes = 1 << 20;
constexpr size_t kRepeatedBytes = 50;

std::string MakePool(uint64_t seed, size_t bytes) {
  Random random(seed);
  std::string pool;
  pool.reserve(bytes + 2 * kRepeatedBytes);
  while (pool.size() < bytes) {
    std::string piece(kRepeatedBytes, ' ');
    for (char& character : piece) character = static_cast<char>(' ' + random.Below(95));
    pool += piece;
    pool += piece;
  }
  return pool;
}

}  // namespace

void SetKey(uint64_t number, std::string& key) {
  key.resize(kKeyBytes);
  for (size_t i = kKeyBytes; i > 0; --i, number /= 10) {
    key[i - 1] = static_cast<char>('0' + number % 10);
  }
}

ValuePool::ValuePool(uint64_t seed, size_t value_bytes)
    : value_bytes_(value_bytes), bytes_(MakePool(seed, std::max(kPoolBytes, value_bytes))) {}

std::string_view ValueSource::Next() {
  const std::string_view bytes = pool_.bytes_;
  if (place_ + pool_.value_bytes_ > bytes.size()) place_ = 0;
  const std::string_view value = bytes.substr(place_, pool_.value_bytes_);
  place_ += pool_.value_bytes_;
  return value;
}

}  // namespace cordwood::bench
