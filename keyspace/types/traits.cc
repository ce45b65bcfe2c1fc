#include "keyspace/types/traits.h"

#include <array>

#include "base/number.h"
#include "keyspace/types/hashes.h"
#include "keyspace/types/lists.h"
#include "keyspace/types/sets.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::keyspace {
namespace {

// --- encodings ---

// Redis keeps a string up to this length in one allocation with its header.
constexpr size_t kEmbeddedBytesMax = 44;

Result<std::string_view> StringEncoding(const Record& record) {
  if (record.owns_object()) return "raw";
  if (ParseInt64(record.payload)) return "int";
  return record.payload.size() <= kEmbeddedBytesMax ? "embstr" : "raw";
}

Result<Item> ChunkOf(std::string_view subkey, std::string_view value) {
  return Item{.name = subkey, .value = value};
}

Result<uint8_t> ShapeOf(const Record& record) {
  if (record.owns_object()) {
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
    return object.shape;
  }
  CW_ASSIGN(const InlinePayload payload, InlinePayload::Decode(record.payload));
  return payload.shape;
}

Result<std::string_view> SmallOr(const Record& record, std::string_view large) {
  CW_ASSIGN(const uint8_t shape, ShapeOf(record));
  return (shape & kBeyondListpack) == 0 ? "listpack" : large;
}

Result<std::string_view> ListEncoding(const Record& record) { return SmallOr(record, "quicklist"); }

Result<std::string_view> SetEncoding(const Record& record) {
  CW_ASSIGN(const uint8_t shape, ShapeOf(record));
  if ((shape & kBeyondIntset) == 0) return "intset";
  return SmallOr(record, "hashtable");
}

Result<std::string_view> SortedSetEncoding(const Record& record) {
  return SmallOr(record, "skiplist");
}

Result<std::string_view> HashEncoding(const Record& record) { return SmallOr(record, "hashtable"); }

Result<std::string_view> StreamEncoding(const Record& /*record*/) { return "stream"; }

}  // namespace

const TypeTraits& TraitsOf(Type type) {
  // In the order of the types' numbers.
  static constexpr std::array<TypeTraits, 6> kTypes = {{
      {.name = "string", .encoding = StringEncoding, .element = ChunkOf},
      {.name = "list",
       .encoding = ListEncoding,
       .take_inline = TakeInlineElement,
       .element = ListElementOf},
      {.name = "set",
       .encoding = SetEncoding,
       .take_inline = TakeInlineMember,
       .element = MemberOf,
       .is_hashed = true},
      {.name = "zset",
       .encoding = SortedSetEncoding,
       .take_inline = TakeInlineScored,
       .element = ScoredElementOf,
       .is_hashed = true,
       .derived = OrderElementFor},
      {.name = "hash",
       .encoding = HashEncoding,
       .take_inline = TakeInlineField,
       .element = FieldOf,
       .is_hashed = true,
       .value_head = kNoFieldExpiry},
      {.name = "stream", .encoding = StreamEncoding},
  }};
  return kTypes[static_cast<size_t>(type)];
}

}  // namespace cordwood::keyspace
