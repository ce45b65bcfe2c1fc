#pragma once

// What all collections have in common: a key that exists while there are items, in one of two
// forms.
//
//   inline      the items lie in the key's record (keyspace/types/inline_items.h)
//   elements    each item is a store key under the object's oid
//
// What goes inline is bounded by bytes, so that changing one item never writes more than
// KeyspaceOptions::inline_bytes_max of others. A collection in elements does not come back, unless
// all of it is written anew anyway.
//
// A type opens one for its key and writes its payload through it; the key's expiry stays.
//
// Ownership: the transaction outlives it; the key's name is not copied. Threads: the
// transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

class Collection {
 public:
  /// `found` is what FindKey says of `name` in this transaction. REQUIRES: its live record, if
  /// there is one, is of `type`; before a write it has not expired (SweepExpired).
  Collection(Transaction& tx, const KeyName& name, Lookup&& found, Type type)
      : tx_(tx), name_(name), type_(type), found_(std::move(found)) {}

  Transaction& tx() const { return tx_; }
  const KeyName& name() const { return name_; }
  Generation generation() const { return name_.generation; }

  bool exists() const { return found_.live() != nullptr; }
  /// Until the next write. REQUIRES: exists().
  const Record& record() const { return *found_.live(); }
  bool in_elements() const { return exists() && found_.live()->form == Form::kElements; }

  /// The items' bytes; none if it does not exist. Until the next write. REQUIRES: !in_elements().
  Result<InlinePayload> Inline() const;
  /// REQUIRES: in_elements().
  Result<ObjectPayload> Object() const;

  /// Whether so many items of so many bytes may lie in the record.
  bool FitsInline(uint64_t items, uint64_t bytes) const;

  /// What a write does to the disk in the end.
  enum class Write : uint8_t {
    kAdds,
    kTakesAway,  // goes on while the disk is full
  };
  /// Creates the key if it does not exist. `payload` is an InlinePayload's. An object goes, so that
  /// who puts one in elements inline holds all of it. REQUIRES: there are items.
  Status PutInline(std::string payload, Write write = Write::kAdds);
  /// The same. REQUIRES: the count is not 0.
  Status PutObject(const ObjectPayload& payload, Write write = Write::kAdds);
  /// The same for a list of which nothing but its ends was moved, if it is the object that it was.
  Status PutMoved(const ObjectPayload& payload, Write write);
  /// Looks the key up again: others may have committed meanwhile. REQUIRES: it was not written.
  Status FindAgain();
  /// Only elements were written, and no payload.
  void NoteChange() { tx_.NoteChange(name_.generation, name_.key); }
  /// It has got something that a command may wait for.
  void Signal() { tx_.Signal(name_.generation, name_.key); }
  /// Removes the key, and all items with it.
  Status Remove();

 private:
  Status Put(Form form, std::string payload, Write write,
             const std::optional<ListEnds>& ends = std::nullopt);

  Transaction& tx_;
  const KeyName name_;
  const Type type_;
  Lookup found_;
  mutable std::optional<ObjectPayload> object_;  // of found_, once it was decoded
};

}  // namespace cordwood::keyspace
