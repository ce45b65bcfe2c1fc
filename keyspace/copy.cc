#include "keyspace/copy.h"

#include <string>

#include "keyspace/range_walk.h"

namespace cordwood::keyspace {

Result<Record> CopyRecord(Transaction& tx, Generation from, const Record& record, Generation to) {
  if (!record.owns_object()) return record;
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
  const std::string begin = ElementPrefix(from, object.oid);
  const ObjectPayload copy{.oid = tx.NewOid(), .count = object.count};
  RangeWalk elements(tx, PrefixEnd(begin));
  for (elements.Seek(begin); elements.Valid(); elements.Next()) {
    tx.Put(ElementKey(to, copy.oid, elements.key().substr(begin.size())), elements.value());
  }
  CW_TRY(elements.status());
  Record copied = record;
  copied.payload = copy.Encode();
  return copied;
}

}  // namespace cordwood::keyspace
