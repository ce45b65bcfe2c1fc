#include "keyspace/types/object_builder.h"

namespace cordwood::keyspace {
namespace {

// Of an element in a batch, beside its subkey and value.
constexpr uint64_t kElementOverheadBytes = 32;

}  // namespace

std::string_view ObjectBuilder::SubkeyOf(const Element& element) const {
  return std::string_view(bytes_).substr(element.begin, element.subkey_bytes);
}

std::string_view ObjectBuilder::ValueOf(const Element& element) const {
  return std::string_view(bytes_).substr(element.begin + element.subkey_bytes, element.value_bytes);
}

Status ObjectBuilder::Put(const Subkey& subkey, std::string_view head, std::string_view tail) {
  const Element element{.begin = bytes_.size(),
                        .subkey_bytes = subkey.head.size() + subkey.tail.size(),
                        .value_bytes = head.size() + tail.size()};
  const KeyspaceOptions& options = tx_.keyspace().options();
  const uint64_t parts = tx_.waits() ? 1 : KeyspaceOptions::kPartsAtOnce;
  const uint64_t bytes = bytes_.size() + element.subkey_bytes + element.value_bytes;
  const bool is_full = elements_.size() >= parts * options.part_elements_max ||
                       bytes > parts * options.part_bytes_max;
  const bool is_much = is_full && !elements_.empty();
  if (is_much && !tx_.waits()) {
    return Fail(ErrorCode::kLong, "an object is too large to be written at once");
  }
  bytes_.append(subkey.head).append(subkey.tail).append(head).append(tail);
  elements_.push_back(element);
  ++entries_;
  return is_much ? WriteOut() : tx_.Breathe();
}

Status ObjectBuilder::WriteOut() {
  PendingObject object{.generation = generation_, .oid = oid_.value_or(0)};
  const uint64_t bytes = bytes_.size() + elements_.size() * kElementOverheadBytes;
  const auto fill = [&](storage::WriteBatch& batch, storage::Seq first) {
    batch.Reserve(bytes);
    if (!oid_) {
      object.oid = first;
      batch.Put(object.RecordKey(), {});
    }
    FillPart(batch, object.oid);
  };
  CW_TRY(tx_.WriteApart(bytes, fill));
  if (!oid_) tx_.AdoptPending(object);
  oid_ = object.oid;
  bytes_.clear();
  elements_.clear();
  return {};
}

void ObjectBuilder::FillPart(storage::WriteBatch& batch, Oid oid) const {
  std::string store_key = SpacePrefix(generation_, oid, space_);
  const size_t prefix_bytes = store_key.size();
  for (const Element& element : elements_) {
    store_key.resize(prefix_bytes);
    store_key.append(SubkeyOf(element));
    batch.Put(store_key, ValueOf(element));
  }
}

Result<Oid> ObjectBuilder::Finish() {
  if (oid_ || tx_.is_guarded()) {
    if (!oid_ || !elements_.empty()) CW_TRY(WriteOut());
    tx_.Delete(PendingObject{.generation = generation_, .oid = *oid_}.RecordKey());
    return *oid_;
  }
  const Oid oid = tx_.NewOid();
  OrderedElements elements(tx_, generation_, oid, space_, OrderedElements::Object::kNew);
  for (const Element& element : elements_) {
    elements.Put({.head = SubkeyOf(element)}, ValueOf(element));
  }
  return oid;
}

}  // namespace cordwood::keyspace
