#pragma once

// The record of a key: docs/KEY_ENCODING.md.
//
//   record  = type and form u8, flags u8, [expiry i64], payload
//     flag 1: the expiry is there (milliseconds since 1970)
//   payload, by type and form:
//     string            the value
//     hash, inline      (field, value)*    each length-prefixed, in the order of insertion
//     hash, elements    oid varint64, count varint64
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

/// The values are part of the format.
enum class Type : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kStream = 5
};
enum class Form : uint8_t { kInline = 0, kElements = 1 };

/// As the TYPE command says it.
std::string_view TypeName(Type type);

/// What can be said of a key without its payload.
struct RecordHeader {
  Type type = Type::kString;
  Form form = Form::kInline;
  std::optional<int64_t> expiry_ms;

  bool ExpiredAt(int64_t now_ms) const { return expiry_ms && *expiry_ms <= now_ms; }

  /// What stands in front of the payload.
  std::string Encode() const;
  /// kCorruption if the bytes are not a record.
  static Result<RecordHeader> Decode(std::string_view bytes);
};

struct Record {
  Type type = Type::kString;
  Form form = Form::kInline;
  std::optional<int64_t> expiry_ms;
  std::string payload;

  RecordHeader header() const { return {.type = type, .form = form, .expiry_ms = expiry_ms}; }
  bool owns_object() const { return form == Form::kElements; }
  bool ExpiredAt(int64_t now_ms) const { return expiry_ms && *expiry_ms <= now_ms; }

  std::string Encode() const;
  /// kCorruption if the bytes are not a record.
  static Result<Record> Decode(std::string_view bytes);
};

/// A record where it lies.
struct RecordView {
  RecordHeader header;
  std::string_view payload;

  /// kCorruption if the bytes are not a record.
  static Result<RecordView> Decode(std::string_view bytes);
};

/// The payload of a collection in elements form.
struct ObjectPayload {
  Oid oid = 0;
  uint64_t count = 0;

  std::string Encode() const;
  static Result<ObjectPayload> Decode(std::string_view payload);
};

/// Whether an encoded record carries an expiry; false for what is not a record.
bool EncodedRecordHasExpiry(std::string_view bytes);

}  // namespace cordwood::keyspace
