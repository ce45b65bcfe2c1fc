#include "keyspace/types/list_suffix.h"

#include <cstdint>

namespace cordwood::keyspace {
namespace {

constexpr int kAbove = 256;        // no byte is
constexpr uint64_t kDigits = 255;  // all bytes but zero
constexpr uint64_t kRoomAtLeast = 16;

int ByteAt(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<uint8_t>(text[at]) : 0;
}

/// One between `below` and `above`, which has room for one.
int ByteBetween(int below, int above, size_t left_bytes, size_t right_bytes) {
  if (left_bytes > right_bytes) return below + 1;
  if (left_bytes < right_bytes) return above - 1;
  return below + (above - below) / 2;
}

}  // namespace

std::string SuffixBetween(std::string_view left, std::optional<std::string_view> right) {
  const size_t right_bytes = right ? right->size() : 0;
  std::string between;
  for (size_t at = 0;; ++at) {
    const int below = ByteAt(left, at);
    const int above = right ? ByteAt(*right, at) : kAbove;
    if (above > below && right && right->size() > at + 1) {
      between.push_back(static_cast<char>(above));  // the right one goes on behind it
      return between;
    }
    if (above - below > 1) {
      between.push_back(static_cast<char>(ByteBetween(below, above, left.size(), right_bytes)));
      return between;
    }
    between.push_back(static_cast<char>(below));
    if (above > below) right.reset();  // all that begins like this is before it
  }
}

std::vector<std::string> SpreadSuffixes(size_t count) {
  size_t bytes = 1;
  uint64_t numbers = kDigits;
  for (; numbers / kRoomAtLeast < count; ++bytes) numbers *= kDigits;
  const uint64_t step = numbers / (count + 1);
  std::vector<std::string> suffixes(count);
  for (size_t i = 1; i < count; ++i) {
    uint64_t number = i * step;
    suffixes[i].resize(bytes);
    for (size_t at = bytes; at > 0; --at, number /= kDigits) {
      suffixes[i][at - 1] = static_cast<char>(number % kDigits + 1);
    }
  }
  return suffixes;
}

}  // namespace cordwood::keyspace
