#pragma once

// The elements of an object in one of its spaces, in the order of their subkeys: what every type in
// elements form lies on.
//
//   store key = element prefix (generation, oid), space u8, subkey
//
// What a subkey and a value mean is the type's affair (docs/KEY_ENCODING.md, "Elements").
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/key_codec.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

/// `head` and `tail`, one behind the other: mostly a number and a name.
struct Subkey {
  std::string_view head;
  std::string_view tail = {};
};

class OrderedElements {
 public:
  enum class Object : uint8_t {
    kStored,
    kNew,  // this transaction created it: nothing is committed, so nothing is read
  };

  OrderedElements(Transaction& tx, Generation generation, Oid oid, uint8_t space,
                  Object object = Object::kStored)
      : tx_(tx), prefix_(SpacePrefix(generation, oid, space)), object_(object) {}

  /// The value lives as long as the transaction and its view.
  Result<std::optional<std::string_view>> Get(const Subkey& subkey) {
    return GetAt(StoreKey(subkey));
  }
  /// The value is `head` and `tail`, one behind the other.
  void Put(const Subkey& subkey, std::string_view head, std::string_view tail = {}) {
    tx_.PutParts(StoreKey(subkey), head, tail);
  }
  /// Put, as Transaction::PutShrunk.
  void PutShrunk(const Subkey& subkey, std::string_view value) {
    tx_.PutShrunk(StoreKey(subkey), value);
  }
  /// Put; whether the element was there.
  Result<bool> Replace(const Subkey& subkey, std::string_view head, std::string_view tail = {});
  void Delete(const Subkey& subkey) { tx_.Delete(StoreKey(subkey)); }

  /// In order, both ways; with a budget as RangeWalk has one. Views live until the next move.
  class Walk {
   public:
    explicit Walk(const OrderedElements& elements);
    /// Of what lies before the subkey `end`, and not before `begin` on the way back. Empty: there
    /// is no such bound.
    Walk(const OrderedElements& elements, std::string_view begin, std::string_view end);
    /// An object of which walks found hardly anything but deleted elements has its range merged:
    /// once it is forgotten where these lie, the next walk would step over them too.
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

    void SetBudget(uint64_t entries) { walk_.SetBudget(entries); }
    uint64_t budget() const { return walk_.budget(); }
    /// As RangeWalk's.
    uint64_t stepped() const { return walk_.stepped(); }

    /// The first element at or after a subkey, or where a walk forwards stopped; empty: the very
    /// first.
    void SeekTo(std::string_view position) { walk_.Seek(At(position)); }
    /// The last element before a subkey, or where a walk backwards stopped; empty: the last of all.
    void SeekBefore(std::string_view position);
    /// The last element at or before a subkey.
    void SeekAtOrBefore(std::string_view subkey);
    void SeekToFirst() { SeekTo({}); }
    void SeekToLast() { SeekBefore({}); }
    /// REQUIRES, as the next four: Valid().
    void Next() { walk_.Next(); }
    void Prev() { walk_.Prev(); }
    std::string_view subkey() const { return walk_.key().substr(prefix_.size()); }
    std::string_view value() const { return walk_.value(); }
    /// Of the whole store key.
    uint64_t key_bytes() const { return walk_.key().size(); }

    bool Valid() const { return walk_.Valid(); }
    /// As in storage/visible_iterator.h.
    Status status() const { return walk_.status(); }
    /// The walk stopped on its way: status() is kCold or kPaused.
    bool stopped() const { return walk_.stopped(); }
    /// For SeekTo of another walk, which goes on at the present element, or where this one got to.
    /// REQUIRES: Valid(), or stopped() on the way forwards.
    std::string position() const;
    /// The same on the way backwards, for SeekBefore.
    std::string back_position() const;

   private:
    std::string_view At(std::string_view position);

    const OrderedElements& elements_;
    const std::string& prefix_;  // of these
    RangeWalk walk_;
    std::string at_;
  };

 private:
  /// Valid until the next call.
  std::string_view StoreKey(const Subkey& subkey);
  Result<std::optional<std::string_view>> GetAt(std::string_view store_key);

  Transaction& tx_;
  const std::string prefix_;
  const Object object_;
  std::string store_key_;
};

}  // namespace cordwood::keyspace
