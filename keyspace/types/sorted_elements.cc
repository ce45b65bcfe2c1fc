#include "keyspace/types/sorted_elements.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/types/object_ranks.h"

namespace cordwood::keyspace {

SortedElements::SortedElements(Transaction& tx, Generation generation, const ObjectPayload& object,
                               Object state)
    : tx_(tx),
      generation_(generation),
      object_(object),
      items_(tx, generation, object.oid, {}, state),
      order_(tx, generation, object.oid, kScoreSpace, state) {
  CHECK(object_.scores.has_value());
}

Result<std::optional<double>> SortedElements::Score(const Name& member) {
  CW_ASSIGN(const std::optional<std::string_view> bytes, items_.Get(member));
  if (!bytes) return std::nullopt;
  CW_ASSIGN(const double score, ScoreOfBytes(*bytes));
  return score;
}

void SortedElements::PutOrder(std::string_view member, double score) {
  PutInPlace(member, score);
  object_.scores->Include(OrderedScore(score));
  if (object_.ranks != Ranks::kNone) put_.push_back(OrderSubkey(OrderedScore(score), member));
}

void SortedElements::PutInPlace(std::string_view member, double score) {
  order_.Put({.head = OrderSubkey(OrderedScore(score), {}), .tail = member}, OrderValue(score));
}

void SortedElements::DeleteOrder(std::string_view member, double score) {
  order_.Delete({.head = OrderSubkey(OrderedScore(score), {}), .tail = member});
  if (object_.ranks != Ranks::kNone) deleted_.push_back(OrderSubkey(OrderedScore(score), member));
}

void SortedElements::Add(const Name& member, double score) {
  items_.PutNew(member, ScoreBytes(score));
  PutOrder(member.name, score);
  object_.count += 1;
  object_.NoteEntries(2);
}

void SortedElements::Move(const Name& member, double from, double to) {
  items_.PutNew(member, ScoreBytes(to));
  if (OrderedScore(from) == OrderedScore(to)) {
    PutInPlace(member.name, to);  // 0 and -0
    return;
  }
  DeleteOrder(member.name, from);
  PutOrder(member.name, to);
  object_.NoteEntries(1);
}

void SortedElements::Delete(const Name& member, double score) {
  items_.Delete(member);
  DeleteOrder(member.name, score);
  object_.count -= 1;
}

Status SortedElements::FollowRanks() {
  return NoteInRanks(tx_, generation_, object_, std::move(deleted_), std::move(put_));
}

ElementWalk SortedElements::Walk(const OrderRange& range, ElementWalk::Direction direction,
                                 std::string position) const {
  return {tx_, order_, {.begin = range.begin, .end = range.end}, direction, std::move(position)};
}

void SortedElements::NoteEmpty(const OrderRange& range) {
  ScoreSpan& scores = *object_.scores;
  const ScoreSpan before = scores;
  if (range.begin <= OrderSubkey(before.floor, {})) {
    scores.floor = std::max(scores.floor, LoadBigEndian64(range.end.data()));
  }
  if (range.end >= OrderSubkey(before.ceiling + 1, {})) {
    scores.ceiling = std::min(scores.ceiling, LoadBigEndian64(range.begin.data()));
  }
}

}  // namespace cordwood::keyspace
