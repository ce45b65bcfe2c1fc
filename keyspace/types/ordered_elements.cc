#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {
// --- single elements ---

std::string_view OrderedElements::StoreKey(const Subkey& subkey) {
  store_key_.assign(prefix_);
  store_key_ += subkey.head;
  store_key_ += subkey.tail;
  return store_key_;
}

Result<std::optional<std::string_view>> OrderedElements::GetAt(std::string_view store_key) {
  if (object_ == Object::kStored) return tx_.Get(store_key);
  const std::optional<Transaction::OwnWrite> own = tx_.FirstWrite(store_key);
  if (!own || own->key != store_key || !own->value) return std::nullopt;
  return own->value;
}

Result<bool> OrderedElements::Replace(const Subkey& subkey, std::string_view head,
                                      std::string_view tail) {
  const std::string_view store_key = StoreKey(subkey);
  CW_ASSIGN(const std::optional<std::string_view> old, GetAt(store_key));
  tx_.PutParts(store_key, head, tail);
  return old.has_value();
}

// --- walking ---

OrderedElements::Walk::Walk(const OrderedElements& elements)
    : elements_(elements),
      prefix_(elements.prefix_),
      walk_(elements.tx_, elements.prefix_, PrefixEnd(elements.prefix_)) {}

OrderedElements::Walk::Walk(const OrderedElements& elements, std::string_view begin,
                            std::string_view end)
    : elements_(elements),
      prefix_(elements.prefix_),
      walk_(elements.tx_, std::string(prefix_).append(begin),
            end.empty() ? PrefixEnd(prefix_) : std::string(prefix_).append(end)) {}

OrderedElements::Walk::~Walk() {
  const std::string_view object = std::string_view(prefix_).substr(0, prefix_.size() - 1);
  Keyspace& keyspace = elements_.tx_.keyspace();
  if (keyspace.shrunk_objects().Note(object, walk_.stepped(), walk_.met())) {
    keyspace.store().MergeRange(object, PrefixEnd(object));
  }
}

std::string_view OrderedElements::Walk::At(std::string_view position) {
  at_.assign(prefix_);
  at_ += position;
  return at_;
}

void OrderedElements::Walk::SeekBefore(std::string_view position) {
  walk_.SeekBefore(position.empty() ? std::string_view() : At(position));
}

void OrderedElements::Walk::SeekAtOrBefore(std::string_view subkey) {
  At(subkey);
  at_.push_back('\0');
  walk_.SeekBefore(at_);
}

std::string OrderedElements::Walk::position() const {
  return Valid() ? std::string(subkey()) : walk_.passed().substr(prefix_.size());
}

std::string OrderedElements::Walk::back_position() const {
  if (Valid()) return std::string(subkey()).append(1, '\0');
  // Where the walk got past nothing this is the end of the range, which is as long as its begin.
  return walk_.passed().substr(prefix_.size());
}

}  // namespace cordwood::keyspace
