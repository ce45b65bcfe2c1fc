#pragma once

// One row a type: what must be known of it to work on a value without knowing what it is. A new
// type is a pair of files beside this one, a folder in commands/, and a row here.
//
// Threads: any; no state.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/coding.h"
#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/types/inline_items.h"

namespace cordwood::keyspace {

struct TypeTraits {
  /// As the TYPE command says it.
  std::string_view name;
  /// What OBJECT ENCODING says. kCorruption if the payload is none.
  Result<std::string_view> (*encoding)(const Record& record) = nullptr;

  // --- how its items are read; null: values of this type cannot be read yet ---
  /// Takes one off the front of a collection's inline items. A string has none: its payload is it.
  Result<Item> (*take_inline)(ByteReader& in) = nullptr;
  /// From an element of the space of items (kItemSpace). All other spaces hold what is derived from
  /// that one: whoever copies items writes what is derived from each, and leaves out the rest.
  Result<Item> (*element)(std::string_view subkey, std::string_view value) = nullptr;

  /// Of a type whose items lie in the order of a hash (keyspace/types/hashed_elements.h): what
  /// stands in front of a stored value.
  bool is_hashed = false;
  std::string_view value_head = {};

  /// Of a type that has a second element for each item, by which it keeps another order.
  struct Derived {
    uint8_t space = 0;
    std::string subkey;
    std::string_view value;
  };
  Result<Derived> (*derived)(const Item& item) = nullptr;
};

const TypeTraits& TraitsOf(Type type);

inline std::string_view TypeName(Type type) { return TraitsOf(type).name; }
inline Result<std::string_view> EncodingOf(const Record& record) {
  return TraitsOf(record.type).encoding(record);
}

}  // namespace cordwood::keyspace
