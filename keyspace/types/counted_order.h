#pragma once

// Ranks in the elements of an object: how many lie before a subkey, and which one lies at an index,
// without walking over them. Of sorted sets and of edited lists, which keep it up from when it was
// asked for the first time (docs/KEY_ENCODING.md, "Counted separators").
//
//   leaf    a stretch of elements, from its separator on and before the next leaf's
//   node    a stretch of leaves, or of nodes, whose elements it counts; the first one's separator
//           is its own
//   root    the one node, or leaf, of the uppermost level
//
// A leaf or node has at most KeyspaceOptions::rank_children_max below it, so that a rank takes no
// more steps a level. The first separator of each level is empty. One that comes to nothing goes,
// unless it is all there is; a small one is joined with a neighbour under the same node, if both
// have at most half as many.
//
// A build counts from the first element on, in slices (keyspace/types/rank_build.h); until it is
// done, what lies before `counted to` is counted, and nothing can be asked.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/ordered_elements.h"
#include "keyspace/types/separators.h"

namespace cordwood::keyspace {

/// The elements that are counted: those of a space, from the subkey `begin` on and before `end`.
/// What lies elsewhere in the space is no part of the object, and is not stepped over: where much
/// was deleted in front, as in a queue, a bound at the first element saves every walk in its leaf
/// that.
struct CountedElements {
  Generation generation = 0;
  Oid oid = 0;
  uint8_t space = kItemSpace;
  std::string begin;  // empty: the first
  std::string end;    // empty: behind the last
};

/// Of a list or a sorted set as its record says it is.
CountedElements CountedElementsOf(Generation generation, const ObjectPayload& object);

class CountedOrder {
 public:
  /// With the record's `ranks`.
  CountedOrder(Transaction& tx, const CountedElements& elements, Ranks ranks);
  CountedOrder(const CountedOrder&) = delete;
  CountedOrder& operator=(const CountedOrder&) = delete;

  // --- asking; REQUIRES: ranks are whole ---
  // kCold as all reads; kPaused: there are too many deleted entries on the way for one turn, and it
  // is to be asked again, in another turn. A transaction that writes answers kLong instead.
  /// How many elements lie before `subkey`, whether there is one or not.
  Result<uint64_t> RankOf(std::string_view subkey);
  /// The subkey of the element that so many lie before. REQUIRES: there is one.
  Result<std::string> SubkeyAt(uint64_t rank);

  // --- keeping it up; does nothing if ranks are not there ---
  // After all elements of the command were written, and with the bounds as they are then: what was
  // removed first. `subkeys` are in ascending order, no two the same. kCold, kLong as above. In a
  // transaction that waits others have their turn meanwhile: it is guarded, or owns the executor.
  /// They were not there before.
  Status NoteAdded(std::span<const std::string> subkeys) { return Note(subkeys, +1); }
  /// They were there; this only takes away.
  Status NoteRemoved(std::span<const std::string> subkeys) { return Note(subkeys, -1); }

  // --- building; the record's `ranks` say that it is being built ---
  /// Nothing is counted yet. REQUIRES: there is nothing in the space of separators.
  void Begin();
  /// Counts `elements` more, which are those up to `counted_to`. REQUIRES: nothing was written to
  /// them in this transaction.
  Status Extend(uint64_t elements, std::string_view counted_to);
  /// All is counted: from now on ranks are whole.
  void Finish();
  /// What lies before it is counted. REQUIRES: it is being built.
  Result<std::string> CountedTo();

  /// How many elements, leaves and nodes it stepped over.
  uint64_t steps() const { return steps_; }

 private:
  using Path = std::vector<Separator>;
  static uint8_t LevelOf(size_t at) { return static_cast<uint8_t>(at + Separators::kLeaves); }

  Status Note(std::span<const std::string> subkeys, int64_t each);
  /// What `subkey` lies under, from the leaf to the root.
  Result<Path> PathTo(std::string_view subkey);
  /// So many more elements under the leaf at its end.
  Status Adjust(Path& path, int64_t delta);
  /// Writes the one at a place of the path, and what becomes of it by its size.
  Status Balance(Path& path, size_t at);
  Status Split(Path& path, size_t at);
  /// One without elements goes.
  Status Remove(Path& path, size_t at);
  /// With a neighbour, if both are small.
  Status Join(Path& path, size_t at);
  /// A root that has one child goes.
  Status DropRootsOfOne(const Path& path);
  Status Rename(uint8_t level, std::string_view from, std::string_view to);
  void Put(uint8_t level, const Separator& entry);
  /// Calls visit(child) for the children of a leaf or node in their order, until it answers false
  /// or there were so many.
  template <typename Visit>
  Status VisitChildren(uint8_t level, std::string_view separator, uint64_t count,
                       const Visit& visit);

  Transaction& tx_;
  const CountedElements bounds_;
  const Ranks ranks_;
  const uint64_t children_max_;
  OrderedElements elements_;
  Separators separators_;
  bool takes_away_ = false;
  uint64_t steps_ = 0;
};

}  // namespace cordwood::keyspace
