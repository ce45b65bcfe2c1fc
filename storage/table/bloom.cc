#include "storage/table/bloom.h"

#include <algorithm>
#include <cstring>

#include "base/coding.h"

namespace cordwood::storage {
namespace {

constexpr size_t kLineBytes = 64;
constexpr uint32_t kProbesMax = 7;  // nine bits each of one word

__extension__ using Product = unsigned __int128;

uint64_t LineOf(uint64_t hash, uint64_t lines) {
  return static_cast<uint64_t>(Product{hash} * lines >> 64);
}

/// The line is chosen by the upper bits of the hash; the product mixes in all the others.
uint64_t Mix(uint64_t hash) { return hash * 0x9e3779b97f4a7c15; }

/// The number of the bit that the i-th probe looks at.
uint32_t BitOf(uint64_t mixed, uint32_t probe) {
  return static_cast<uint32_t>(mixed << (9 * probe) >> 55);
}

/// Where the share of false answers is lowest, a little below ln 2 bits a key, as lines are not
/// equally full.
uint32_t ProbesFor(uint32_t bits_per_key) {
  return std::clamp(bits_per_key * 6 / 10, uint32_t{1}, kProbesMax);
}

}  // namespace

void BloomBuilder::Add(uint64_t hash) {
  if (bits_per_key_ == 0 || (!hashes_.empty() && hashes_.back() == hash)) return;
  hashes_.push_back(hash);
}

std::string BloomBuilder::Finish() const {
  if (hashes_.empty()) return {};
  const size_t lines = (bytes() + kLineBytes - 1) / kLineBytes;
  const uint32_t probes = ProbesFor(bits_per_key_);
  std::string contents(1 + lines * kLineBytes, '\0');
  contents[0] = static_cast<char>(probes);
  for (const uint64_t hash : hashes_) {
    char* line = contents.data() + 1 + LineOf(hash, lines) * kLineBytes;
    const uint64_t mixed = Mix(hash);
    for (uint32_t i = 0; i < probes; ++i) {
      const uint32_t bit = BitOf(mixed, i);
      // The same bit as in a little-endian u64.
      line[bit / 8] = static_cast<char>(line[bit / 8] | 1 << bit % 8);
    }
  }
  return contents;
}

Result<BloomFilter> BloomFilter::Parse(std::string_view contents) {
  BloomFilter filter;
  if (contents.empty()) return filter;
  filter.probes_ = static_cast<uint8_t>(contents[0]);
  contents.remove_prefix(1);
  if (filter.probes_ == 0 || filter.probes_ > kProbesMax || contents.empty() ||
      contents.size() % kLineBytes != 0) {
    return Fail(ErrorCode::kCorruption, "malformed filter");
  }
  filter.lines_.resize(contents.size() / kLineBytes);
  std::memcpy(filter.lines_.data(), contents.data(), contents.size());
  return filter;
}

bool BloomFilter::MayContain(uint64_t hash) const {
  if (lines_.empty()) return true;
  const Line& line = lines_[LineOf(hash, lines_.size())];
  const uint64_t mixed = Mix(hash);
  for (uint32_t i = 0; i < probes_; ++i) {
    const uint32_t bit = BitOf(mixed, i);
    if ((line.words[bit / 64] >> bit % 64 & 1) == 0) return false;
  }
  return true;
}

void BloomFilter::Prefetch(uint64_t hash) const {
  if (!lines_.empty()) __builtin_prefetch(&lines_[LineOf(hash, lines_.size())]);
}

}  // namespace cordwood::storage
