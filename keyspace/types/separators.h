#pragma once

// The entries of the space of separators, which keyspace/types/counted_order.h makes an order of.
//
//   subkey   level u8, separator       of leaves (level 1), nodes over them, and so on
//   value    elements varint64; above the leaves, entries below varint64
//   subkey   0                         while it is being built
//   value    counted to: a subkey that all that is counted lies before
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/ordered_elements.h"
#include "keyspace/types/steady_walk.h"

namespace cordwood::keyspace {

/// A leaf or node. A leaf's children are its elements.
struct Separator {
  std::string text;  // empty: of the first of its level
  uint64_t elements = 0;
  uint64_t children = 0;
};

class Separators {
 public:
  static constexpr uint8_t kLeaves = 1;

  Separators(Transaction& tx, Generation generation, Oid oid);

  /// The one entry of the uppermost level. kCorruption if there is none.
  struct Root {
    uint8_t level = kLeaves;
    Separator entry;
  };
  Result<Root> FindRoot();
  /// The last one at or before a subkey. kCorruption if there is none.
  Result<Separator> Covering(uint8_t level, std::string_view subkey);
  /// The first one at or after a separator.
  Result<std::optional<Separator>> From(uint8_t level, std::string_view separator);
  Result<std::optional<Separator>> Behind(uint8_t level, std::string_view separator);
  Result<std::optional<Separator>> Before(uint8_t level, std::string_view separator);
  Result<std::optional<Separator>> Get(uint8_t level, std::string_view separator);

  /// Calls visit(separator) for those of a level in their order, from one on, until it answers
  /// false or the level ends.
  template <typename Visit>
  Status VisitFrom(uint8_t level, std::string_view separator, const Visit& visit) {
    Result<std::optional<Separator>> entry = From(level, separator);
    for (; entry && *entry; entry = Next(level)) {
      if (!visit(**entry)) return {};
    }
    return entry ? Status() : std::unexpected(entry.error());
  }

  void Put(uint8_t level, const Separator& entry);
  /// In the place of one with more elements.
  void PutShrunk(uint8_t level, const Separator& entry);
  void Delete(uint8_t level, std::string_view separator);

  Result<std::string> CountedTo();
  void PutCountedTo(std::string_view subkey);
  void DeleteCountedTo();

 private:
  bool IsOf(uint8_t level) const;
  /// Where the walk is.
  Result<Separator> Decode() const;
  /// Nothing if that is none of the level's.
  Result<std::optional<Separator>> DecodeIf(bool found, uint8_t level) const;
  /// Behind the one that the walk is at.
  Result<std::optional<Separator>> Next(uint8_t level);

  OrderedElements entries_;
  SteadyWalk walk_;
};

/// An object's ranks are not what they should be.
Error RanksAreDamaged();

}  // namespace cordwood::keyspace
