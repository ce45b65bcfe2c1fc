#include "commands/sorted_sets/selection.h"

#include "base/check.h"
#include "commands/core/collection_read.h"
#include "commands/sorted_sets/range_args.h"
#include "keyspace/types/sorted_reader.h"

namespace cordwood::commands::sorted_sets {

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

Result<bool> StretchFinder::Find(keyspace::Transaction& tx, keyspace::Generation generation,
                                 const keyspace::Record& record) {
  if (stretch_) return true;
  if (selection_.by == By::kScore) {
    stretch_ = OrderOf(selection_.scores);
    return true;
  }
  SortedReader reader(tx, generation, record, OrderRange(), SortedReader::Direction::kForwards,
                      first_.position());
  std::optional<double> least;
  CW_ASSIGN(const bool at_end, first_.StepWith(
                                   reader, [] { return false; },
                                   [&](const ScoredMember& member) {
                                     least = member.score;
                                     return false;
                                   }));
  if (!at_end) return false;
  if (!least) return std::unexpected(CollectionRead::CountIsWrong());
  stretch_ = OrderOf(selection_.names(), keyspace::OrderedScore(*least));
  return true;
}

}  // namespace cordwood::commands::sorted_sets
