// ZUNION, ZINTER, ZDIFF and ZINTERCARD: reads of many sets and sorted sets, in slices at one state.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "commands/all_commands.h"
#include "commands/core/row.h"
#include "commands/core/set_operations.h"
#include "commands/core/sliced.h"
#include "commands/core/sorted_passes.h"
#include "commands/sorted_sets/operation_args.h"
#include "keyspace/types/hashed_elements.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::HashedElements;
using keyspace::SetOperation;
using keyspace::Transaction;
using protocol::ReplyWriter;
using Kind = SetOperation::Kind;

struct Scored {
  std::string member;
  double score = 0;
};

struct InOrder {
  bool operator()(const Scored& a, const Scored& b) const {
    return a.score != b.score ? a.score < b.score : a.member < b.member;
  }
};

/// All members in the order of their scores. They come in the order of their hashes.
class ScoredRead final : public SetOperationRead {
 public:
  explicit ScoredRead(OperationArgs args)
      : SetOperationRead(std::move(args.query)), with_scores_(args.with_scores) {
    passes_.Begin();
  }

 private:
  /// Members that are replied in a slice.
  static constexpr size_t kRepliedPerSlice = 1024;

  void ReplyEmpty(ReplyWriter& reply) override { reply.ArrayHeader(0); }

  Result<bool> Continue(Transaction& tx, SetOperation& operation, ReplyWriter& reply) override {
    if (!collected_) {
      CW_ASSIGN(collected_, Collect(tx, operation));
      if (!collected_) return false;
      if (is_first_pass_) ReplyHeader(reply);
      is_first_pass_ = false;
    }
    if (!passes_.Sort(kSortedPerSlice)) return false;
    const auto& sorted = passes_.kept();
    const size_t end = std::min(sorted.size(), replied_ + kRepliedPerSlice);
    for (; replied_ < end; ++replied_) ReplyMember(sorted[replied_].item, reply);
    if (replied_ < sorted.size()) return false;
    if (passes_.done()) return true;
    collected_ = false;
    replied_ = 0;
    passes_.Begin();
    operation.Rewind();
    return false;
  }

  Result<bool> Collect(Transaction& tx, SetOperation& operation) {
    return operation.Advance(tx, [&](std::string_view subkey, double score) {
      const std::string_view member = HashedElements::NameIn(subkey);
      if (is_first_pass_) ++count_;
      passes_.Add({.member = std::string(member), .score = score}, member.size() + sizeof(Scored));
      return true;
    });
  }

  // In RESP3 every member with its score is a pair of its own.
  void ReplyHeader(ReplyWriter& reply) const {
    reply.ArrayHeader(with_scores_ && !reply.resp3() ? 2 * count_ : count_);
  }
  void ReplyMember(const Scored& scored, ReplyWriter& reply) const {
    if (with_scores_ && reply.resp3()) reply.ArrayHeader(2);
    reply.Bulk(scored.member);
    if (with_scores_) reply.Double(scored.score);
  }

  const bool with_scores_;
  SortedPasses<Scored, InOrder> passes_{InOrder()};
  bool is_first_pass_ = true;
  uint64_t count_ = 0;
  bool collected_ = false;  // the pass has met all
  size_t replied_ = 0;      // of the pass
};

Status ReplyOperation(Call& call, std::string_view command, Kind kind) {
  const OperationArgs args = ParseOperation(call.argv, {.command = command, .kind = kind});
  if (!args.error.empty()) return ReplyError(call, args);
  return RunSliced(call, WhenCold::kGoOn, [&] { return std::make_unique<ScoredRead>(args); });
}

Status ZUnion(Call& call) { return ReplyOperation(call, "zunion", Kind::kUnion); }

Status ZInter(Call& call) { return ReplyOperation(call, "zinter", Kind::kIntersection); }

Status ZDiff(Call& call) { return ReplyOperation(call, "zdiff", Kind::kDifference); }

Status ZInterCard(Call& call) {
  const OperationArgs args = ParseOperation(call.argv, {.command = "zintercard",
                                                        .kind = Kind::kIntersection,
                                                        .form = OperationSyntax::Form::kCount});
  if (!args.error.empty()) return ReplyError(call, args);
  return RunSliced(call, WhenCold::kGoOn,
                   [&] { return std::make_unique<SetCountRead>(args.query, args.limit); });
}

constexpr std::string_view kArgumentsOfReply =
    "numkeys:integer key#0... [WEIGHTS weight:integer...] "
    "[AGGREGATE aggregate=(SUM | MIN | MAX)] [WITHSCORES]";

constexpr Command kRowsOfOperation[] = {
    {.name = "zdiff",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {CountedKeys(1, kRO | kAccess)},
     .handler = ZDiff,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "6.2.0",
              .complexity = "O(N log N) where N is the number of members of all sets",
              .arguments = "numkeys:integer key#0... [WITHSCORES]",
              .summary = "Returns the members of the first sorted set that no other has."}},
    {.name = "zinter",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {CountedKeys(1, kRO | kAccess)},
     .handler = ZInter,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "6.2.0",
              .complexity = "O(N*K)+O(M log M) where N is the number of members of the smallest "
                            "set, K the number of sets and M that of results",
              .arguments = kArgumentsOfReply,
              .summary = "Returns the members that all sorted sets have."}},
    {.name = "zintercard",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {CountedKeys(1, kRO | kAccess)},
     .handler = ZInterCard,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "7.0.0",
              .complexity = "O(N*K) where N is the number of members of the smallest set and K the "
                            "number of sets",
              .arguments = "numkeys:integer key#0... [LIMIT limit:integer]",
              .summary = "Returns how many members all sorted sets have."}},
    {.name = "zunion",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {CountedKeys(1, kRO | kAccess)},
     .handler = ZUnion,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "6.2.0",
              .complexity = "O(N)+O(M log M) where N is the number of members of all sets and M "
                            "that of results",
              .arguments = kArgumentsOfReply,
              .summary = "Returns the members that any sorted set has."}},
};

}  // namespace

Rows OperationRows() { return kRowsOfOperation; }

}  // namespace cordwood::commands::sorted_sets
