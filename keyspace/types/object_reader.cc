#include "keyspace/types/object_reader.h"

#include <algorithm>

#include "base/coding.h"
#include "base/format.h"
#include "keyspace/types/list_walk.h"
#include "keyspace/types/strings.h"

namespace cordwood::keyspace {
namespace {

Error CannotBeRead(const TypeTraits& traits) {
  return {ErrorCode::kUnsupported, Format("values of type {} cannot be read yet", traits.name)};
}

}  // namespace

Result<uint64_t> CountItems(const Record& record) {
  if (record.owns_object()) {
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
    const bool is_string = record.type == Type::kString;
    return is_string ? (object.count + kChunkBytes - 1) / kChunkBytes : object.count;
  }
  const TypeTraits& traits = TraitsOf(record.type);
  if (traits.take_inline == nullptr) return std::unexpected(CannotBeRead(traits));
  CW_ASSIGN(const InlinePayload payload, InlinePayload::Decode(record.payload));
  uint64_t count = 0;
  for (ByteReader in(payload.items); !in.empty(); ++count) CW_TRY(traits.take_inline(in));
  return count;
}

ObjectReader::ObjectReader(Transaction& tx, Generation generation, const Record& record,
                           std::string_view position)
    : tx_(tx),
      generation_(generation),
      record_(record),
      traits_(TraitsOf(record.type)),
      position_(position) {}

Status ObjectReader::Open() {
  if (record_.type == Type::kString && !record_.owns_object()) {
    items_ = record_.payload;
  } else if (!record_.owns_object()) {
    if (traits_.take_inline == nullptr) return std::unexpected(CannotBeRead(traits_));
    CW_ASSIGN(const InlinePayload payload, InlinePayload::Decode(record_.payload));
    items_ = payload.items;
  } else {
    if (traits_.element == nullptr) return std::unexpected(CannotBeRead(traits_));
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record_.payload));
    elements_.emplace(tx_, generation_, object.oid, kItemSpace);
    if (object.list) {
      const std::string head = ListSubkey(object.list->head);
      walk_.emplace(*elements_, head, ListSubkey(object.list->tail));
      if (position_.empty()) position_ = head;
    } else {
      walk_.emplace(*elements_);
    }
    walk_->SetBudget(budget_);
  }
  if (!walk_ && position_.size() == sizeof(uint64_t)) read_ = LoadBigEndian64(position_.data());
  opened_ = true;
  return {};
}

Result<std::optional<ObjectReader::ReadItem>> ObjectReader::Next() {
  if (!opened_) CW_TRY(Open());
  return walk_ ? NextElement() : NextInline();
}

Result<std::optional<ObjectReader::ReadItem>> ObjectReader::NextElement() {
  if (met_) {
    walk_->Next();
  } else {
    walk_->SeekTo(position_);
  }
  met_ = walk_->Valid();
  if (!met_) {
    if (walk_->stopped()) position_ = walk_->position();
    CW_TRY(walk_->status());
    return std::nullopt;
  }
  const std::string_view subkey = walk_->subkey();
  const std::string_view stored = walk_->value();
  const Result<Item> item = traits_.element(subkey, stored);
  if (!item) {
    position_.assign(subkey);  // nobody gets past it
    met_ = false;
    return std::unexpected(item.error());
  }
  // A second element has a key as long as the item's.
  const uint64_t keys = traits_.derived != nullptr ? 2 : 1;
  return ReadItem{.item = *item,
                  .subkey = subkey,
                  .stored = stored,
                  .stored_bytes = keys * walk_->key_bytes() + stored.size()};
}

Result<std::optional<ObjectReader::ReadItem>> ObjectReader::NextInline() {
  if (record_.type == Type::kString) {
    if (read_ > 0) return std::nullopt;
    read_ = 1;
    return ReadItem{.item = {.name = {}, .value = items_}};
  }
  if (read_ >= items_.size()) return std::nullopt;
  ByteReader in(items_.substr(read_));
  CW_ASSIGN(const Item item, traits_.take_inline(in));
  read_ = items_.size() - in.rest().size();
  return ReadItem{.item = item};
}

std::string ObjectReader::position() const {
  if (met_) return std::string(walk_->subkey()).append(1, '\0');
  if (walk_ || read_ == 0) return position_;
  std::string position;
  AppendBigEndian64(position, read_);
  return position;
}

}  // namespace cordwood::keyspace
