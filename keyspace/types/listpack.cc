#include "keyspace/types/listpack.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/number.h"
#include "keyspace/core/record.h"

namespace cordwood::keyspace {
namespace {

// Of a limit that counts elements: Redis keeps to this many bytes all the same.
constexpr uint64_t kSafeBytes = 8192;
// The longest integer that is looked for in a value.
constexpr size_t kIntegerBytesMax = 20;

uint64_t IntegerBytes(int64_t number) {
  if (number >= 0 && number <= 127) return 1;
  if (number >= -4096 && number <= 4095) return 2;
  const auto fits = [&](int bits) { return number >> (bits - 1) == (number < 0 ? -1 : 0); };
  if (fits(16)) return 3;
  if (fits(24)) return 4;
  return fits(32) ? 5 : 9;
}

uint64_t StringBytes(uint64_t length) {
  if (length < 64) return 1 + length;
  return (length < 4096 ? 2 : 5) + length;
}

/// Behind an element its length stands, to be read on the way back.
uint64_t BackLengthBytes(uint64_t bytes) {
  if (bytes <= 127) return 1;
  if (bytes < 16383) return 2;
  if (bytes < 2097151) return 3;
  return bytes < 268435455 ? 4 : 5;
}

struct Limit {
  std::optional<uint64_t> bytes;
  uint64_t count = 0;  // without a limit of bytes
};

Limit LimitOf(int64_t max_size) {
  constexpr std::array<uint64_t, 5> kBytes = {4096, 8192, 16384, 32768, 65536};
  if (max_size >= 0) return {.count = std::max<uint64_t>(1, static_cast<uint64_t>(max_size))};
  const auto level = static_cast<uint64_t>(-(max_size + 1));
  return {.bytes = kBytes[std::min<uint64_t>(level, kBytes.size() - 1)]};
}

}  // namespace

uint64_t ListpackEntryBytes(std::string_view value) {
  const std::optional<int64_t> number =
      value.size() <= kIntegerBytesMax ? ParseInt64(value) : std::nullopt;
  const uint64_t bytes = number ? IntegerBytes(*number) : StringBytes(value.size());
  return bytes + BackLengthBytes(bytes);
}

uint64_t ListpackEntryBytes(std::span<const std::string_view> values) {
  uint64_t bytes = 0;
  for (const std::string_view value : values) bytes += ListpackEntryBytes(value);
  return bytes;
}

bool IsBeyondListpack(int64_t max_size, uint64_t bytes, uint64_t count) {
  const Limit limit = LimitOf(max_size);
  if (limit.bytes) return bytes > *limit.bytes;
  return bytes > kSafeBytes || count > limit.count;
}

bool IsListpackAgain(int64_t max_size, uint64_t bytes, uint64_t count) {
  const Limit limit = LimitOf(max_size);
  return limit.bytes ? bytes <= *limit.bytes / 2 : count <= limit.count / 2;
}

uint8_t GrownShape(int64_t max_size, const PackedList& list,
                   std::span<const std::string_view> values) {
  uint64_t bytes = kEmptyListpackBytes + list.bytes.value_or(0);
  for (const std::string_view value : values) bytes += value.size();
  const bool beyond = IsBeyondListpack(max_size, bytes, list.count + values.size());
  return beyond ? list.shape | kBeyondListpack : list.shape;
}

uint8_t ShrunkShape(int64_t max_size, const PackedList& list) {
  if ((list.shape & kBeyondListpack) == 0 || !list.bytes) return list.shape;
  const bool again = IsListpackAgain(max_size, kEmptyListpackBytes + *list.bytes, list.count);
  return again ? list.shape & ~kBeyondListpack : list.shape;
}

}  // namespace cordwood::keyspace
