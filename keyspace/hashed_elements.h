#pragma once

// Elements that lie in the order of a 64-bit hash of their name: the fields of a hash that grew.
//
//   store key = element prefix (generation, oid), be64 Hash64(name), name
//   value     = whatever belongs to the name
//
// The order is that of a shuffled deck, whatever names clients choose: a scan's cursor is a
// position in it, without any state on the server, and a random position finds a random element.
// Elements with equal hashes stay neighbours and are told apart by their names.
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
#include "keyspace/key_codec.h"
#include "keyspace/range_walk.h"
#include "keyspace/transaction.h"

namespace cordwood::keyspace {

class HashedElements {
 public:
  enum class Object : uint8_t {
    kStored,
    kNew,  // this transaction created it: nothing is committed, so nothing is read
  };

  HashedElements(Transaction& tx, Generation generation, Oid oid, Object object = Object::kStored)
      : tx_(tx), prefix_(ElementPrefix(generation, oid)), object_(object) {}

  /// The value lives as long as the transaction and its view.
  Result<std::optional<std::string_view>> Get(std::string_view name);
  /// The caller counts.
  void Put(std::string_view name, std::string_view value);
  void Delete(std::string_view name);

  /// In order; with a budget as RangeWalk has one. Views live until the next move.
  class Walk {
   public:
    explicit Walk(HashedElements& elements);

    void SetBudget(uint64_t entries) { walk_.SetBudget(entries); }
    uint64_t budget() const { return walk_.budget(); }

    void SeekToFirst() { SeekTo({}); }
    /// The first element whose hash is at least `hash`.
    void SeekHash(uint64_t hash);
    /// The first element at or after the position() of a walk.
    void SeekTo(std::string_view position);
    void Next();

    bool Valid() const { return valid_; }
    /// As in storage/visible_iterator.h.
    Status status() const { return status_; }
    /// The walk stopped on its way: status() is kCold or kPaused.
    bool stopped() const { return walk_.stopped(); }
    /// Where another walk goes on: at the present element, or where this walk got to. REQUIRES:
    /// Valid() or stopped().
    std::string position() const;
    uint64_t hash() const { return hash_; }
    std::string_view name() const { return name_; }
    std::string_view value() const { return walk_.value(); }

   private:
    void Settle();

    const std::string& prefix_;
    RangeWalk walk_;
    bool valid_ = false;
    Status status_;
    uint64_t hash_ = 0;
    std::string_view name_;
  };

  /// Elements from a position on, and the position after them; 0 when these were the last. A
  /// position is the first 52 bits of a hash: clients that keep numbers as doubles can hold it.
  static constexpr size_t kPageBytes = size_t{1} << 20;
  struct Page {
    std::vector<std::pair<std::string, std::string>> elements;
    uint64_t next = 0;
  };
  /// At least `count` elements if there are as many, and all at the position of the last; fewer
  /// where they hold kPageBytes together, and fewer or
  /// none where reading on would be cold or kHiddenPerSlice deleted ones were stepped over. kCold
  /// only if it got no further. Every element that exists from the first page to the last is in
  /// one of them.
  Result<Page> Scan(uint64_t position, uint64_t count);

  /// A draw, which may take several transactions.
  struct Drawing {
    std::string position;   // of a walk
    uint64_t to_go = 0;     // elements to the one that is drawn
    bool is_round = false;  // the walk began anew at the front, and has met none since

    friend bool operator==(const Drawing&, const Drawing&) = default;
  };
  static Drawing BeginDraw(Random& random);
  /// A random element; nothing if there are none. Close to uniform: one of some neighbours of a
  /// random position, so that the gaps before it average out. Takes the deleted ones that it steps
  /// over off `budget`. kCold or kPaused: `drawing` tells how far it got.
  Result<std::optional<std::pair<std::string, std::string>>> Draw(Drawing& drawing,
                                                                  uint64_t& budget);

 private:
  std::string StoreKey(std::string_view name) const;
  Result<Page> Scan(uint64_t position, uint64_t count, uint64_t budget);

  Transaction& tx_;
  const std::string prefix_;
  const Object object_;
};

}  // namespace cordwood::keyspace
