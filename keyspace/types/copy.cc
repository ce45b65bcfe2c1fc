#include "keyspace/types/copy.h"

#include <string>

#include "base/format.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {
namespace {

/// Of an element in the transaction, beside its bytes.
constexpr uint64_t kElementOverheadBytes = 128;

}  // namespace

// Item by item: what lies in other spaces is derived from the items, and is built again when it is
// asked for.
Result<Record> CopyRecord(Transaction& tx, Generation from, const Record& record, Generation to) {
  if (!record.owns_object()) return record;
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
  ObjectPayload copy{.oid = tx.NewOid(), .count = object.count, .shape = object.shape};
  OrderedElements elements(tx, to, copy.oid, kItemSpace, OrderedElements::Object::kNew);
  const uint64_t bytes_max = tx.keyspace().options().copy_bytes_max;
  uint64_t bytes = 0;
  for (ObjectReader items(tx, from, record);;) {
    CW_ASSIGN(const auto next, items.Next());
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
