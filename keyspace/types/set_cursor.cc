#include "keyspace/types/set_cursor.h"

#include <algorithm>

#include "base/coding.h"
#include "base/hash.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/score_order.h"
#include "keyspace/types/traits.h"

namespace cordwood::keyspace {
namespace {

/// So many steps are tried before a seek, which takes as long.
constexpr int kStepsBeforeSeek = 16;

}  // namespace

struct SetCursor::Walking {
  Walking(Transaction& tx, Generation generation, Oid oid)
      : elements(tx, generation, oid, kItemSpace), walk(elements) {
    walk.SetBudget(kHiddenPerSlice);
  }

  OrderedElements elements;
  OrderedElements::Walk walk;
};

SetCursor::SetCursor() = default;
SetCursor::SetCursor(SetCursor&&) noexcept = default;
SetCursor& SetCursor::operator=(SetCursor&&) noexcept = default;
SetCursor::~SetCursor() = default;

Result<SetCursor> SetCursor::Of(Generation generation, const Record& record) {
  SetCursor cursor;
  cursor.type_ = record.type;
  CW_ASSIGN(cursor.count_, CountItems(record));
  cursor.generation_ = generation;
  cursor.is_inline_ = !record.owns_object();
  if (!cursor.is_inline_) {
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
    cursor.oid_ = object.oid;
    return cursor;
  }
  CW_ASSIGN(const InlinePayload payload, InlinePayload::Decode(record.payload));
  for (ByteReader in(payload.items); !in.empty();) {
    CW_ASSIGN(const Item item, TraitsOf(record.type).take_inline(in));
    InlineMember& member = cursor.inline_.emplace_back();
    member.subkey = HashedElements::SubkeyOf(item.name);
    CW_ASSIGN(member.score, cursor.ScoreOf(item));
  }
  std::ranges::sort(cursor.inline_, {}, &InlineMember::subkey);
  return cursor;
}

Result<double> SetCursor::ScoreOf(const Item& item) const {
  if (type_ == Type::kSet) return kScoreInSet;
  return ScoreOfBytes(item.value);
}

void SetCursor::Open(Transaction& tx) {
  if (walking_ != nullptr) return;
  walking_ = std::make_unique<Walking>(tx, generation_, oid_);
  if (move_ == Move::kNext) move_ = Move::kSeek;
}

void SetCursor::Rest() {
  if (move_ == Move::kNext) move_ = Move::kSeek;
  walking_.reset();
}

void SetCursor::Rewind() {
  Rest();
  at_.clear();
  at_end_ = false;
  move_ = Move::kSeek;
}

Result<bool> SetCursor::SettleInline() {
  const auto it = std::ranges::lower_bound(inline_, at_, {}, &InlineMember::subkey);
  at_end_ = it == inline_.end();
  if (!at_end_) {
    at_ = it->subkey;
    score_ = it->score;
  }
  move_ = Move::kNone;
  return !at_end_;
}

Result<bool> SetCursor::Settle(Transaction& tx) {
  if (move_ == Move::kNone) return !at_end_;
  if (is_inline_) return SettleInline();
  Open(tx);
  OrderedElements::Walk& walk = walking_->walk;
  if (move_ == Move::kNext) {
    walk.Next();
  } else {
    walk.SeekTo(at_);
  }
  if (!walk.Valid()) {
    move_ = Move::kSeek;
    if (walk.stopped()) at_ = walk.position();
    CW_TRY(walk.status());
    move_ = Move::kNone;
    at_end_ = true;
    return false;
  }
  at_.assign(walk.subkey());
  CW_ASSIGN(const Item item, TraitsOf(type_).element(at_, walk.value()));
  CW_ASSIGN(score_, ScoreOf(item));
  move_ = Move::kNone;
  return true;
}

void SetCursor::Next() {
  move_ = walking_ != nullptr ? Move::kNext : Move::kSeek;
  at_.push_back('\0');
}

void SetCursor::SeekTo(std::string_view subkey) {
  if (at_ >= subkey) return;
  at_.assign(subkey);
  move_ = Move::kSeek;
}

Result<bool> SetCursor::MoveTo(Transaction& tx, std::string_view subkey) {
  for (int steps = 0; steps < kStepsBeforeSeek && walking_ != nullptr; ++steps) {
    CW_ASSIGN(const bool is_there, Settle(tx));
    if (!is_there || at_ >= subkey) break;
    Next();
  }
  if (!at_end_) SeekTo(subkey);
  CW_ASSIGN(const bool is_there, Settle(tx));
  return is_there && at_ == subkey;
}

Result<bool> SetCursor::Has(Transaction& tx, std::string_view subkey) {
  if (is_inline_) {
    const auto it = std::ranges::lower_bound(inline_, subkey, {}, &InlineMember::subkey);
    const bool is_there = it != inline_.end() && it->subkey == subkey;
    if (is_there) score_ = it->score;
    return is_there;
  }
  const storage::ReadScope scope(tx.view());
  OrderedElements elements(tx, generation_, oid_, kItemSpace);
  CW_ASSIGN(const auto found, elements.Get({.head = subkey}));
  if (!found) return false;
  CW_ASSIGN(const Item item, TraitsOf(type_).element(subkey, *found));
  CW_ASSIGN(score_, ScoreOf(item));
  return true;
}

}  // namespace cordwood::keyspace
