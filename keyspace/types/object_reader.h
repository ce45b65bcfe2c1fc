#pragma once

// Reads a value item by item, whatever its type and form: what copying, measuring, digesting and
// replying with all of it have in common. The items of a type are what its row in
// keyspace/types/traits.h says; a whole string is one item without a name, one in chunks has an
// item for each chunk that is there.
//
// A reader can stop anywhere; another one, in another transaction at the same state, goes on at its
// position.
//
// Ownership: the transaction and the record outlive it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/inline_items.h"
#include "keyspace/types/ordered_elements.h"
#include "keyspace/types/traits.h"

namespace cordwood::keyspace {

/// How many items a collection has, or a string in chunks at most. kCorruption if the payload is
/// none.
Result<uint64_t> CountItems(const Record& record);

class ObjectReader {
 public:
  /// Of a key of `generation`. Goes on at `position`; empty: begins at the first item.
  ObjectReader(Transaction& tx, Generation generation, const Record& record,
               std::string_view position = {});
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  /// As RangeWalk has one. Without a call it steps over any number of deleted elements.
  void SetBudget(uint64_t entries) { budget_ = entries; }

  struct ReadItem {
    Item item;
    // Of an element only: where it lies in its space and what stands there, for a copy, and what it
    // takes in the store, key and value.
    std::string_view subkey;
    std::string_view stored;
    uint64_t stored_bytes = 0;
  };
  /// The next item, which lives until the next call; nothing, once, behind the last one.
  /// kUnsupported: the type cannot be read. kCold, kPaused and other errors: position() tells how
  /// far it got.
  Result<std::optional<ReadItem>> Next();

  /// Deleted elements, and old versions, that it stepped over.
  uint64_t stepped() const { return walk_ ? walk_->stepped() : 0; }
  /// Behind the last item, or where it got to since.
  std::string position() const;

 private:
  Result<std::optional<ReadItem>> NextElement();
  Result<std::optional<ReadItem>> NextInline();
  Status Open();

  Transaction& tx_;
  const Generation generation_;
  const Record& record_;
  const TypeTraits& traits_;
  std::string position_;  // where it began
  uint64_t budget_ = UINT64_MAX;
  bool opened_ = false;
  // Of elements.
  std::optional<OrderedElements> elements_;
  std::optional<OrderedElements::Walk> walk_;
  bool met_ = false;  // the walk is at the element that Next gave
  // Of inline items.
  std::string_view items_;
  uint64_t read_ = 0;  // of their bytes
};

}  // namespace cordwood::keyspace
