// SINTER, SUNION, SDIFF and SINTERCARD: reads of many sets, in slices at one state.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/collection_read.h"
#include "commands/core/error_texts.h"
#include "commands/core/row.h"
#include "commands/core/set_operations.h"
#include "commands/core/sliced.h"
#include "keyspace/types/hashed_elements.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::HashedElements;
using keyspace::SetOperation;
using keyspace::Transaction;
using protocol::ReplyWriter;
using Kind = SetOperation::Kind;

/// All members. How many they are stands in front of them: they are counted first, unless a slice
/// holds them all, or it can be told.
class MembersRead final : public SetOperationRead {
 public:
  using SetOperationRead::SetOperationRead;

 private:
  void ReplyEmpty(ReplyWriter& reply) override { reply.SetHeader(0); }

  Result<bool> Continue(Transaction& tx, SetOperation& operation, ReplyWriter& reply) override {
    if (counting_) return Count(tx, operation, reply);
    CW_ASSIGN(const bool done, ReplyMembers(tx, operation, reply));
    if (done && count_ != 0) return std::unexpected(CollectionRead::CountIsWrong());
    return done;
  }

  Result<bool> Count(Transaction& tx, SetOperation& operation, ReplyWriter& reply) {
    if (const std::optional<uint64_t> count = operation.known_count()) {
      count_ = *count;
    } else {
      const size_t start = reply.size();
      const bool is_first = count_ == 0;
      CW_ASSIGN(const bool done, operation.Advance(tx, [&](std::string_view subkey, double) {
        ++count_;
        if (is_first) reply.Bulk(HashedElements::NameIn(subkey));
        return true;
      }));
      if (done && is_first) {
        reply.InsertSetHeader(start, count_);
        return true;
      }
      reply.Truncate(start);
      if (!done) return false;
      operation.Rewind();
    }
    counting_ = false;
    reply.SetHeader(count_);
    return false;
  }

  Result<bool> ReplyMembers(Transaction& tx, SetOperation& operation, ReplyWriter& reply) {
    return operation.Advance(tx, [&](std::string_view subkey, double) -> Result<bool> {
      if (count_ == 0) return std::unexpected(CollectionRead::CountIsWrong());
      --count_;
      reply.Bulk(HashedElements::NameIn(subkey));
      return true;
    });
  }

  bool counting_ = true;
  uint64_t count_ = 0;
};

Status ReplyMembers(Call& call, Kind kind) {
  return RunSliced(call, WhenCold::kGoOn, [&] {
    return std::make_unique<MembersRead>(QueryOf(kind, call.argv.subspan(1)));
  });
}

Status SInter(Call& call) { return ReplyMembers(call, Kind::kIntersection); }

Status SUnion(Call& call) { return ReplyMembers(call, Kind::kUnion); }

Status SDiff(Call& call) { return ReplyMembers(call, Kind::kDifference); }

Status SInterCard(Call& call) {
  constexpr std::string_view kNegative = "ERR LIMIT can't be negative";
  ArgReader args(call, 1);
  const std::optional<uint64_t> count = args.CountFrom(1, kNoNumKeys);
  if (!count) return {};
  if (*count > args.left()) {
    return call.Error("ERR Number of keys can't be greater than number of args");
  }
  const auto keys = call.argv.subspan(args.position(), *count);
  uint64_t limit = 0;
  for (ArgReader options(call, args.position() + keys.size()); !options.done();) {
    if (!options.MatchBefore("LIMIT", 1)) return call.Error(kSyntaxError);
    const std::optional<uint64_t> given = options.CountFrom(0, kNegative);
    if (!given) return {};
    limit = *given;
  }
  return RunSliced(call, WhenCold::kGoOn, [&] {
    return std::make_unique<SetCountRead>(QueryOf(Kind::kIntersection, keys), limit);
  });
}

constexpr Command kRowsOfOperation[] = {
    {.name = "sdiff",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Keys(1, -1, 1, kRO | kAccess)},
     .handler = SDiff,
     .categories = kSetCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members of all sets",
              .arguments = "key#0...",
              .summary = "Returns the members of the first set that no other has."}},
    {.name = "sinter",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Keys(1, -1, 1, kRO | kAccess)},
     .handler = SInter,
     .categories = kSetCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N*M) where N is the number of members of the smallest set and M the "
                            "number of sets",
              .arguments = "key#0...",
              .summary = "Returns the members that all sets have."}},
    {.name = "sintercard",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {CountedKeys(1, kRO | kAccess)},
     .handler = SInterCard,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "7.0.0",
              .complexity = "O(N*M) where N is the number of members of the smallest set and M the "
                            "number of sets",
              .arguments = "numkeys:integer key#0... [LIMIT limit:integer]",
              .summary = "Returns how many members all sets have."}},
    {.name = "sunion",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Keys(1, -1, 1, kRO | kAccess)},
     .handler = SUnion,
     .categories = kSetCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members of all sets",
              .arguments = "key#0...",
              .summary = "Returns the members that any set has."}},
};

}  // namespace

Rows OperationRows() { return kRowsOfOperation; }

}  // namespace cordwood::commands::sets
