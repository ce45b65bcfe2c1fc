#include "keyspace/core/key_codec.h"

#include <algorithm>
#include <bit>

#include "base/coding.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kFixedBytes = sizeof(uint64_t);

size_t OrderedLength(uint64_t number) {
  return static_cast<size_t>((std::bit_width(number) + 7) / 8);
}

/// One allocation, and none that grows: every command makes such a key.
std::string WithPrefix(Generation generation, Table table, std::string_view rest) {
  const size_t length = OrderedLength(generation);
  char big_endian[kFixedBytes];
  StoreFixed(big_endian, __builtin_bswap64(generation));
  char prefix[kFixedBytes + 2];
  prefix[0] = static_cast<char>(length);
  std::copy_n(big_endian + kFixedBytes - length, length, prefix + 1);
  prefix[1 + length] = static_cast<char>(table);
  std::string out;
  out.reserve(length + 2 + rest.size());
  out.append(prefix, length + 2);
  out.append(rest);
  return out;
}

}  // namespace

void AppendOrderedVarint(std::string& out, uint64_t number) {
  const size_t length = OrderedLength(number);
  out.push_back(static_cast<char>(length));
  char big_endian[kFixedBytes];
  StoreFixed(big_endian, __builtin_bswap64(number));
  out.append(big_endian + kFixedBytes - length, length);
}

std::optional<uint64_t> TakeOrderedVarint(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const size_t length = static_cast<uint8_t>(bytes.front());
  if (length > kFixedBytes || bytes.size() < 1 + length) return std::nullopt;
  if (length > 0 && bytes[1] == 0) return std::nullopt;  // a number has one form only
  uint64_t number = 0;
  for (size_t i = 1; i <= length; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  bytes.remove_prefix(1 + length);
  return number;
}

std::string TablePrefix(Generation generation, Table table) {
  return WithPrefix(generation, table, {});
}

std::string KeyRecordKey(Generation generation, std::string_view key) {
  return WithPrefix(generation, Table::kKey, key);
}

std::string OwnerKey(Generation generation, std::string_view key) {
  return WithPrefix(generation, Table::kOwner, key);
}

std::string ElementPrefix(Generation generation, Oid oid) {
  std::string out = TablePrefix(generation, Table::kElement);
  AppendOrderedVarint(out, oid);
  return out;
}

std::string SpacePrefix(Generation generation, Oid oid, uint8_t space) {
  std::string out = ElementPrefix(generation, oid);
  out.push_back(static_cast<char>(space));
  return out;
}

std::string ElementKey(Generation generation, Oid oid, std::string_view subkey) {
  std::string out = ElementPrefix(generation, oid);
  out += subkey;
  return out;
}

std::string DeadlineKey(Generation generation, int64_t expiry_ms, std::string_view key) {
  std::string out = TablePrefix(generation, Table::kDeadline);
  AppendBigEndian64(out, static_cast<uint64_t>(expiry_ms));
  out += key;
  return out;
}

std::optional<ParsedKey> ParseStoreKey(std::string_view store_key) {
  ParsedKey parsed;
  const std::optional<uint64_t> generation = TakeOrderedVarint(store_key);
  if (!generation || store_key.empty()) return std::nullopt;
  parsed.generation = *generation;
  parsed.table = static_cast<Table>(store_key.front());
  store_key.remove_prefix(1);
  if (parsed.table == Table::kElement) {
    const std::optional<uint64_t> oid = TakeOrderedVarint(store_key);
    if (!oid) return std::nullopt;
    parsed.oid = *oid;
  } else if (parsed.table == Table::kDeadline) {
    if (store_key.size() < kFixedBytes) return std::nullopt;
    parsed.expiry_ms = static_cast<int64_t>(LoadBigEndian64(store_key.data()));
    store_key.remove_prefix(kFixedBytes);
  } else if (parsed.table != Table::kKey && parsed.table != Table::kOwner) {
    return std::nullopt;
  }
  parsed.rest = store_key;
  return parsed;
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

}  // namespace cordwood::keyspace
