#include "keyspace/types/separators.h"

#include "base/coding.h"

namespace cordwood::keyspace {
namespace {

constexpr uint8_t kCountedTo = 0;   // in the place of a level
constexpr uint8_t kLevelsMax = 64;  // there are fewer

std::string At(uint8_t level, std::string_view separator) {
  std::string subkey(1, static_cast<char>(level));
  return subkey.append(separator);
}

std::string EncodeValue(uint8_t level, const Separator& entry) {
  std::string value;
  AppendVarint64(value, entry.elements);
  if (level > Separators::kLeaves) AppendVarint64(value, entry.children);
  return value;
}

Result<Separator> DecodeValue(uint8_t level, std::string_view separator, std::string_view value) {
  ByteReader in(value);
  const std::optional<uint64_t> elements = in.Varint64();
  const std::optional<uint64_t> children = level > Separators::kLeaves ? in.Varint64() : elements;
  if (!elements || !children || !in.empty()) return std::unexpected(RanksAreDamaged());
  return Separator{.text = std::string(separator), .elements = *elements, .children = *children};
}

}  // namespace

Error RanksAreDamaged() {
  return {ErrorCode::kCorruption, "what counts the elements of an object does not fit them"};
}

Separators::Separators(Transaction& tx, Generation generation, Oid oid)
    : entries_(tx, generation, oid, kSeparatorSpace), walk_(tx, entries_) {}

// --- finding ---

bool Separators::IsOf(uint8_t level) const {
  return static_cast<uint8_t>(walk_.subkey()[0]) == level;
}

Result<Separator> Separators::Decode() const {
  const std::string_view subkey = walk_.subkey();
  return DecodeValue(static_cast<uint8_t>(subkey[0]), subkey.substr(1), walk_.value());
}

Result<std::optional<Separator>> Separators::DecodeIf(bool found, uint8_t level) const {
  if (!found || !IsOf(level)) return std::nullopt;
  return Decode();
}

// Each level begins with an empty separator. To look for these is less than to seek the last entry:
// a root is written often, and a way back has to step over its old versions.
Result<Separators::Root> Separators::FindRoot() {
  std::optional<Root> root;
  for (uint8_t level = kLeaves; level < kLevelsMax; ++level) {
    CW_ASSIGN(std::optional<Separator> first, Get(level, {}));
    if (!first) break;
    root = {.level = level, .entry = *std::move(first)};
  }
  if (!root) return std::unexpected(RanksAreDamaged());
  return *std::move(root);
}

Result<Separator> Separators::Covering(uint8_t level, std::string_view subkey) {
  CW_ASSIGN(const bool found, walk_.SeekAtOrBefore(At(level, subkey)));
  if (!found || !IsOf(level)) return std::unexpected(RanksAreDamaged());
  return Decode();
}

Result<std::optional<Separator>> Separators::From(uint8_t level, std::string_view separator) {
  CW_ASSIGN(const bool found, walk_.SeekTo(At(level, separator)));
  return DecodeIf(found, level);
}

Result<std::optional<Separator>> Separators::Next(uint8_t level) {
  CW_ASSIGN(const bool found, walk_.Next());
  return DecodeIf(found, level);
}

Result<std::optional<Separator>> Separators::Behind(uint8_t level, std::string_view separator) {
  return From(level, std::string(separator).append(1, '\0'));
}

Result<std::optional<Separator>> Separators::Before(uint8_t level, std::string_view separator) {
  CW_ASSIGN(bool found, walk_.SeekAtOrBefore(At(level, separator)));
  if (found && IsOf(level) && walk_.subkey().substr(1) == separator) {
    CW_ASSIGN(found, walk_.Prev());
  }
  return DecodeIf(found, level);
}

Result<std::optional<Separator>> Separators::Get(uint8_t level, std::string_view separator) {
  CW_ASSIGN(const std::optional<std::string_view> value,
            entries_.Get({.head = At(level, {}), .tail = separator}));
  if (!value) return std::nullopt;
  return DecodeValue(level, separator, *value);
}

// --- writing ---

void Separators::Put(uint8_t level, const Separator& entry) {
  entries_.Put({.head = At(level, entry.text)}, EncodeValue(level, entry));
}

void Separators::PutShrunk(uint8_t level, const Separator& entry) {
  entries_.PutShrunk({.head = At(level, entry.text)}, EncodeValue(level, entry));
}

void Separators::Delete(uint8_t level, std::string_view separator) {
  entries_.Delete({.head = At(level, separator)});
}

// --- while it is being built ---

Result<std::string> Separators::CountedTo() {
  CW_ASSIGN(const std::optional<std::string_view> subkey,
            entries_.Get({.head = At(kCountedTo, {})}));
  if (!subkey) return std::unexpected(RanksAreDamaged());
  return std::string(*subkey);
}

void Separators::PutCountedTo(std::string_view subkey) {
  entries_.Put({.head = At(kCountedTo, {})}, subkey);
}

void Separators::DeleteCountedTo() { entries_.Delete({.head = At(kCountedTo, {})}); }

}  // namespace cordwood::keyspace
