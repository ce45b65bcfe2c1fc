#include "keyspace/types/sorted_set_builder.h"

#include <algorithm>

#include "base/check.h"
#include "base/coding.h"
#include "base/hash.h"
#include "keyspace/types/inline_items.h"

namespace cordwood::keyspace {

Status SortedSetBuilder::Add(const ScoredMember& member) {
  ++count_;
  longest_ = std::max(longest_, member.member.size());
  scores_.Include(OrderedScore(member.score));
  if (object_) return PutElements(member);
  held_.emplace_back(member.member, member.score);
  bytes_ += InlineItemBytes(member.member.size(), sizeof(double));
  return tx_.keyspace().options().FitsInline(held_.size(), bytes_) ? Status() : Unload();
}

Status SortedSetBuilder::PutElements(const ScoredMember& member) {
  std::string hash;
  AppendBigEndian64(hash, Hash64(member.member));
  // The first one may wait, and the member's name is then gone.
  const std::string place = OrderSubkey(member);
  CW_TRY(object_->Put({.head = hash, .tail = member.member}, ScoreBytes(member.score)));
  return object_->PutIn(kScoreSpace, {.head = place}, OrderValue(member.score));
}

Status SortedSetBuilder::Unload() {
  object_.emplace(tx_, generation_);
  for (const auto& [member, score] : held_) {
    CW_TRY(PutElements({.member = member, .score = score}));
  }
  held_.clear();
  return {};
}

Result<Record> SortedSetBuilder::Finish() {
  CHECK(count_ > 0);
  const KeyspaceOptions& options = tx_.keyspace().options();
  const bool beyond = count_ > options.sorted_set_listpack_entries ||
                      longest_ > options.sorted_set_listpack_value_bytes;
  const uint8_t shape = beyond ? kBeyondListpack : 0;
  if (object_) {
    CW_ASSIGN(const ObjectPayload object, FinishObject(shape));
    return Record{.type = Type::kSortedSet, .form = Form::kElements, .payload = object.Encode()};
  }
  std::ranges::sort(held_, [](const auto& a, const auto& b) {
    return IsBefore({.member = a.first, .score = a.second}, {.member = b.first, .score = b.second});
  });
  std::string payload = InlinePayload::Begin(shape, bytes_);
  for (const auto& [member, score] : held_) {
    AppendInlineItem(payload, member, {}, ScoreBytes(score));
  }
  return Record{.type = Type::kSortedSet, .form = Form::kInline, .payload = std::move(payload)};
}

Result<ObjectPayload> SortedSetBuilder::FinishObject(uint8_t shape) {
  if (!object_) CW_TRY(Unload());
  ObjectPayload object{.count = count_, .shape = shape, .scores = scores_};
  object.NoteEntries(object_->entries());
  CW_ASSIGN(object.oid, object_->Finish());
  return object;
}

}  // namespace cordwood::keyspace
