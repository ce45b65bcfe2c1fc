#pragma once

// The sorted set type, over keyspace/types/collection.h.
//
//   inline      items: name = member, value = its score; in the order of scores
//   elements    keyspace/types/sorted_elements.h; the record has the count and hints of the least
//               and the greatest score
//
// Reads of many members are those of a SortedReader (keyspace/types/sorted_reader.h), which goes on
// over several transactions.
//
// A write that takes more steps than one turn should answers kLong, and is done by a transaction
// that waits. Reads of several members go on past cold ones and answer kCold at the end.
//
// Ownership: the transaction outlives it; the key's name is not copied. Threads: the
// transaction's.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "keyspace/types/collection.h"
#include "keyspace/types/score_order.h"
#include "keyspace/types/sorted_elements.h"
#include "keyspace/types/traits.h"

namespace cordwood::keyspace {

/// For the type's row in keyspace/types/traits.h. kCorruption if the bytes are no member with a
/// score.
Result<Item> TakeInlineScored(ByteReader& in);
Result<Item> ScoredElementOf(std::string_view subkey, std::string_view stored);
Result<TypeTraits::Derived> OrderElementFor(const Item& item);

/// Which members an addition changes.
struct AddRules {
  bool adds = true;     // those that are not there
  bool updates = true;  // those that are
  bool only_greater = false;
  bool only_less = false;
  bool increments = false;  // the score is added to the one that is there
};

struct AddResult {
  uint64_t added = 0;
  uint64_t changed = 0;  // that were there
  /// Of the last member: what its score has become; nothing if the rules left it alone.
  std::optional<double> score;
  bool not_a_number = false;  // the sum is none; nothing was done
};

class SortedSet {
 public:
  static constexpr Type kType = Type::kSortedSet;
  using Direction = ElementWalk::Direction;

  /// As for a Collection.
  SortedSet(Transaction& tx, const KeyName& name, Lookup&& found)
      : collection_(tx, name, std::move(found), kType) {}

  bool exists() const { return collection_.exists(); }
  bool in_elements() const { return collection_.in_elements(); }
  Generation generation() const { return collection_.generation(); }
  /// Until the next write. REQUIRES: exists().
  const Record& record() const { return collection_.record(); }

  Result<uint64_t> Length() const;
  Result<std::optional<double>> Score(std::string_view member);
  /// Calls visit(score) for each member, in order, with nothing for one that is absent. On kCold,
  /// and on other errors, what was visited is not complete.
  using VisitScore = std::function<void(std::optional<double>)>;
  Status ScoresOf(std::span<const std::string_view> members, const VisitScore& visit);

  /// One after the other. Creates the key. REQUIRES: no score is NaN; one member if it increments.
  Result<AddResult> Add(std::span<const ScoredMember> members, const AddRules& rules);

  // --- sorted_set_removals.cc; all remove the key with its last member ---
  /// Returns how many were there.
  Result<uint64_t> Remove(std::span<const std::string_view> members);
  /// All in a stretch; returns how many these were.
  Result<uint64_t> RemoveRange(const OrderRange& range);
  /// Those from an index on. REQUIRES: they are there.
  Status RemoveRanks(uint64_t first, uint64_t count);
  /// Takes so many off an end, or all that there are, and calls visit(member) for each.
  using Visit = std::function<void(const ScoredMember&)>;
  Status Pop(Direction end, uint64_t count, const Visit& visit);

 private:
  class Additions;
  using Members = std::vector<ScoredMember>;
  struct Inline {
    uint8_t shape = 0;
    Members members;
  };
  /// Members that a walk met, with names of their own.
  struct Met {
    std::vector<std::pair<std::string, double>> members;  // up to a bound
    uint64_t count = 0;
    OrderRange range;  // in which they lie, and no other
  };

  Transaction& tx() const { return collection_.tx(); }
  const KeyspaceOptions& options() const { return tx().keyspace().options(); }

  /// Views until the next write. REQUIRES: !in_elements().
  Result<Inline> TakeInline() const;
  /// Removes the key if nothing is left. REQUIRES: the members are in order.
  Status PutInline(const Inline& set, Collection::Write write);
  Result<AddResult> AddInline(std::span<const ScoredMember> members, const AddRules& rules);
  Result<AddResult> AddElements(SortedElements& elements, std::span<const ScoredMember> members,
                                const AddRules& rules);
  /// AddElements for some of them, without the record.
  Status AddSome(SortedElements& elements, std::span<const ScoredMember> members,
                 Additions& additions);
  /// Those that are there are deleted.
  Status RemoveSome(SortedElements& elements, std::span<const std::string_view> members);
  /// Moves all to elements of a new object.
  Result<SortedElements> Convert(const Inline& set);
  /// What a set of this shape has become with so many members, some of `named` being new.
  uint8_t ShapeWith(uint8_t shape, uint64_t count, std::span<const ScoredMember> named) const;

  /// REQUIRES: in_elements().
  Result<SortedElements> Elements() const;
  /// Walks a stretch, up to `most` members of it, and calls `visit` for each, if there is one.
  Result<Met> Meet(const SortedElements& elements, const OrderRange& range, Direction direction,
                   uint64_t most, const Visit& visit);
  /// The place before the member at an index.
  Result<std::string> PlaceAt(const SortedElements& elements, uint64_t index);
  Result<uint64_t> RemoveMet(SortedElements& elements, const Met& met);
  /// What lies outside of a stretch is stored under a fresh oid; returns how many are gone.
  Result<uint64_t> StoreRest(const SortedElements& elements, const OrderRange& gone);

  Collection collection_;
};

}  // namespace cordwood::keyspace
