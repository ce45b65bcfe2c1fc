#include "keyspace/types/copy.h"

#include <limits>
#include <string>

#include "base/format.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/ordered_elements.h"
#include "keyspace/types/strings.h"

namespace cordwood::keyspace {
namespace {

/// Of an element in the transaction, beside its bytes.
constexpr uint64_t kElementOverheadBytes = 128;

/// Has the blocks named that reading the whole string would lack: a walk names the first one only.
Status NameChunks(Transaction& tx, Generation generation, const Record& record) {
  CW_ASSIGN(String string, String::Open(tx, generation, record.view()));
  return string.Read([](std::string_view) {});
}

}  // namespace

// Item by item: what lies in other spaces is derived from the items, and is built again when it is
// asked for.
Result<Record> CopyRecord(Transaction& tx, Generation from, const Record& record, Generation to) {
  if (!record.owns_object()) return record;
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
  ObjectPayload copy{.oid = tx.NewOid(), .count = object.count, .shape = object.shape};
  OrderedElements elements(tx, to, copy.oid, kItemSpace, OrderedElements::Object::kNew);
  // A string is bounded by its length, whole or not.
  const uint64_t bytes_max = record.type == Type::kString ? std::numeric_limits<uint64_t>::max()
                                                          : tx.keyspace().options().copy_bytes_max;
  uint64_t bytes = 0;
  for (ObjectReader items(tx, from, record);;) {
    const auto read = items.Next();
    if (!read && record.type == Type::kString) CW_TRY(NameChunks(tx, from, record));
    CW_ASSIGN(const std::optional<ObjectReader::ReadItem>& next, read);
    if (!next) break;
    bytes += next->stored_bytes + kElementOverheadBytes;
    if (bytes > bytes_max) {
      return Fail(ErrorCode::kTooLarge,
                  Format("the value is too large to be copied at once: its elements take more than "
                         "{} bytes, a sixteenth of the memory budget; raise maxmemory, or copy its "
                         "elements in parts",
                         bytes_max));
    }
    copy.NoteEntries(1);
    elements.Put({.head = next->subkey}, next->stored);
  }
  Record copied = record;
  copied.payload = copy.Encode();
  return copied;
}

}  // namespace cordwood::keyspace
