// LINDEX, LLEN and LRANGE.

#include <memory>
#include <optional>

#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/collection_read.h"
#include "commands/core/index_place.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/sliced.h"
#include "keyspace/types/list_index.h"
#include "keyspace/types/lists.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::List;
using keyspace::ListEnd;
using keyspace::ListWalk;
using keyspace::Lookup;
using keyspace::ObjectPayload;
using keyspace::Record;
using keyspace::Transaction;
using keyspace::Type;
using protocol::ReplyWriter;

/// Of elements from an index on.
class ElementsRead : public CollectionRead {
 protected:
  explicit ElementsRead(std::string_view key) : CollectionRead(key, Type::kList) {}

  void SeekIndex(uint64_t index, uint64_t length) { place_.Seek(index, length); }
  /// Visits elements as SlicedRead::Step. False as well: it is still on the way to the first one.
  template <typename IsFull, typename Visit>
  Result<bool> StepFromIndex(Transaction& tx, const Record& record, const IsFull& is_full,
                             const Visit& visit) {
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
    const auto open = [&](IndexPlace::From from, const std::string& position) {
      const ListEnd end = from == IndexPlace::From::kFirst ? ListEnd::kHead : ListEnd::kTail;
      return ListWalk(tx, generation(), object, end, position);
    };
    CW_ASSIGN(const bool is_there, place_.Approach(tx, name(), &object, open));
    if (!is_there) return false;
    SlicedRead& walked = place_.walked();
    ListWalk walk(tx, generation(), object, ListEnd::kHead, walked.position());
    return walked.StepWith(walk, is_full, visit);
  }

 private:
  IndexPlace place_;
};

/// The elements from one index to another, both included; negative ones count from the tail.
class RangeRead final : public ElementsRead {
 public:
  RangeRead(std::string_view key, int64_t start, int64_t stop)
      : ElementsRead(key), start_(start), stop_(stop) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { reply.ArrayHeader(0); }

  void Begin(ReplyWriter& reply, uint64_t length) override {
    const keyspace::IndexRange range = keyspace::RangeIn(length, start_, stop_);
    first_ = range.first;
    left_ = range.count;
    reply.ArrayHeader(left_);
    SeekIndex(first_, length);
  }

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (left_ == 0) return true;
    if (!record.owns_object()) return ReplyInline(record, reply);
    const size_t start = reply.size();
    size_t slice = kSliceItems;
    const auto is_full = [&] { return slice-- == 0 || reply.size() - start >= kSliceBytes; };
    CW_ASSIGN(const bool at_end,
              StepFromIndex(tx, record, is_full, [&](const ListWalk::Element& element) {
                reply.Bulk(element.value);
                return --left_ > 0;
              }));
    if (at_end && left_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  Result<bool> ReplyInline(const Record& record, ReplyWriter& reply) {
    CW_ASSIGN(const auto payload, keyspace::InlinePayload::Decode(record.payload));
    CW_ASSIGN(const auto values, keyspace::InlineElements(payload.items));
    for (; left_ > 0; --left_) reply.Bulk(values[first_++]);
    return true;
  }

  const int64_t start_;
  const int64_t stop_;
  uint64_t first_ = 0;
  uint64_t left_ = 0;
};

/// The element at an index. That this is none is told only if there is a list.
class IndexRead final : public ElementsRead {
 public:
  explicit IndexRead(const Call& call)
      : ElementsRead(call.argv[1]), index_(ParseInt64(call.argv[2])) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { reply.Null(); }

  void Begin(ReplyWriter& /*reply*/, uint64_t length) override {
    if (index_) at_ = keyspace::IndexIn(length, *index_);
    if (at_) SeekIndex(*at_, length);
  }

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (!at_) {
      index_ ? reply.Null() : reply.Error(kNotAnInteger);
      return true;
    }
    if (!record.owns_object()) {
      CW_ASSIGN(const auto payload, keyspace::InlinePayload::Decode(record.payload));
      CW_ASSIGN(const auto values, keyspace::InlineElements(payload.items));
      reply.Bulk(values[*at_]);
      return true;
    }
    bool met = false;
    CW_ASSIGN(const bool at_end, StepFromIndex(
                                     tx, record, [] { return false; },
                                     [&](const ListWalk::Element& element) {
                                       reply.Bulk(element.value);
                                       met = true;
                                       return false;
                                     }));
    if (at_end && !met) return std::unexpected(CountIsWrong());
    return at_end;
  }

  const std::optional<int64_t> index_;
  std::optional<uint64_t> at_;
};

Status LRange(Call& call) {
  ArgReader args(call, 2);
  const std::optional<int64_t> start = args.Int64();
  if (!start) return {};
  const std::optional<int64_t> stop = args.Int64();
  if (!stop) return {};
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<RangeRead>(call.argv[1], *start, *stop); });
}

Status LIndex(Call& call) {
  return RunSliced(call, WhenCold::kRunAgain, [&] { return std::make_unique<IndexRead>(call); });
}

Status LLen(Call& call) {
  const keyspace::KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Lookup found, keyspace::FindKey(call.tx, name));
  CountLookup(call, name, found.live() != nullptr);
  if (RepliedWrongType(call, found.live(), Type::kList)) return {};
  CW_ASSIGN(const uint64_t length, List(call.tx, name, std::move(found)).Length());
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

constexpr Command kRowsOfRead[] = {
    {.name = "lindex",
     .arity = 3,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = LIndex,
     .categories = kListCategory,
     .docs =
         {.group = "list",
          .since = "1.0.0",
          .complexity =
              "O(1); in a list that was edited O(log(N)), once walks to far indexes have had its "
              "elements counted",
          .arguments = "key#0 index:integer",
          .summary = "Returns the element at an index."}},
    {.name = "llen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = LLen,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the number of elements."}},
    {.name = "lrange",
     .arity = 4,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = LRange,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of elements returned; in a list that was "
                            "edited O(log(M)+N), once walks to far indexes have had its M elements "
                            "counted",
              .arguments = "key#0 start:integer stop:integer",
              .summary = "Returns the elements between two indexes."}},
};

}  // namespace

Rows ReadRows() { return kRowsOfRead; }

}  // namespace cordwood::commands::lists
