#pragma once

// Where Redis data lies in the store's order of keys: docs/KEY_ENCODING.md.
//
//   store key  = generation, table u8, rest
//     table 1    key record     rest = key                    -> storage/../keyspace/core/record.h
//     table 2    element        rest = oid, subkey            -> element value
//     table 3    deadline       rest = be64 expiry ms, key    -> nothing
//     table 4    object owner   rest = key                    -> nothing
//   generation, oid: ordered varint (length u8, then that many big-endian bytes)
//
// Generation 0 is the system's: its key records have names of ours. One range, [generation,
// generation + 1), holds everything of a database's generation; one range holds all elements of
// an object.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/limits.h"

namespace cordwood::keyspace {

using Generation = uint64_t;
using Oid = uint64_t;

inline constexpr Generation kSystemGeneration = 0;

/// A key, or a field of a hash, as clients name them.
inline constexpr uint64_t kNameBytesMax = uint64_t{1} << 20;
/// The space of an object's items; others hold what is derived from them.
inline constexpr uint8_t kItemSpace = 1;
/// The members of a sorted set in the order of their scores (keyspace/types/score_order.h).
inline constexpr uint8_t kScoreSpace = 2;
/// What counts the elements of another space (keyspace/types/separators.h).
inline constexpr uint8_t kSeparatorSpace = 3;
/// What stands before a name in its subkey: the space, and the name's hash
/// (keyspace/types/hashed_elements.h) or its score; in a separator a level between these.
inline constexpr uint64_t kSubkeyHeadBytes = 1 + 8;
inline constexpr uint64_t kSeparatorHeadBytes = 1 + 1 + 8;
/// What stands before a name in a store key: generation, table, an oid or a time, and that.
inline constexpr uint64_t kPrefixBytesMax = 9 + 1 + 9 + kSeparatorHeadBytes;
static_assert(kNameBytesMax + kPrefixBytesMax <= storage::kKeyBytesMax);

enum class Table : uint8_t { kKey = 1, kElement = 2, kDeadline = 3, kOwner = 4 };

/// Keeps the order of numbers when bytes are compared.
void AppendOrderedVarint(std::string& out, uint64_t number);
/// Takes one off the front of `bytes`; nothing, and `bytes` unchanged, if there is none.
std::optional<uint64_t> TakeOrderedVarint(std::string_view& bytes);

std::string TablePrefix(Generation generation, Table table);
std::string KeyRecordKey(Generation generation, std::string_view key);
std::string OwnerKey(Generation generation, std::string_view key);
/// Everything of an object begins with this.
std::string ElementPrefix(Generation generation, Oid oid);
/// Everything in one space of it.
std::string SpacePrefix(Generation generation, Oid oid, uint8_t space);
std::string ElementKey(Generation generation, Oid oid, std::string_view subkey);
std::string DeadlineKey(Generation generation, int64_t expiry_ms, std::string_view key);

/// A store key taken apart. The views point into the store key.
struct ParsedKey {
  Generation generation = 0;
  Table table = Table::kKey;
  Oid oid = 0;            // element
  int64_t expiry_ms = 0;  // deadline
  std::string_view rest;  // key, or subkey of an element
};
std::optional<ParsedKey> ParseStoreKey(std::string_view store_key);

/// The smallest store key greater than all that begin with `prefix`; empty if there is none.
std::string PrefixEnd(std::string_view prefix);

}  // namespace cordwood::keyspace
