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
#include "commands/core/sliced.h"
#include "commands/sets/sources.h"
#include "keyspace/types/hashed_elements.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::HashedElements;
using keyspace::SetOperation;
using keyspace::Transaction;
using protocol::ReplyWriter;
using Kind = SetOperation::Kind;

class OperationRead : public LongRead {
 public:
  OperationRead(std::span<const std::string_view> keys, Kind kind)
      : keys_(keys.begin(), keys.end()), kind_(kind) {}

  Result<bool> Step(Transaction& tx, ReplyWriter& reply) final {
    if (!sources_) {
      const std::vector<std::string_view> keys(keys_.begin(), keys_.end());
      CW_ASSIGN(sources_, OpenSources(tx, generation(), keys, kind_));
    }
    bool done = true;
    if (sources_->wrong_type) {
      reply.Error(kWrongType);
    } else if (!sources_->operation) {
      ReplyEmpty(reply);
    } else {
      CW_ASSIGN(done, Continue(tx, *sources_->operation, reply));
    }
    if (done) CountLookups(tx, *sources_);
    return done;
  }

 protected:
  virtual void ReplyEmpty(ReplyWriter& reply) = 0;
  /// As LongRead::Step. An error only if it has replied nothing.
  virtual Result<bool> Continue(Transaction& tx, SetOperation& operation, ReplyWriter& reply) = 0;

 private:
  const std::vector<std::string> keys_;
  const Kind kind_;
  std::optional<Sources> sources_;  // as of the first slice
};

/// All members. How many they are stands in front of them: they are counted first, unless a slice
/// holds them all, or it can be told.
class MembersRead final : public OperationRead {
 public:
  using OperationRead::OperationRead;

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
      CW_ASSIGN(const bool done, operation.Advance(tx, [&](std::string_view subkey) {
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
    return operation.Advance(tx, [&](std::string_view subkey) -> Result<bool> {
      if (count_ == 0) return std::unexpected(CollectionRead::CountIsWrong());
      --count_;
      reply.Bulk(HashedElements::NameIn(subkey));
      return true;
    });
  }

  bool counting_ = true;
  uint64_t count_ = 0;
};

/// How many members there are, up to a limit.
class CountRead final : public OperationRead {
 public:
  CountRead(std::span<const std::string_view> keys, Kind kind, uint64_t limit)
      : OperationRead(keys, kind), limit_(limit) {}

 private:
  void ReplyEmpty(ReplyWriter& reply) override { reply.Integer(0); }

  Result<bool> Continue(Transaction& tx, SetOperation& operation, ReplyWriter& reply) override {
    if (const std::optional<uint64_t> count = operation.known_count()) {
      reply.Integer(static_cast<int64_t>(std::min(*count, limit_)));
      return true;
    }
    CW_ASSIGN(const bool done,
              operation.Advance(tx, [&](std::string_view) { return ++count_ < limit_; }));
    if (done) reply.Integer(static_cast<int64_t>(count_));
    return done;
  }

  const uint64_t limit_;
  uint64_t count_ = 0;
};

Status ReplyMembers(Call& call, Kind kind) {
  return RunSliced(call, WhenCold::kGoOn,
                   [&] { return std::make_unique<MembersRead>(call.argv.subspan(1), kind); });
}

Status SInter(Call& call) { return ReplyMembers(call, Kind::kIntersection); }

Status SUnion(Call& call) { return ReplyMembers(call, Kind::kUnion); }

Status SDiff(Call& call) { return ReplyMembers(call, Kind::kDifference); }

Status SInterCard(Call& call) {
  constexpr std::string_view kNoKeys = "ERR numkeys should be greater than 0";
  constexpr std::string_view kNegative = "ERR LIMIT can't be negative";
  ArgReader args(call, 1);
  const std::optional<int64_t> count = args.Int64(kNoKeys);
  if (!count) return {};
  if (*count < 1) return call.Error(kNoKeys);
  if (static_cast<uint64_t>(*count) > args.left()) {
    return call.Error("ERR Number of keys can't be greater than number of args");
  }
  const auto keys = call.argv.subspan(args.position(), static_cast<size_t>(*count));
  int64_t limit = 0;
  for (ArgReader options(call, args.position() + keys.size()); !options.done();) {
    if (!options.MatchBefore("LIMIT", 1)) return call.Error(kSyntaxError);
    const std::optional<int64_t> given = options.Int64(kNegative);
    if (!given) return {};
    if (*given < 0) return call.Error(kNegative);
    limit = *given;
  }
  const uint64_t most = limit == 0 ? UINT64_MAX : static_cast<uint64_t>(limit);
  return RunSliced(call, WhenCold::kGoOn,
                   [&] { return std::make_unique<CountRead>(keys, Kind::kIntersection, most); });
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
