#pragma once

// Writes a new object. A small one becomes part of the transaction. One that is more than a batch
// should hold is written out in parts, before the transaction is committed, and is pending until
// then (keyspace/core/pending_objects.h): that takes a transaction which waits. So is every object
// of a guarded one, beside which others write.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/key_codec.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/ordered_elements.h"
#include "storage/write_batch.h"

namespace cordwood::keyspace {

class ObjectBuilder {
 public:
  /// The object lies in `generation`.
  ObjectBuilder(Transaction& tx, Generation generation) : tx_(tx), generation_(generation) {}
  ObjectBuilder(const ObjectBuilder&) = delete;
  ObjectBuilder& operator=(const ObjectBuilder&) = delete;

  /// Puts an element, whose subkey is a new one; the value is `head` and `tail`. What is given is
  /// copied before anything waits. kLong: it is more than a batch should hold, and the transaction
  /// does not wait. kNoSpace: there is none. Other errors: the work is given up, or the store
  /// failed. What was written of an object that is not finished is dropped.
  Status Put(const Subkey& subkey, std::string_view head, std::string_view tail = {}) {
    return PutIn(kItemSpace, subkey, head, tail);
  }
  /// The same in another space than that of the items.
  Status PutIn(uint8_t space, const Subkey& subkey, std::string_view head,
               std::string_view tail = {});
  /// How many elements were put.
  uint64_t entries() const { return entries_; }
  /// All was put: the number of the object, for a record of the transaction.
  Result<Oid> Finish();

 private:
  struct Element {
    size_t begin = 0;         // in bytes_: the space, the subkey, and the value
    size_t subkey_bytes = 0;  // with the space
    size_t value_bytes = 0;
  };

  /// Calls visit(store key, value) for what was put since the last time.
  template <typename Visit>
  void ForEach(Oid oid, const Visit& visit) const;
  /// Writes it.
  Status WriteOut();

  Transaction& tx_;
  const Generation generation_;
  std::optional<Oid> oid_;  // of a pending object
  std::string bytes_;
  std::vector<Element> elements_;
  uint64_t entries_ = 0;
};

}  // namespace cordwood::keyspace
