#include "keyspace/types/copy.h"

#include <string>

#include "keyspace/types/object_builder.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/strings.h"
#include "keyspace/types/traits.h"

namespace cordwood::keyspace {
namespace {

/// Has the blocks named that reading the whole string would lack: a walk names the first one only.
Status NameChunks(Transaction& tx, Generation generation, const Record& record) {
  CW_ASSIGN(String string, String::Open(tx, generation, record.view()));
  return string.Read([](std::string_view) {});
}

/// Puts every item, and what is derived from it.
Status CopyItems(Transaction& tx, Generation from, const Record& record, ObjectBuilder& copy) {
  const TypeTraits& traits = TraitsOf(record.type);
  for (ObjectReader items(tx, from, record);;) {
    const auto read = items.Next();
    if (!read && record.type == Type::kString && !tx.waits()) {
      CW_TRY(NameChunks(tx, from, record));
    }
    CW_ASSIGN(const std::optional<ObjectReader::ReadItem>& next, read);
    if (!next) return {};
    std::optional<TypeTraits::Derived> derived;
    if (traits.derived != nullptr) {
      CW_ASSIGN(derived, traits.derived(next->item));
    }
    CW_TRY(copy.Put({.head = next->subkey}, next->stored));
    if (derived) CW_TRY(copy.PutIn(derived->space, {.head = derived->subkey}, derived->value));
  }
}

/// Of what lies around the bounds nothing is copied.
ListSpan WithNothingAround(ListSpan span) {
  span.cleared = span.head;
  span.tail_cleared = span.tail;
  return span;
}

}  // namespace

// Item by item, and what is derived from single ones. What is derived from many is built again when
// it is asked for.
Result<Record> CopyRecord(Transaction& tx, Generation from, const Record& record, Generation to) {
  if (!record.owns_object()) return ForNewHeader(tx, to, record);
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
  CW_ASSIGN(const uint64_t items, CountItems(record));
  const uint64_t at_once =
      KeyspaceOptions::kPartsAtOnce * tx.keyspace().options().part_elements_max;
  if (!tx.waits() && items > at_once) {
    return Fail(ErrorCode::kLong, "the value has too many elements to be copied at once");
  }
  ObjectBuilder copy(tx, to);
  CW_TRY(CopyItems(tx, from, record, copy));
  ObjectPayload payload{.count = object.count, .shape = object.shape, .scores = object.scores};
  payload.NoteEntries(copy.entries());
  if (object.list) payload.list = WithNothingAround(*object.list);
  CW_ASSIGN(payload.oid, copy.Finish());
  Record copied = record;
  copied.payload = payload.Encode();
  return copied;
}

}  // namespace cordwood::keyspace
