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
  if (!object_) {
    CW_ASSIGN(object_, ObjectPayload::Decode(found_.live()->payload));
  }
  if (object_->list.has_value() == (type_ == Type::kList) &&
      object_->scores.has_value() == (type_ == Type::kSortedSet)) {
    return *object_;
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
  CW_TRY(Put(Form::kElements, payload.Encode(), write));
  object_ = payload;
  return {};
}

Status Collection::PutMoved(const ObjectPayload& payload, Write write) {
  std::optional<ListEnds> ends;
  if (in_elements() && tx_.keyspace().reports_changes()) {
    CW_ASSIGN(const ObjectPayload before, Object());
    if (before.oid == payload.oid) {
      ends = {.head = payload.list->head, .tail = payload.list->tail};
    }
  }
  CW_TRY(Put(Form::kElements, payload.Encode(), write, ends));
  object_ = payload;
  return {};
}

Status Collection::FindAgain() {
  object_.reset();
  CW_ASSIGN(found_, FindKey(tx_, name_));
  return {};
}

Status Collection::Put(Form form, std::string payload, Write write,
                       const std::optional<ListEnds>& ends) {
  Record record{.type = type_, .form = form, .payload = std::move(payload)};
  if (exists()) record.expiry_ms = found_.live()->expiry_ms;
  CW_TRY(write == Write::kAdds ? PutRecord(tx_, name_, found_, record, ends)
                               : ShrinkRecord(tx_, name_, found_, record, ends));
  found_ = {.stored = std::move(record)};
  object_.reset();
  return {};
}

Status Collection::Remove() {
  CW_TRY(RemoveKey(tx_, name_, found_));
  object_.reset();
  found_ = {};
  return {};
}

}  // namespace cordwood::keyspace
