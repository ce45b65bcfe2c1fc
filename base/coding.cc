#include "base/coding.h"

#include <cstring>
#include <limits>

namespace cordwood {

std::optional<uint64_t> ByteReader::Varint64() {
  uint64_t value = 0;
  for (size_t i = 0; i < rest_.size() && i < 10; ++i) {
    const uint64_t byte = static_cast<uint8_t>(rest_[i]);
    if (i == 9 && byte > 1) return std::nullopt;
    value |= (byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) {
      rest_.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<uint32_t> ByteReader::Varint32() {
  const std::string_view before = rest_;
  const std::optional<uint64_t> value = Varint64();
  if (value && *value <= std::numeric_limits<uint32_t>::max()) {
    return static_cast<uint32_t>(*value);
  }
  rest_ = before;
  return std::nullopt;
}

std::optional<std::string_view> ByteReader::Bytes(size_t size) {
  if (rest_.size() < size) return std::nullopt;
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

std::optional<std::string_view> ByteReader::LengthPrefixed() {
  // The length of most takes one byte.
  const size_t first = rest_.empty() ? 0x80 : static_cast<uint8_t>(rest_.front());
  if (first < 0x80 && first < rest_.size()) {
    const std::string_view bytes = rest_.substr(1, first);
    rest_.remove_prefix(1 + first);
    return bytes;
  }
  const std::string_view before = rest_;
  if (const std::optional<uint32_t> size = Varint32()) {
    if (const std::optional<std::string_view> bytes = Bytes(*size)) return bytes;
  }
  rest_ = before;
  return std::nullopt;
}

bool AllZero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace cordwood
