// ZCOUNT, ZLEXCOUNT, ZRANK and ZREVRANK.

#include <memory>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "commands/all_commands.h"
#include "commands/core/collection_read.h"
#include "commands/core/error_texts.h"
#include "commands/core/index_place.h"
#include "commands/core/row.h"
#include "commands/core/sliced.h"
#include "commands/sorted_sets/selection.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::Lookup;
using keyspace::OrderRange;
using keyspace::Record;
using keyspace::ScoredMember;
using keyspace::SortedReader;
using keyspace::SortedSet;
using keyspace::Transaction;
using keyspace::Type;
using protocol::ReplyWriter;

/// Counts the members of a stretch: by ranks, or by a walk, in slices.
class StretchCount {
 public:
  /// A slice. True: count() is complete.
  Result<bool> Step(Transaction& tx, const keyspace::KeyName& name, const Record& record,
                    const OrderRange& range, SortedReader::Direction direction) {
    CW_ASSIGN(const std::optional<bool> ranked, StepByRanks(tx, name, record, range));
    if (ranked) return *ranked;
    constexpr uint64_t kCountedAtOnce = 2048;
    uint64_t slice = kCountedAtOnce;
    SortedReader reader(tx, name.generation, record, range, direction, walked_.position());
    return walked_.StepWith(
        reader, [&] { return slice-- == 0; },
        [&](const ScoredMember&) {
          ++count_;
          return true;
        });
  }
  uint64_t count() const { return count_; }

 private:
  /// Nothing: there are no ranks.
  Result<std::optional<bool>> StepByRanks(Transaction& tx, const keyspace::KeyName& name,
                                          const Record& record, const OrderRange& range) {
    if (!record.owns_object() || pauses_ == kRankPausesMax) return std::nullopt;
    CW_ASSIGN(const auto object, keyspace::ObjectPayload::Decode(record.payload));
    keyspace::AskForRanks(tx, name, object, count_);
    auto counted = keyspace::CountByRanks(tx, name.generation, object, range);
    if (!counted && counted.error().code() == ErrorCode::kPaused) {
      ++pauses_;
      return false;
    }
    CW_ASSIGN(const std::optional<uint64_t> count, std::move(counted));
    if (!count) return std::nullopt;
    count_ = *count;
    return true;
  }

  SlicedRead walked_;
  uint64_t count_ = 0;
  uint32_t pauses_ = 0;
};

class CountRead final : public CollectionRead {
 public:
  CountRead(std::string_view key, const Selection& selection)
      : CollectionRead(key, Type::kSortedSet), selection_(selection), finder_(selection_) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { reply.Integer(0); }
  void Begin(ReplyWriter& /*reply*/, uint64_t /*length*/) override {}

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    CW_ASSIGN(const bool found, finder_.Find(tx, generation(), record));
    if (!found) return false;
    CW_ASSIGN(const bool done, counted_.Step(tx, name(), record, finder_.stretch(),
                                             SortedReader::Direction::kForwards));
    if (done) reply.Integer(static_cast<int64_t>(counted_.count()));
    return done;
  }

  const Selection selection_;
  StretchFinder finder_;
  StretchCount counted_;
};

/// How many members stand before one, from an end on.
class RankRead final : public CollectionRead {
 public:
  RankRead(const Call& call, SortedReader::Direction from, bool with_score)
      : CollectionRead(call.argv[1], Type::kSortedSet),
        member_(call.argv[2]),
        from_(from),
        with_score_(with_score) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { with_score_ ? reply.NullArray() : reply.Null(); }
  void Begin(ReplyWriter& /*reply*/, uint64_t /*length*/) override {}

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (!score_) {
      SortedSet set(tx, name(), Lookup{.stored = record});
      CW_ASSIGN(score_, set.Score(member_));
      if (!score_) {
        ReplyMissing(reply);
        return true;
      }
    }
    const std::string place =
        keyspace::OrderSubkey(ScoredMember{.member = member_, .score = *score_});
    OrderRange before = {.end = place};
    if (from_ == SortedReader::Direction::kBackwards) before = {.begin = place + '\0'};
    CW_ASSIGN(const bool done, counted_.Step(tx, name(), record, before, from_));
    if (!done) return false;
    if (with_score_) reply.ArrayHeader(2);
    reply.Integer(static_cast<int64_t>(counted_.count()));
    if (with_score_) reply.Double(*score_);
    return true;
  }

  const std::string member_;
  const SortedReader::Direction from_;
  const bool with_score_;
  std::optional<double> score_;
  StretchCount counted_;
};

Status CountSelected(Call& call, By by) {
  const std::optional<Selection> selection = TakeSelection(call, 2, by, false);
  if (!selection) return {};
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<CountRead>(call.argv[1], *selection); });
}

Status ZCount(Call& call) { return CountSelected(call, By::kScore); }

Status ZLexCount(Call& call) { return CountSelected(call, By::kLex); }

Status ReplyRank(Call& call, SortedReader::Direction from, std::string_view command) {
  if (call.argv.size() > 4) return call.Error(WrongArity(command));
  const bool with_score = call.argv.size() == 4;
  if (with_score && !EqualsIgnoreCase(call.argv[3], "WITHSCORE")) return call.Error(kSyntaxError);
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<RankRead>(call, from, with_score); });
}

Status ZRank(Call& call) { return ReplyRank(call, SortedReader::Direction::kForwards, "zrank"); }

Status ZRevRank(Call& call) {
  return ReplyRank(call, SortedReader::Direction::kBackwards, "zrevrank");
}

constexpr std::string_view kCountComplexity =
    "O(log(N)) once a long count has had the members counted; else O(N) where N is the number of "
    "those "
    "between the bounds";
constexpr std::string_view kRankComplexity =
    "O(log(N)) once a long walk has had the members counted; else O(N) where N is the number of "
    "those "
    "before it";

constexpr Command kRowsOfCount[] = {
    {.name = "zcount",
     .arity = 4,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZCount,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.0.0",
              .complexity = kCountComplexity,
              .arguments = "key#0 min:double max:double",
              .summary = "Returns the number of members between two scores."}},
    {.name = "zlexcount",
     .arity = 4,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZLexCount,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.8.9",
              .complexity = kCountComplexity,
              .arguments = "key#0 min max",
              .summary = "Returns the number of members between two names."}},
    {.name = "zrank",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZRank,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.0.0",
              .complexity = kRankComplexity,
              .arguments = "key#0 member [WITHSCORE]",
              .summary = "Returns the index of a member."}},
    {.name = "zrevrank",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZRevRank,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.0.0",
              .complexity = kRankComplexity,
              .arguments = "key#0 member [WITHSCORE]",
              .summary = "Returns the index of a member, from the greatest score on."}},
};

}  // namespace

Rows CountRows() { return kRowsOfCount; }

}  // namespace cordwood::commands::sorted_sets
