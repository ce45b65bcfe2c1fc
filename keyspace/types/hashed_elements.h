#pragma once

// Elements that lie in the order of a 64-bit hash of their name: the fields of a hash that grew,
// the members of such a set.
//
//   subkey = be64 Hash64(name), name; in space 1 (keyspace/types/ordered_elements.h)
//   value  = what the type puts in front of a value, then the value
//
// The order is that of a shuffled deck, whatever names clients choose: a scan's cursor is a
// position in it, without any state on the server (keyspace/types/hashed_scan.h), and a random
// position finds a random element. Elements with equal hashes stay neighbours and are told apart by
// their names.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "keyspace/core/key_codec.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/inline_items.h"
#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {

class HashedElements {
 public:
  using Object = OrderedElements::Object;

  /// Every value is stored behind `head`, which lives as long as the process.
  HashedElements(Transaction& tx, Generation generation, Oid oid, std::string_view head,
                 Object object = Object::kStored)
      : elements_(tx, generation, oid, kItemSpace, object), head_(head) {}

  /// Those of a record in the form of elements. kCorruption if its payload is none. REQUIRES: its
  /// type is hashed.
  static Result<HashedElements> Of(Transaction& tx, Generation generation, const Record& record);
  /// What an element of this order is. kCorruption if it is none with this head.
  static Result<Item> ItemOf(std::string_view subkey, std::string_view stored,
                             std::string_view head);

  /// The subkey of an element of this order.
  static std::string SubkeyOf(std::string_view name);
  /// The name in a subkey of an element of this order.
  static std::string_view NameIn(std::string_view subkey) {
    return subkey.substr(sizeof(uint64_t));
  }

  /// A name, where its element lies, and which of the caller's names it is.
  struct Name {
    explicit Name(std::string_view text, size_t which = 0);

    std::string_view name;
    uint64_t hash = 0;
    size_t index = 0;
  };
  /// Names in the order of their elements, equal ones in the caller's. Whoever works on many goes
  /// through them like this: one place after the other, in the transaction's overlay, in blocks and
  /// in memtables, costs a fraction of as many places at random.
  template <typename Items, typename NameOf>
  static std::vector<Name> InOrder(const Items& items, const NameOf& name_of);

  /// The value lives as long as the transaction and its view.
  Result<std::optional<std::string_view>> Get(const Name& name);
  Result<std::optional<std::string_view>> Get(std::string_view name) { return Get(Name(name)); }
  /// Whether the element was there. The caller counts.
  Result<bool> Put(const Name& name, std::string_view value);
  /// The same, but one that was there stays as it is.
  Result<bool> PutIfAbsent(const Name& name, std::string_view value);
  /// One that cannot be there: in a new object, of names that differ.
  void PutNew(const Name& name, std::string_view value);
  void Delete(const Name& name);

  /// In order, forwards; else as OrderedElements::Walk.
  class Walk {
   public:
    explicit Walk(const HashedElements& elements);

    void SetBudget(uint64_t entries) { walk_.SetBudget(entries); }
    uint64_t budget() const { return walk_.budget(); }
    uint64_t stepped() const { return walk_.stepped(); }

    void SeekToFirst() { SeekTo({}); }
    /// The first element at or after the position() of a walk, or at or above a big-endian hash.
    void SeekTo(std::string_view position);
    void Next();

    bool Valid() const { return valid_; }
    /// As in storage/visible_iterator.h.
    Status status() const { return status_; }
    /// The walk stopped on its way: status() is kCold or kPaused.
    bool stopped() const { return walk_.stopped(); }
    /// Where another walk goes on: at the present element, or where this walk got to. REQUIRES:
    /// Valid() or stopped().
    std::string position() const { return walk_.position(); }
    uint64_t hash() const { return hash_; }
    std::string_view name() const { return name_; }
    std::string_view value() const { return value_; }

   private:
    void Settle();

    const HashedElements& elements_;
    OrderedElements::Walk walk_;
    bool valid_ = false;
    Status status_;
    uint64_t hash_ = 0;
    std::string_view name_;
    std::string_view value_;
  };

  /// A draw, which may take several transactions.
  struct Drawing {
    std::string position;   // of a walk
    uint64_t to_go = 0;     // elements to the one that is drawn
    bool is_round = false;  // the walk began anew at the front, and has met none since

    friend bool operator==(const Drawing&, const Drawing&) = default;
  };
  /// How many neighbours of a random position a draw chooses from.
  static constexpr uint64_t kNeighbours = 128;
  static Drawing BeginDraw(Random& random);
  /// A random element; nothing if there are none. Close to uniform: one of kNeighbours behind a
  /// random position, so that the gaps before it average out. What is left: an element's chance is
  /// proportional to the sum of as many gaps. Among 100 000 none has more than 1.5 times the mean,
  /// and neighbours are closer yet, for they have most of these gaps in common. Takes the deleted
  /// ones that it steps over off `budget`. kCold or kPaused: `drawing` tells how far it got.
  Result<std::optional<std::pair<std::string, std::string>>> Draw(Drawing& drawing,
                                                                  uint64_t& budget);

 private:
  static bool IsBefore(const Name& a, const Name& b);
  static void Sort(std::vector<Name>& names);
  OrderedElements elements_;
  const std::string_view head_;
};

template <typename Items, typename NameOf>
std::vector<HashedElements::Name> HashedElements::InOrder(const Items& items,
                                                          const NameOf& name_of) {
  std::vector<Name> names;
  names.reserve(items.size());
  for (const auto& item : items) names.emplace_back(name_of(item), names.size());
  Sort(names);
  return names;
}

}  // namespace cordwood::keyspace
