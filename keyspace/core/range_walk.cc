#include "keyspace/core/range_walk.h"

#include <utility>

namespace cordwood::keyspace {

RangeWalk::RangeWalk(Transaction& tx, std::string begin, std::string end)
    : tx_(tx), begin_(std::move(begin)), end_(std::move(end)), committed_(tx, begin_, end_) {}

void RangeWalk::Show(const Transaction::OwnWrite& own) {
  own_key_ = own.key;
  own_value_ = *own.value;
  valid_ = true;
}

// --- forwards ---

void RangeWalk::Seek(std::string_view store_key) {
  backward_ = false;
  committed_.Seek(store_key);
  Settle(std::string(store_key));
}

void RangeWalk::Next() {
  std::string after(key());
  const bool committed_is_here = !own_key_ || (committed_.Valid() && committed_.key() == after);
  after.push_back('\0');
  if (backward_) {
    backward_ = false;
    committed_.Seek(after);
  } else if (committed_is_here) {
    committed_.Next();
  }
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
    if (own->value) return Show(*own);
    from = own->key;
    if (committed_.Valid() && committed_.key() == from) committed_.Next();
    from.push_back('\0');
  }
}

// --- backwards ---

void RangeWalk::SeekBefore(std::string_view store_key) {
  backward_ = true;
  std::string end(store_key.empty() ? std::string_view(end_) : store_key);
  committed_.SeekBefore(end);
  SettleBackward(std::move(end));
}

void RangeWalk::Prev() {
  std::string end(key());
  const bool committed_is_here = !own_key_ || (committed_.Valid() && committed_.key() == end);
  if (!backward_) {
    backward_ = true;
    committed_.SeekBefore(end);
  } else if (committed_is_here) {
    committed_.Prev();
  }
  SettleBackward(std::move(end));
}

bool RangeWalk::IsPrevious(std::string_view own_key) const {
  if (own_key < begin_) return false;
  if (committed_.Valid()) return own_key >= committed_.key();
  if (!committed_.stopped()) return committed_.status().has_value();
  const std::string passed = committed_.passed();
  return !passed.empty() && own_key >= passed;
}

void RangeWalk::SettleBackward(std::string end) {
  own_key_.reset();
  for (;;) {
    const std::optional<Transaction::OwnWrite> own = tx_.LastWriteBefore(end);
    if (!own || !IsPrevious(own->key)) {
      valid_ = committed_.Valid();
      return;
    }
    if (own->value) return Show(*own);
    end = own->key;
    if (committed_.Valid() && committed_.key() == end) committed_.Prev();
  }
}

}  // namespace cordwood::keyspace
