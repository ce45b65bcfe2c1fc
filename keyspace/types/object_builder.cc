#include "keyspace/types/object_builder.h"

namespace cordwood::keyspace {
namespace {

// Of an element in a batch, beside its subkey and value.
constexpr uint64_t kElementOverheadBytes = 32;

}  // namespace

template <typename Visit>
void ObjectBuilder::ForEach(Oid oid, const Visit& visit) const {
  std::string store_key = ElementPrefix(generation_, oid);
  const size_t prefix_bytes = store_key.size();
  for (const Element& element : elements_) {
    const std::string_view bytes = std::string_view(bytes_).substr(element.begin);
    store_key.resize(prefix_bytes);
    store_key += bytes.substr(0, element.subkey_bytes);
    visit(store_key, bytes.substr(element.subkey_bytes, element.value_bytes));
  }
}

Status ObjectBuilder::PutIn(uint8_t space, const Subkey& subkey, std::string_view head,
                            std::string_view tail) {
  const Element element{.begin = bytes_.size(),
                        .subkey_bytes = 1 + subkey.head.size() + subkey.tail.size(),
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
  bytes_.push_back(static_cast<char>(space));
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
    ForEach(object.oid, [&](std::string_view store_key, std::string_view value) {
      batch.Put(store_key, value);
    });
  };
  CW_TRY(tx_.WriteApart(bytes, fill));
  if (!oid_) tx_.AdoptPending(object);
  oid_ = object.oid;
  bytes_.clear();
  elements_.clear();
  return {};
}

Result<Oid> ObjectBuilder::Finish() {
  if (oid_ || tx_.is_guarded()) {
    if (!oid_ || !elements_.empty()) CW_TRY(WriteOut());
    tx_.Delete(PendingObject{.generation = generation_, .oid = *oid_}.RecordKey());
    return *oid_;
  }
  const Oid oid = tx_.NewOid();
  ForEach(oid,
          [&](std::string_view store_key, std::string_view value) { tx_.Put(store_key, value); });
  return oid;
}

}  // namespace cordwood::keyspace
