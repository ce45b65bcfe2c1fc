#pragma once

// Little-endian integers and varints in byte strings. Encoders append to a std::string; ByteReader
// takes them off the front of a view and never reads past its end.
//
// varint: seven bits a byte, low ones first, the high bit says that more follow. At most 5 bytes
// for 32 bits and 10 for 64; longer or overflowing encodings are refused.
//
// Threads: any; no state.

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace cordwood {

static_assert(std::endian::native == std::endian::little,
              "Cordwood runs on little-endian machines");

template <typename T>
inline void StoreFixed(char* at, T value) {
  std::memcpy(at, &value, sizeof(T));
}

template <typename T>
inline T LoadFixed(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

template <typename T>
inline void AppendFixed(std::string& out, T value) {
  char bytes[sizeof(T)];
  StoreFixed(bytes, value);
  out.append(bytes, sizeof(T));
}

inline void AppendFixed32(std::string& out, uint32_t value) { AppendFixed(out, value); }
inline void AppendFixed64(std::string& out, uint64_t value) { AppendFixed(out, value); }

/// Big-endian: keeps the order of numbers when bytes are compared.
inline void AppendBigEndian64(std::string& out, uint64_t value) {
  AppendFixed(out, __builtin_bswap64(value));
}
inline uint64_t LoadBigEndian64(const char* at) {
  return __builtin_bswap64(LoadFixed<uint64_t>(at));
}

inline void AppendVarint64(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}
/// What AppendVarint64 appends.
constexpr uint64_t VarintBytes(uint64_t value) {
  return (static_cast<uint64_t>(std::bit_width(value | 1)) + 6) / 7;
}
inline void AppendVarint32(std::string& out, uint32_t value) { AppendVarint64(out, value); }

inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

/// varint32 length, then the bytes.
inline void AppendLengthPrefixed(std::string& out, std::string_view bytes) {
  AppendVarint32(out, static_cast<uint32_t>(bytes.size()));
  out.append(bytes);
}

/// Whether all bytes are zero.
bool AllZero(std::string_view bytes);

/// Takes values off the front of a view. Every read answers nothing, and leaves the reader where
/// it was, when the bytes do not hold the value.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  size_t size() const { return rest_.size(); }
  std::string_view rest() const { return rest_; }

  template <typename T>
  std::optional<T> Fixed() {
    if (rest_.size() < sizeof(T)) return std::nullopt;
    const T value = LoadFixed<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  std::optional<uint8_t> Byte() { return Fixed<uint8_t>(); }
  std::optional<uint64_t> Varint64();
  std::optional<uint32_t> Varint32();
  std::optional<std::string_view> Bytes(size_t size);
  std::optional<std::string_view> LengthPrefixed();

 private:
  std::string_view rest_;
};

}  // namespace cordwood
