#include "keyspace/types/collection.h"

#include <string>
#include <utility>

#include "base/check.h"

namespace cordwood::keyspace {

Result<InlinePayload> Collection::Inline() const {
  if (!exists()) return InlinePayload();
  CHECK(!in_elements());
  return InlinePayload::Decode(found_.live()->payload);
}

Result<ObjectPayload> Collection::Object() const {
  CHECK(in_elements());
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found_.live()->payload));
  if (object.list.has_value() == (type_ == Type::kList) &&
      object.scores.has_value() == (type_ == Type::kSortedSet)) {
    return object;
  }
  return Fail(ErrorCode::kCorruption, "the object of a collection is one of another type");
}

bool Collection::FitsInline(uint64_t items, uint64_t bytes) const {
  return tx_.keyspace().options().FitsInline(items, bytes);
}

Status Collection::PutInline(std::string payload, Write write) {
  return Put(Form::kInline, std::move(payload), write);
}

Status Collection::PutObject(const ObjectPayload& payload, Write write) {
  return Put(Form::kElements, payload.Encode(), write);
}

Status Collection::Put(Form form, std::string payload, Write write) {
  Record record{.type = type_, .form = form, .payload = std::move(payload)};
  if (exists()) record.expiry_ms = found_.live()->expiry_ms;
  CW_TRY(write == Write::kAdds ? PutRecord(tx_, name_, found_, record)
                               : ShrinkRecord(tx_, name_, found_, record));
  found_ = {.stored = std::move(record)};
  return {};
}

Status Collection::Remove() {
  CW_TRY(RemoveKey(tx_, name_, found_));
  found_ = {};
  return {};
}

}  // namespace cordwood::keyspace
