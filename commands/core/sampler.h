#pragma once

// Takes a random sample of a collection whose items lie in the order of a hash, in slices, each in
// a transaction of its own at one state: what HRANDFIELD, SRANDMEMBER and SPOP have in common.
//
//   repeats    independent draws. Exact for up to kExactMax items: places are drawn, and the
//              collection is walked once for many of them. Of more, and of large collections with
//              their values, neighbours in hash order are drawn from: see HashedElements::Draw.
//   distinct   no item twice. Draws of which those are rejected that repeat, or an exact walk
//              through all items, each taken with the chance that keeps the sample uniform;
//              whichever is less work. Up to kExactMax items it is the walk.
//
// Owned by a command. Threads: the call's.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "commands/core/sliced.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/hashed_elements.h"

namespace cordwood::commands {

struct SampleSize {
  uint64_t count = 1;
  bool repeats = false;
  bool with_values = false;  // else values are not given
};

class Sampler {
 public:
  /// Of so many items a draw is exact.
  static constexpr uint64_t kExactMax = 1024;

  explicit Sampler(uint64_t seed) : random_(seed) {}

  /// What is to be taken of a collection with `length` items. May be called again after a failure.
  void Begin(uint64_t length, const SampleSize& size);
  /// Items that are still to be taken.
  uint64_t left() const { return left_; }
  /// Items that walks look at, or that draws step over, from begin to end: at most, about.
  uint64_t steps(const keyspace::Record& record) const;

  /// Deleted items that walks stepped over so far.
  uint64_t stepped() const { return items_.stepped(); }

  using Visit = std::function<void(std::string_view name, std::string_view value)>;
  /// Works for about a millisecond; visits items as they are taken. True when all are. An error
  /// only if it got no further: then it has visited nothing.
  Result<bool> Advance(keyspace::Transaction& tx, keyspace::Generation generation,
                       const keyspace::Record& record, const Visit& visit);

 private:
  enum class Method : uint8_t {
    kPlaces,         // independent draws of places
    kDraws,          // independent ones in hash order
    kDistinctDraws,  // those that were drawn before do not count
    kWalk,
  };
  using Drawn = std::pair<std::string, std::string>;
  /// An item that was drawn by its place in the collection.
  struct Place {
    uint64_t place = 0;
    size_t which = 0;  // in the order of the draws
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  Method MethodFor(const keyspace::Record& record) const;
  Result<bool> AdvanceWalk(keyspace::Transaction& tx, keyspace::Generation generation,
                           const keyspace::Record& record, const Visit& visit);
  Result<bool> AdvancePlaces(keyspace::Transaction& tx, keyspace::Generation generation,
                             const keyspace::Record& record, const Visit& visit);
  Result<bool> AdvanceDraws(keyspace::Transaction& tx, keyspace::Generation generation,
                            const keyspace::Record& record, const Visit& visit);
  void DrawPlaces();

  Random random_;
  SampleSize size_;
  uint64_t length_ = 0;
  uint64_t left_ = 0;
  SlicedRead items_;
  uint64_t walked_ = 0;  // items, by items_
  // Of places: those of the walk under way, in order, and what was found there.
  std::vector<Place> places_;
  size_t found_ = 0;
  std::vector<Drawn> drawn_;
  // Of draws.
  keyspace::HashedElements::Drawing drawing_;  // the one under way
  std::unordered_set<std::string> seen_;
};

}  // namespace cordwood::commands
