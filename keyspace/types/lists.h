#pragma once

// The list type, over keyspace/types/collection.h.
//
//   inline      items: the elements, from the head on
//   elements    keyspace/types/list_elements.h; the record says between which positions they lie
//
// A push writes an element and the record. A pop moves the bound in the record past what it took
// and deletes nothing: what lies outside of the bounds is never looked at, and is overwritten when
// the list grows back over it. Dead ranges give its space back. So a queue never steps over its own
// tombstones.
//
// A write that takes more steps than one turn should answers kLong, and is done by a transaction
// that waits.
//
// Ownership: the transaction outlives it; the key's name is not copied. Threads: the
// transaction's.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/types/collection.h"
#include "keyspace/types/inline_items.h"
#include "keyspace/types/list_elements.h"
#include "keyspace/types/list_walk.h"
#include "keyspace/types/listpack.h"

namespace cordwood::keyspace {

/// For the type's row in keyspace/types/traits.h. kCorruption if the bytes are no element.
Result<Item> TakeInlineElement(ByteReader& in);
Result<Item> ListElementOf(std::string_view subkey, std::string_view stored);
/// The elements of a list in inline form. Views into `items`.
Result<std::vector<std::string_view>> InlineElements(std::string_view items);

class List {
 public:
  static constexpr Type kType = Type::kList;

  /// As for a Collection.
  List(Transaction& tx, const KeyName& name, Lookup&& found)
      : collection_(tx, name, std::move(found), kType) {}

  bool exists() const { return collection_.exists(); }
  bool in_elements() const { return collection_.in_elements(); }

  Result<uint64_t> Length() const;

  /// Puts one behind the other at an end. Creates the key.
  Status Push(ListEnd end, std::span<const std::string_view> values);

  /// Takes so many off an end, or all that there are, and calls visit(value) for each. Removes the
  /// key with its last element.
  using Visit = std::function<void(std::string_view)>;
  Status Pop(ListEnd end, uint64_t count, const Visit& visit);
  /// Takes one off an end and puts it at another; the key stays. Calls visit(value). REQUIRES:
  /// exists().
  Status Rotate(ListEnd from, ListEnd to, const Visit& visit);

  // --- edits; REQUIRES: exists() ---
  /// Leaves `count` elements from `first` on; none: the key is removed. REQUIRES: they are there.
  Status Trim(uint64_t first, uint64_t count);
  /// REQUIRES: there is an element at the index.
  Status Set(uint64_t index, std::string_view value);
  enum class Side : uint8_t { kBefore, kAfter };
  /// Puts one beside the first that is equal to `pivot`; false if there is none.
  Result<bool> Insert(Side side, std::string_view pivot, std::string_view value);
  /// Removes up to `most` that are equal to `value`, from an end on; returns how many. Removes the
  /// key with its last element.
  Result<uint64_t> RemoveEqual(std::string_view value, ListEnd from, uint64_t most);

 private:
  using Values = std::vector<std::string_view>;
  struct Inline {
    uint8_t shape = 0;
    Values values;

    PackedList packed() const;
  };

  Transaction& tx() const { return collection_.tx(); }
  int64_t listpack_size() const { return tx().keyspace().options().list_listpack_size; }

  /// Views until the next write. REQUIRES: !in_elements().
  Result<Inline> TakeInline() const;
  /// All of the list, inline if it may lie there, else in elements. Removes the key if that is
  /// nothing.
  Status PutInline(const Inline& list, Collection::Write write);
  /// The same after something was taken away.
  Status PutInlineShrunk(Inline list);
  /// Moves all to elements of a new object.
  Result<ListElements> Convert(const Inline& list);
  Status PushInline(ListEnd end, std::span<const std::string_view> values);
  Result<bool> InsertInline(Side side, std::string_view pivot, std::string_view value);

  /// REQUIRES: in_elements().
  Result<ListElements> Elements() const;
  /// Gives the elements their shape after some were added, or taken away.
  void SetGrown(ListElements& elements, const PackedList& before,
                std::span<const std::string_view> added);
  Status SetShrunk(ListElements& elements);
  Status PushElements(ListElements& elements, ListEnd end,
                      std::span<const std::string_view> values);
  /// A sparse list that fits comes back inline, others are written anew. True: it lies inline.
  Result<bool> GatherSparse(ListElements& elements);

  Collection collection_;
};

}  // namespace cordwood::keyspace
