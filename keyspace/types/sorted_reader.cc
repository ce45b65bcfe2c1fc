#include "keyspace/types/sorted_reader.h"

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::keyspace {

Result<std::vector<ScoredMember>> InlineMembers(std::string_view items) {
  std::vector<ScoredMember> members;
  for (ByteReader in(items); !in.empty();) {
    CW_ASSIGN(const Item item, TakeInlineScored(in));
    CW_ASSIGN(const double score, ScoreOfBytes(item.value));
    members.push_back({.member = item.name, .score = score});
  }
  return members;
}

OrderRange WithinScores(OrderRange range, const ScoreSpan& scores) {
  std::string begin = OrderSubkey(scores.floor, {});
  std::string end = OrderSubkey(scores.ceiling + 1, {});
  if (begin > range.begin) range.begin = std::move(begin);
  if (range.end.empty() || end < range.end) range.end = std::move(end);
  return range;
}

SortedReader::SortedReader(Transaction& tx, Generation generation, const Record& record,
                           OrderRange range, Direction direction, std::string position)
    : tx_(tx),
      generation_(generation),
      record_(record),
      range_(std::move(range)),
      direction_(direction),
      position_(std::move(position)) {}

Status SortedReader::Open() {
  opened_ = true;
  if (!record_.owns_object()) return OpenInline();
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record_.payload));
  if (!object.scores) {
    return Fail(ErrorCode::kCorruption, "the object of a sorted set is one of another type");
  }
  const OrderRange range = WithinScores(range_, *object.scores);
  is_empty_ = range.IsEmpty();
  if (is_empty_) return {};
  walk_.emplace(tx_, OrderedElements(tx_, generation_, object.oid, kScoreSpace),
                ElementWalk::Stretch{.begin = range.begin, .end = range.end}, direction_,
                position_);
  walk_->SetBudget(budget_);
  return {};
}

Status SortedReader::OpenInline() {
  CW_ASSIGN(const InlinePayload payload, InlinePayload::Decode(record_.payload));
  CW_ASSIGN(members_, InlineMembers(payload.items));
  const auto index_of = [&](std::string_view place) {
    return static_cast<size_t>(
        std::ranges::partition_point(
            members_, [&](const ScoredMember& member) { return IsBeforePlace(member, place); }) -
        members_.begin());
  };
  first_ = index_of(range_.begin);
  end_ = range_.end.empty() ? members_.size() : index_of(range_.end);
  if (position_.empty()) return {};
  const size_t at = index_of(position_);
  (forwards() ? first_ : end_) = at;
  return {};
}

std::optional<ScoredMember> SortedReader::NextInline() {
  if (first_ >= end_) return std::nullopt;
  met_ = members_[forwards() ? first_++ : --end_];
  return met_;
}

Result<std::optional<ScoredMember>> SortedReader::Next() {
  if (!opened_) CW_TRY(Open());
  if (is_empty_) return std::nullopt;
  if (!walk_) return NextInline();
  CW_ASSIGN(const std::optional<ElementWalk::Element> element, walk_->Next());
  if (!element) return std::nullopt;
  CW_ASSIGN(const ScoredMember member, OrderElementOf(element->subkey, element->value));
  return member;
}

std::string SortedReader::position() const {
  if (walk_) return walk_->position();
  if (!met_) return position_;
  std::string subkey = OrderSubkey(*met_);
  if (forwards()) subkey.push_back('\0');
  return subkey;
}

}  // namespace cordwood::keyspace
