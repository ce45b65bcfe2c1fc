#include "keyspace/range_walk.h"

namespace cordwood::keyspace {

RangeWalk::RangeWalk(Transaction& tx, std::string_view prefix)
    : tx_(tx), prefix_(prefix), end_(PrefixEnd(prefix)), committed_(tx.NewIterator()) {}

bool RangeWalk::Inside(std::string_view store_key) const {
  return end_.empty() || store_key < end_;
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

void RangeWalk::Settle(std::string from) {
  own_key_.reset();
  for (;;) {
    valid_ = false;
    if (!committed_.status()) return;
    const bool committed = committed_.Valid() && Inside(committed_.key());
    const std::optional<Transaction::OwnWrite> own = tx_.FirstWrite(from);
    if (!own || !Inside(own->key) || (committed && committed_.key() < own->key)) {
      valid_ = committed;
      return;
    }
    if (own->value) {
      own_key_ = own->key;
      own_value_ = *own->value;
      valid_ = true;
      return;
    }
    from = own->key;
    if (committed && committed_.key() == from) committed_.Next();
    from.push_back('\0');
  }
}

}  // namespace cordwood::keyspace
