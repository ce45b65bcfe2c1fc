#include "keyspace/types/list_walk.h"

#include <utility>

#include "base/check.h"
#include "base/coding.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kPositionBytes = sizeof(uint64_t);

const ListSpan& SpanOf(const ObjectPayload& object) {
  CHECK(object.list.has_value());
  return *object.list;
}

}  // namespace

std::string ListSubkey(uint64_t position, std::string_view suffix) {
  std::string subkey;
  AppendBigEndian64(subkey, position);
  return subkey.append(suffix);
}

uint64_t PositionOf(std::string_view subkey) { return LoadBigEndian64(subkey.data()); }

std::string_view SuffixOf(std::string_view subkey) { return subkey.substr(kPositionBytes); }

ListWalk::ListWalk(Transaction& tx, Generation generation, const ObjectPayload& object,
                   ListEnd from, std::string position)
    : tx_(tx),
      from_(from),
      elements_(tx, generation, object.oid, kItemSpace),
      walk_(elements_, ListSubkey(SpanOf(object).head), ListSubkey(SpanOf(object).tail)),
      position_(std::move(position)) {
  if (position_.empty()) {
    position_ = ListSubkey(forwards() ? SpanOf(object).head : SpanOf(object).tail);
  }
}

std::optional<std::string> ListWalk::PositionBehind(const ObjectPayload& object, ListEnd from,
                                                    uint64_t elements) {
  const ListSpan& span = SpanOf(object);
  if (elements > 0 && (object.shape & kEdited) != 0) return std::nullopt;
  return ListSubkey(from == ListEnd::kHead ? span.head + elements : span.tail - elements);
}

void ListWalk::Move() {
  if (!opened_) walk_.SetBudget(budget_);
  opened_ = true;
  if (!met_) {
    forwards() ? walk_.SeekTo(position_) : walk_.SeekBefore(position_);
  } else {
    forwards() ? walk_.Next() : walk_.Prev();
  }
  met_ = walk_.Valid();
}

Result<std::optional<ListWalk::Element>> ListWalk::Next() {
  for (;;) {
    Move();
    if (met_) {
      if (walk_.subkey().size() < kPositionBytes) {
        return Fail(ErrorCode::kCorruption, "an element's key is too short for its position");
      }
      return Element{.subkey = walk_.subkey(), .value = walk_.value()};
    }
    if (!walk_.stopped()) {
      CW_TRY(walk_.status());
      return std::nullopt;
    }
    position_ = forwards() ? walk_.position() : walk_.back_position();
    const Status stopped = walk_.status();
    if (!tx_.waits() || stopped.error().code() != ErrorCode::kPaused) {
      return std::unexpected(stopped.error());
    }
    CW_TRY(tx_.Breathe());
    walk_.SetBudget(budget_);
  }
}

std::string ListWalk::position() const {
  if (!met_) return position_;
  return forwards() ? std::string(walk_.subkey()).append(1, '\0') : std::string(walk_.subkey());
}

}  // namespace cordwood::keyspace
