#include "keyspace/types/set_builder.h"

#include "base/check.h"
#include "keyspace/types/hashed_elements.h"
#include "keyspace/types/inline_items.h"
#include "keyspace/types/sets.h"

namespace cordwood::keyspace {

bool SetBuilder::FitsInline() const {
  return tx_.keyspace().options().FitsInline(held_.size(), bytes_);
}

Status SetBuilder::Add(std::string_view subkey) {
  CW_ASSIGN(const Item member, MemberOf(subkey, {}));
  shape_ = SetShapeWith(tx_.keyspace().options(), shape_, count_++, member.name);
  if (object_) return object_->Put({.head = subkey}, {});
  held_.emplace_back(subkey);
  bytes_ += InlineItemBytes(member.name.size(), 0);
  return FitsInline() ? Status() : Unload();
}

Status SetBuilder::Unload() {
  object_.emplace(tx_, generation_);
  for (const std::string& subkey : held_) CW_TRY(object_->Put({.head = subkey}, {}));
  held_.clear();
  return {};
}

Result<Record> SetBuilder::Finish() {
  CHECK(count_ > 0);
  return object_ ? FinishObject(shape_, std::nullopt) : FinishInline(shape_, std::nullopt);
}

Result<Record> SetBuilder::FinishAs(const Record& before, uint8_t shape) {
  CHECK(count_ > 0);
  if (!before.owns_object() && !object_) return FinishInline(shape, before.expiry_ms);
  if (!object_) CW_TRY(Unload());
  return FinishObject(shape, before.expiry_ms);
}

Result<Record> SetBuilder::FinishInline(uint8_t shape, std::optional<int64_t> expiry_ms) {
  std::string payload = InlinePayload::Begin(shape, bytes_);
  for (const std::string& subkey : held_) {
    CW_ASSIGN(const Item member, MemberOf(subkey, {}));
    AppendInlineItem(payload, member.name, {}, {});
  }
  return Record{.type = Type::kSet,
                .form = Form::kInline,
                .expiry_ms = expiry_ms,
                .payload = std::move(payload)};
}

Result<Record> SetBuilder::FinishObject(uint8_t shape, std::optional<int64_t> expiry_ms) {
  ObjectPayload object{.count = count_, .shape = shape};
  object.NoteEntries(count_);
  CW_ASSIGN(object.oid, object_->Finish());
  return Record{.type = Type::kSet,
                .form = Form::kElements,
                .expiry_ms = expiry_ms,
                .payload = object.Encode()};
}

}  // namespace cordwood::keyspace
