#include "keyspace/core/range_walk.h"

namespace cordwood::keyspace {

RangeWalk::RangeWalk(Transaction& tx, std::string end)
    : tx_(tx), end_(std::move(end)), committed_(tx) {
  committed_.SetEnd(end_);
}

void RangeWalk::Seek(std::string_view store_key) {
  committed_.Seek(store_key);
  Settle(std::string(store_key));
}

void RangeWalk::Next() {
  std::string after(key());
  if (!own_key_ || (committed_.Valid() && committed_.key() == after)) committed_.Next();
  after.push_back('\0');
  Settle(std::move(after));
}

bool RangeWalk::IsNext(std::string_view own_key) const {
  if (!end_.empty() && own_key >= end_) return false;
  if (committed_.Valid()) return own_key <= committed_.key();
  if (committed_.stopped()) return own_key < committed_.passed();
  return committed_.status().has_value();
}

void RangeWalk::Settle(std::string from) {
  own_key_.reset();
  for (;;) {
    const std::optional<Transaction::OwnWrite> own = tx_.FirstWrite(from);
    if (!own || !IsNext(own->key)) {
      valid_ = committed_.Valid();
      return;
    }
    if (own->value) {
      own_key_ = own->key;
      own_value_ = *own->value;
      valid_ = true;
      return;
    }
    from = own->key;
    if (committed_.Valid() && committed_.key() == from) committed_.Next();
    from.push_back('\0');
  }
}

}  // namespace cordwood::keyspace
