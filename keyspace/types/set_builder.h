#pragma once

// Makes a set of members that come one by one, as its elements: in the record if they fit there,
// else over keyspace/types/object_builder.h, whose errors are this one's.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/object_builder.h"

namespace cordwood::keyspace {

class SetBuilder {
 public:
  /// For a key of `generation`. It has not less than `shape`.
  SetBuilder(Transaction& tx, Generation generation, uint8_t shape = 0)
      : tx_(tx), generation_(generation), shape_(shape) {}

  /// The subkey of the member's element, which no other member has. It is copied.
  Status Add(std::string_view subkey);
  uint64_t count() const { return count_; }
  /// Of what was added.
  uint8_t shape() const { return shape_; }

  /// All were added: a record that has what it holds, in form and shape. REQUIRES: count() > 0.
  Result<Record> Finish();
  /// A record for what is left of a set: form and expiry are as they were. REQUIRES: the same.
  Result<Record> FinishAs(const Record& before, uint8_t shape);

 private:
  bool FitsInline() const;
  /// What was held goes into an object.
  Status Unload();
  Result<Record> FinishInline(uint8_t shape, std::optional<int64_t> expiry_ms);
  Result<Record> FinishObject(uint8_t shape, std::optional<int64_t> expiry_ms);

  Transaction& tx_;
  const Generation generation_;
  uint64_t count_ = 0;
  uint8_t shape_;
  std::vector<std::string> held_;  // subkeys, while they fit inline
  uint64_t bytes_ = 0;             // that they would take
  std::optional<ObjectBuilder> object_;
};

}  // namespace cordwood::keyspace
