// ZRANGESTORE. A range that is more than a batch should hold is stored in parts, beside other
// commands: docs/decisions/long_writes.md.

#include <cstdint>
#include <optional>
#include <utility>

#include "commands/all_commands.h"
#include "commands/core/events.h"
#include "commands/core/index_place.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/set_operations.h"
#include "commands/sorted_sets/range_options.h"
#include "keyspace/types/list_index.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_set_builder.h"
#include "keyspace/types/write_steps.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::KeyName;
using keyspace::OrderRange;
using keyspace::Record;
using keyspace::ScoredMember;
using keyspace::SortedReader;
using Direction = SortedReader::Direction;

/// Where to begin, and how many members to take from there on.
struct Span {
  OrderRange range = {};
  std::string position = {};
  uint64_t skip = 0;
  uint64_t most = 0;
};

class RangeStore {
 public:
  /// Of a sorted set, in whose database the result will be.
  RangeStore(Call& call, const RangeRequest& request, const KeyName& name, const Record& source)
      : tx_(call.tx),
        name_(name),
        request_(request),
        source_(source),
        result_(tx_, name.generation) {}

  /// Nothing if the range is empty.
  Result<std::optional<Record>> Build() {
    CW_ASSIGN(const Span span, request_.selection.by == By::kIndex ? Indexes() : Stretch());
    SortedReader reader(tx_, name_.generation, source_, span.range, direction(), span.position);
    keyspace::WriteSteps steps(tx_);
    uint64_t skip = span.skip;
    while (count() < span.most) {
      CW_ASSIGN(const std::optional<ScoredMember> member, steps.Next(reader));
      if (!member) break;
      if (skip > 0) {
        --skip;
      } else {
        CW_TRY(result_.Add(*member));
      }
    }
    if (count() == 0) return std::nullopt;
    CW_ASSIGN(Record record, result_.Finish());
    return record;
  }
  uint64_t count() const { return result_.count(); }

 private:
  Direction direction() const {
    return request_.reversed ? Direction::kBackwards : Direction::kForwards;
  }

  Result<Span> Indexes() {
    const Selection& selection = request_.selection;
    CW_ASSIGN(const uint64_t length, keyspace::CountItems(source_));
    const keyspace::IndexRange range = keyspace::RangeIn(length, selection.start, selection.stop);
    if (range.count == 0) return Span();
    IndexPlace place;
    place.Seek(request_.reversed ? length - range.first : range.first, length);
    CW_TRY(RunSlices(tx_, [&] { return ApproachIndex(tx_, name_, source_, place); }));
    return Span{.position = place.walked().position(), .most = range.count};
  }

  Result<Span> Stretch() {
    if (request_.offset < 0 || request_.limit == 0) return Span();
    StretchFinder finder(request_.selection);
    CW_TRY(RunSlices(tx_, [&] { return finder.Find(tx_, name_.generation, source_); }));
    return Span{.range = finder.stretch(),
                .skip = static_cast<uint64_t>(request_.offset),
                .most = request_.limit < 0 ? UINT64_MAX : static_cast<uint64_t>(request_.limit)};
  }

  keyspace::Transaction& tx_;
  const KeyName name_;  // of the source
  const RangeRequest& request_;
  const Record& source_;
  keyspace::SortedSetBuilder result_;
};

constexpr Event kRangeStored = {.event_class = EventClass::kSortedSet, .name = "zrangestore"};

Status ZRangeStore(Call& call) {
  const std::optional<RangeRequest> request =
      TakeRange(call, {.first = 3, .may_have_scores = false});
  if (!request) return {};
  const KeyName name = call.Key(call.argv[2]);
  CW_ASSIGN(const keyspace::Lookup found, keyspace::FindKey(call.tx, name));
  CountLookup(call, name, found.live() != nullptr);
  if (RepliedWrongType(call, found.live(), keyspace::Type::kSortedSet)) return {};
  std::optional<Record> record;
  uint64_t count = 0;
  if (found.live() != nullptr) {
    RangeStore store(call, *request, name, *found.live());
    CW_ASSIGN(record, store.Build());
    count = store.count();
  }
  CW_TRY(StoreResult(call, call.Key(call.argv[1]), kRangeStored, record));
  call.reply.Integer(static_cast<int64_t>(count));
  return {};
}

constexpr Command kRowsOfRangeStore[] = {
    {.name = "zrangestore",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate), Key(2, kRO | kAccess)},
     .handler = ZRangeStore,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of members stored and left out before them",
              .arguments = "dst#0 src#1 min max [sortby=(BYSCORE | BYLEX)] [REV] "
                           "[LIMIT limit=<offset:integer count:integer>]",
              .summary = "Stores members between two indexes, scores or names."}},
};

}  // namespace

Rows RangeStoreRows() { return kRowsOfRangeStore; }

}  // namespace cordwood::commands::sorted_sets
