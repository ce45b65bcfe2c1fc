#include "commands/sorted_sets/selection.h"

#include "base/check.h"
#include "commands/core/collection_read.h"
#include "commands/sorted_sets/range_args.h"
#include "keyspace/types/sorted_reader.h"

namespace cordwood::commands::sorted_sets {

using keyspace::ObjectPayload;
using keyspace::OrderRange;
using keyspace::ScoredMember;
using keyspace::SortedReader;

keyspace::LexRange Selection::names() const {
  const std::optional<keyspace::LexRange> range = ParseLexRange(min, max);
  CHECK(range.has_value());
  return *range;
}

std::optional<Selection> TakeSelection(Call& call, size_t first, By by, bool reversed) {
  Selection selection{.by = by};
  if (by == By::kIndex) {
    ArgReader args(call, first);
    const std::optional<int64_t> start = args.Int64();
    const std::optional<int64_t> stop = start ? args.Int64() : std::nullopt;
    if (!stop) return std::nullopt;
    selection.start = *start;
    selection.stop = *stop;
    return selection;
  }
  const std::string_view min = call.argv[first + (reversed ? 1 : 0)];
  const std::string_view max = call.argv[first + (reversed ? 0 : 1)];
  if (by == By::kScore) {
    const std::optional<keyspace::ScoreRange> scores = ParseScoreRange(min, max);
    if (scores) {
      selection.scores = *scores;
      return selection;
    }
    call.reply.Error(kNotAScoreRange);
    return std::nullopt;
  }
  if (!ParseLexRange(min, max)) {
    call.reply.Error(kNotALexRange);
    return std::nullopt;
  }
  selection.min = min;
  selection.max = max;
  return selection;
}

Result<bool> StretchFinder::EndScore::Find(keyspace::Transaction& tx,
                                           keyspace::Generation generation,
                                           const keyspace::Record& record) {
  if (score_) return true;
  SortedReader reader(tx, generation, record, OrderRange(), from_, read_.position());
  CW_ASSIGN(const bool at_end, read_.StepWith(
                                   reader, [] { return false; },
                                   [&](const ScoredMember& member) {
                                     score_ = member.score;
                                     return false;
                                   }));
  if (at_end && !score_) return std::unexpected(CollectionRead::CountIsWrong());
  return at_end;
}

Result<bool> StretchFinder::Find(keyspace::Transaction& tx, keyspace::Generation generation,
                                 const keyspace::Record& record) {
  if (stretch_) return true;
  if (selection_.by == By::kScore) {
    stretch_ = OrderOf(selection_.scores);
    return true;
  }
  CW_ASSIGN(const bool has_least, least_.Find(tx, generation, record));
  if (!has_least) return false;
  CW_ASSIGN(const bool has_greatest, greatest_.Find(tx, generation, record));
  if (!has_greatest) return false;
  if (least_.score() != greatest_.score()) return Walk(tx, generation, record);
  stretch_ = OrderOf(selection_.names(), keyspace::OrderedScore(least_.score()));
  return true;
}

Result<bool> StretchFinder::Walk(keyspace::Transaction& tx, keyspace::Generation generation,
                                 const keyspace::Record& record) {
  constexpr int kWalkedAtOnce = 2048;
  const keyspace::LexRange names = selection_.names();
  std::optional<std::string> end;
  int walked = 0;
  SortedReader reader(tx, generation, record, OrderRange(), SortedReader::Direction::kForwards,
                      walk_.position());
  CW_ASSIGN(const bool done, walk_.StepWith(
                                 reader, [&] { return ++walked > kWalkedAtOnce; },
                                 [&](const ScoredMember& member) {
                                   if (!begin_ && names.IsBehind(member.member)) return true;
                                   if (!begin_) begin_ = keyspace::OrderSubkey(member);
                                   if (!names.IsBefore(member.member)) return true;
                                   end = keyspace::OrderSubkey(member);
                                   return false;
                                 }));
  if (!done) return false;
  const std::string nothing = keyspace::OrderSubkey(0, {});
  stretch_ = begin_ ? OrderRange{.begin = *begin_, .end = end.value_or(std::string())}
                    : OrderRange{.begin = nothing, .end = nothing};
  return true;
}

Result<bool> ApproachIndex(keyspace::Transaction& tx, const keyspace::KeyName& name,
                           const keyspace::Record& record, IndexPlace& place) {
  std::optional<ObjectPayload> object;
  if (record.owns_object()) {
    CW_ASSIGN(object, ObjectPayload::Decode(record.payload));
  }
  const auto open = [&](IndexPlace::From from, const std::string& position) {
    using Direction = SortedReader::Direction;
    const bool forwards = from == IndexPlace::From::kFirst;
    return SortedReader(tx, name.generation, record, OrderRange(),
                        forwards ? Direction::kForwards : Direction::kBackwards, position);
  };
  return place.Approach(tx, name, object ? &*object : nullptr, open);
}

Status RunSlices(keyspace::Transaction& tx, const std::function<Result<bool>()>& slice) {
  constexpr int kSlicesAtOnce = 8;
  for (int slices = 1;; ++slices) {
    CW_ASSIGN(const bool done, slice());
    if (done) return {};
    if (!tx.waits() && slices == kSlicesAtOnce) {
      return Fail(ErrorCode::kLong, "the range is too far away for one turn");
    }
    CW_TRY(tx.Breathe());
  }
}

}  // namespace cordwood::commands::sorted_sets
