#include "keyspace/types/rank_build.h"

#include <algorithm>
#include <string>

#include "keyspace/core/keys.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/counted_order.h"
#include "keyspace/types/object_ranks.h"

namespace cordwood::keyspace {
namespace {

constexpr uint64_t kElementsBetweenLooks = 64;  // at the clock

struct Stretch {
  uint64_t elements = 0;
  std::string end;  // what lies before it was met; empty: all
};

/// What comes next behind `counted_to`. kCold if that is not known.
Result<Stretch> NextStretch(Transaction& tx, const CountedElements& bounds,
                            const std::string& counted_to, const RankSlice& slice) {
  const OrderedElements elements(tx, bounds.generation, bounds.oid, bounds.space);
  OrderedElements::Walk walk(elements, bounds.begin, bounds.end);
  walk.SetBudget(kHiddenPerSlice);
  const std::string& from = std::max(counted_to, bounds.begin);
  Stretch stretch;
  for (walk.SeekTo(from); walk.Valid(); walk.Next()) {
    const bool looks = stretch.elements % kElementsBetweenLooks == kElementsBetweenLooks - 1;
    if (stretch.elements == slice.elements || (looks && slice.time_is_up())) break;
    ++stretch.elements;
  }
  if (!walk.Valid() && !walk.stopped()) {
    CW_TRY(walk.status());
    return stretch;
  }
  stretch.end = walk.position();
  if (!walk.Valid() && stretch.end <= from) CW_TRY(walk.status());
  return stretch;
}

}  // namespace

Result<RankBuild> BuildRanks(Transaction& tx, const RankRequest& request, const RankSlice& slice) {
  const KeyName name{.generation = request.generation, .key = request.key};
  // What a flush has made garbage still lies there, and what is put beside it now would stay.
  if (!tx.keyspace().databases().NumberOf(name.generation)) return RankBuild::kNotWanted;
  CW_ASSIGN(Lookup found, FindKey(tx, name));
  Record* const record = found.live();
  if (record == nullptr || !record->owns_object()) return RankBuild::kNotWanted;
  CW_ASSIGN(ObjectPayload object, ObjectPayload::Decode(record->payload));
  if (object.oid != request.oid || object.ranks == Ranks::kWhole || !MayHaveRanks(object)) {
    return RankBuild::kNotWanted;
  }
  const Ranks before = object.ranks;
  const CountedElements bounds = CountedElementsOf(name.generation, object);
  object.ranks = Ranks::kBeingBuilt;
  CountedOrder order(tx, bounds, object.ranks);
  if (before == Ranks::kNone) order.Begin();
  CW_ASSIGN(const std::string counted_to, order.CountedTo());
  CW_ASSIGN(const Stretch stretch, NextStretch(tx, bounds, counted_to, slice));
  CW_TRY(order.Extend(stretch.elements, stretch.end));
  if (stretch.end.empty()) {
    order.Finish();
    object.ranks = Ranks::kWhole;
  }
  if (object.ranks != before) {
    object.NoteEntries(ObjectPayload::kManyEntries);
    record->payload = object.Encode();
    PutUnseen(tx, name, *record);
  }
  return stretch.end.empty() ? RankBuild::kCounted : RankBuild::kMore;
}

}  // namespace cordwood::keyspace
