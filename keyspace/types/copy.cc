#include "keyspace/types/copy.h"

#include <string>

#include "keyspace/types/object_builder.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/strings.h"

namespace cordwood::keyspace {
namespace {

/// Has the blocks named that reading the whole string would lack: a walk names the first one only.
Status NameChunks(Transaction& tx, Generation generation, const Record& record) {
  CW_ASSIGN(String string, String::Open(tx, generation, record.view()));
  return string.Read([](std::string_view) {});
}

/// Puts every item.
Status CopyItems(Transaction& tx, Generation from, const Record& record, ObjectBuilder& copy) {
  for (ObjectReader items(tx, from, record);;) {
    const auto read = items.Next();
    if (!read && record.type == Type::kString && !tx.waits()) {
      CW_TRY(NameChunks(tx, from, record));
    }
    CW_ASSIGN(const std::optional<ObjectReader::ReadItem>& next, read);
    if (!next) return {};
    CW_TRY(copy.Put({.head = next->subkey}, next->stored));
  }
}

/// Of what lies around the bounds nothing is copied.
ListSpan WithNothingAround(ListSpan span) {
  span.cleared = span.head;
  span.tail_cleared = span.tail;
  return span;
}

}  // namespace

// Item by item: what lies in other spaces is derived from the items, and is built again when it is
// asked for.
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
  ObjectPayload payload{.count = object.count, .shape = object.shape};
  payload.NoteEntries(copy.entries());
  if (object.list) payload.list = WithNothingAround(*object.list);
  CW_ASSIGN(payload.oid, copy.Finish());
  Record copied = record;
  copied.payload = payload.Encode();
  return copied;
}

}  // namespace cordwood::keyspace
