#pragma once

// The hash type. A small hash lies inside its key's record; one that outgrew
// KeyspaceOptions::hash_max_* lies in elements, and never comes back.
//
//   payload, inline     (field, value)*   each length-prefixed, in the order of insertion
//   payload, elements   keyspace/core/record.h: ObjectPayload; the count is exact
//   elements            keyspace/types/hashed_elements.h: name = field, value = value
//
// Reads of several fields go on past cold ones and answer kCold at the end.
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
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/hashed_elements.h"

namespace cordwood::keyspace {

struct FieldValue {
  std::string_view field;
  std::string_view value;
};

/// The views point into the payload. kCorruption if it is none.
Result<std::vector<FieldValue>> DecodeInlineHash(std::string_view payload);
std::string EncodeInlineHash(std::span<const FieldValue> pairs);

class Hash {
 public:
  /// `found` is what FindKey says of `name` in this transaction. REQUIRES: its live record, if
  /// there is one, is a hash; before a write it has not expired (SweepExpired).
  Hash(Transaction& tx, const KeyName& name, Lookup found)
      : tx_(tx), name_(name), found_(std::move(found)) {}

  bool exists() const { return found_.live() != nullptr; }
  bool in_elements() const { return exists() && found_.live()->form == Form::kElements; }

  Result<uint64_t> Length() const;
  Result<std::optional<std::string>> Get(std::string_view field);
  /// Calls visit(value) for each field, in order, with nothing for one that is absent, until it
  /// answers false. The value lives as long as the call. On kCold, and on other errors, what was
  /// visited is not complete.
  using VisitValue = std::function<bool(std::optional<std::string_view>)>;
  Status GetMany(std::span<const std::string_view> fields, const VisitValue& visit);

  /// Everything, in order. Views live until the next write. REQUIRES: !in_elements().
  Result<std::vector<FieldValue>> Inline() const;
  /// REQUIRES: in_elements().
  Result<HashedElements> Elements() const;

  /// Sets fields, the last value for one that is named twice; returns how many are new. Creates
  /// the key.
  Result<uint64_t> Set(std::span<const FieldValue> pairs);
  /// Returns how many were there. Removes the key with its last field.
  Result<uint64_t> Remove(std::span<const std::string_view> fields);

 private:
  Result<uint64_t> SetInline(std::span<const FieldValue> pairs);
  Result<uint64_t> SetElements(HashedElements& elements, std::span<const FieldValue> pairs);
  Result<uint64_t> RemoveInline(std::span<const std::string_view> fields);
  Result<uint64_t> RemoveElements(std::span<const std::string_view> fields);

  bool TooLong(std::span<const FieldValue> pairs) const;
  /// Writes the record with this payload; the expiry stays.
  Status Write(Form form, std::string payload);
  /// The same after fields were taken out.
  Status WriteShrunk(Form form, std::string payload);
  Status RemoveAll();
  /// Moves `kept`, all different, to elements of a new object and sets `pairs` there.
  Result<uint64_t> Convert(std::span<const FieldValue> kept, std::span<const FieldValue> pairs);

  Transaction& tx_;
  const KeyName name_;
  Lookup found_;
};

}  // namespace cordwood::keyspace
