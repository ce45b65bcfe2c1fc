#include "keyspace/types/copy.h"

#include <string>

#include "base/format.h"
#include "keyspace/core/range_walk.h"

namespace cordwood::keyspace {
namespace {

/// Of an element in the transaction, beside its bytes.
constexpr uint64_t kElementOverheadBytes = 128;

}  // namespace

Result<Record> CopyRecord(Transaction& tx, Generation from, const Record& record, Generation to) {
  if (!record.owns_object()) return record;
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
  const std::string begin = ElementPrefix(from, object.oid);
  ObjectPayload copy{.oid = tx.NewOid(), .count = object.count, .shape = object.shape};
  const uint64_t bytes_max = tx.keyspace().options().copy_bytes_max;
  uint64_t bytes = 0;
  RangeWalk elements(tx, PrefixEnd(begin));
  for (elements.Seek(begin); elements.Valid(); elements.Next()) {
    bytes += elements.key().size() + elements.value().size() + kElementOverheadBytes;
    if (bytes > bytes_max) {
      return Fail(ErrorCode::kTooLarge,
                  Format("the value is too large to be copied at once: its elements take more than "
                         "{} bytes, a sixteenth of the memory budget; raise maxmemory, or copy its "
                         "elements in parts",
                         bytes_max));
    }
    copy.NoteEntries(1);
    tx.Put(ElementKey(to, copy.oid, elements.key().substr(begin.size())), elements.value());
  }
  CW_TRY(elements.status());
  Record copied = record;
  copied.payload = copy.Encode();
  return copied;
}

}  // namespace cordwood::keyspace
