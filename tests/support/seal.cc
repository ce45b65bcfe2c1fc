#include "tests/support/seal.h"

#include <algorithm>
#include <optional>

#include "base/coding.h"
#include "base/format.h"
#include "base/hash.h"

namespace cordwood::support {
namespace {

constexpr size_t kSector = 4096;
constexpr size_t kExpandedMax = 16 * kSector;
constexpr uint64_t kOdd = 0x9E3779B97F4A7C15u;

/// Stores the hash of [from, to) at `at`.
void StoreHash(std::string& file, size_t at, size_t from, size_t to, uint64_t seed) {
  StoreFixed(file.data() + at, Hash64(std::string_view(file).substr(from, to - from), seed));
}

/// The payload that a frame with its size at `size_at` has, as far as it fits.
template <typename Size>
std::string_view Payload(const std::string& file, size_t payload_at, size_t size_at) {
  const auto size = static_cast<uint64_t>(LoadFixed<Size>(file.data() + size_at));
  return std::string_view(file).substr(payload_at, size);
}

uint64_t BlockSeed(uint64_t salt, uint64_t offset) {
  std::string place;
  AppendFixed64(place, salt);
  AppendFixed64(place, offset);
  return Hash64(place);
}

/// A block in [from, to), if it has room for a checksum.
void SealBlock(std::string& file, uint64_t salt, uint64_t from, uint64_t to) {
  if (from > to || to > file.size() || to - from < 9) return;
  StoreHash(file, to - 8, from, to - 8, BlockSeed(salt, from));
}

/// The data blocks that the index in [from, to) lists.
void SealDataBlocks(std::string& file, uint64_t salt, uint64_t from, uint64_t to) {
  const std::string index = file.substr(from, to - from - 9);
  ByteReader in(index);
  const uint32_t count = in.Varint32().value_or(0);
  uint64_t offset = 0;
  for (uint32_t i = 0; i < count; ++i) {
    in.Varint32();  // shared
    const std::optional<uint32_t> unshared = in.Varint32();
    const std::optional<uint32_t> size = in.Varint32();
    if (!unshared || !size || !in.Bytes(*unshared)) return;
    SealBlock(file, salt, offset, offset + *size);
    offset += *size;
  }
}

}  // namespace

void SealSegment(std::string& file) {
  if (file.starts_with("CWLOGSEG") && file.size() >= kSector) StoreHash(file, 8, 16, kSector, 0);
  for (size_t at = kSector; at + 80 <= file.size();) {
    if (std::string_view(file).substr(at, 4) != "CWFR") {
      at = (at / kSector + 1) * kSector;
      continue;
    }
    const uint64_t seed = LoadFixed<uint64_t>(file.data() + at + 8) ^ at * kOdd;
    const std::string_view payload = Payload<uint64_t>(file, at + 80, at + 32);
    StoreFixed(file.data() + at + 72, Hash64(std::string_view(file).substr(at, 72), payload, seed));
    at += (80 + payload.size() + 7) / 8 * 8;  // where it is packed, the next one is there
  }
}

void SealManifest(std::string& file, uint64_t number) {
  for (size_t at = 0; at + 24 <= file.size(); at += kSector) {
    if (std::string_view(file).substr(at, 4) != "CWMF") continue;
    const std::string_view payload = Payload<uint32_t>(file, at + 24, at + 8);
    StoreFixed(file.data() + at + 16,
               Hash64(std::string_view(file).substr(at, 16), payload, number * kOdd + at));
  }
}

void SealTable(std::string& file) {
  constexpr size_t kFooter = 80;
  if (file.size() < kFooter) return;
  const size_t footer = file.size() - kFooter;
  uint64_t sections[5];  // filter, dead ranges, properties, index, and where the index ends
  for (size_t i = 0; i < 4; ++i) sections[i] = LoadFixed<uint64_t>(file.data() + footer + 8 * i);
  sections[4] = footer;
  const auto salt = LoadFixed<uint64_t>(file.data() + footer + 48);
  if (sections[3] < footer && footer - sections[3] >= 9) {
    SealDataBlocks(file, salt, sections[3], footer);
  }
  for (size_t i = 0; i < 4; ++i) SealBlock(file, salt, sections[i], sections[i + 1]);
  StoreFixed(file.data() + footer + 32, uint64_t{file.size()});
  StoreHash(file, footer + 64, footer, footer + 64, BlockSeed(salt, footer));
}

void SealCurrent(std::string& text) {
  text.resize(std::min(text.rfind("checksum "), text.size()));
  text += Format("checksum {:016x}\n", Hash64(text));
}

std::string Expand(std::string_view packed) {
  std::string file;
  ByteReader in(packed);
  while (file.size() < kExpandedMax) {
    const std::optional<uint16_t> size = in.Fixed<uint16_t>();
    if (!size) break;
    const size_t end = file.size() + kSector;
    file += *in.Bytes(std::min<size_t>({*size, kSector, in.size()}));
    file.resize(end);
  }
  return file;
}

std::string Pack(std::string_view file) {
  std::string packed;
  for (; !file.empty(); file.remove_prefix(std::min(file.size(), kSector))) {
    std::string_view sector = file.substr(0, kSector);
    sector = sector.substr(0, sector.find_last_not_of('\0') + 1);
    AppendFixed(packed, static_cast<uint16_t>(sector.size()));
    packed += sector;
  }
  return packed;
}

}  // namespace cordwood::support
