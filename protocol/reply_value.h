#pragma once

// A reply as a tree, for those on the client's side: tests, benches, tools, replication.
//
// Threads: any; a plain value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::protocol {

struct Value {
  enum class Type : uint8_t {
    kSimpleString,
    kError,  // "-": text holds code and message
    kInteger,
    kBulk,
    kNull,       // "$-1" and "_"
    kNullArray,  // "*-1"
    kArray,
    kMap,  // items: key, value, key, value
    kSet,
    kPush,
    kDouble,
    kBool,
    kBigNumber,  // text holds the digits
    kVerbatim,   // text holds the format, a colon and the text
    kBulkError,
  };

  bool operator==(const Value&) const = default;

  bool IsError() const { return type == Type::kError || type == Type::kBulkError; }
  bool IsNull() const { return type == Type::kNull || type == Type::kNullArray; }
  bool IsAggregate() const;

  Type type = Type::kNull;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<Value> items;
  /// What stood before the value as attributes: key, value, key, value.
  std::vector<Value> attributes;
};

/// One line for messages: OK, -ERR text, :5, "bulk\x00", nil, [a, b], {k: v}, ~[a], >[a], ,0.5.
std::string ToText(const Value& value);

}  // namespace cordwood::protocol
