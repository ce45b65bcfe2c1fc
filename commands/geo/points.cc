// GEOADD, GEOPOS, GEODIST and GEOHASH: positions of single members.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "commands/geo/arguments.h"
#include "commands/geo/geohash.h"
#include "commands/geo/replies.h"
#include "commands/geo/search_area.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::commands::geo {
namespace {

using keyspace::ScoredMember;
using keyspace::SortedSet;

struct Addition {
  keyspace::AddRules rules;
  bool counts_changes = false;
  std::vector<ScoredMember> members;
};

/// Replies and answers nothing if it makes no sense.
Result<std::optional<Addition>> TakeAddition(Call& call) {
  Addition addition;
  ArgReader args(call, 2);
  while (!args.done()) {
    if (args.Match("NX")) {
      addition.rules.updates = false;
    } else if (args.Match("XX")) {
      addition.rules.adds = false;
    } else if (args.Match("CH")) {
      addition.counts_changes = true;
    } else {
      break;
    }
  }
  const bool contradicts_itself = !addition.rules.adds && !addition.rules.updates;
  if (args.done() || args.left() % 3 != 0 || contradicts_itself) {
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  while (!args.done()) {
    CW_TRY(call.tx.Breathe());
    const std::string_view longitude = args.Next();
    const std::string_view latitude = args.Next();
    const Argument<Position> position = ParsePosition(longitude, latitude);
    if (!position) {
      call.reply.Error(position.error());
      return std::nullopt;
    }
    addition.members.push_back({.member = args.Next(), .score = ScoreOf(*position)});
  }
  return addition;
}

Status GeoAdd(Call& call) {
  CW_ASSIGN(const std::optional<Addition> addition, TakeAddition(call));
  if (!addition) return {};
  std::optional<SortedSet> set;
  CW_TRY(OpenForWrite(call, call.argv[1], set));
  if (!set) return {};
  keyspace::AddResult result;
  if (set->exists() || addition->rules.adds) {
    CW_ASSIGN(result, set->Add(addition->members, addition->rules));
  }
  if (result.added + result.changed > 0) {
    Notify(call, {.event_class = EventClass::kSortedSet, .name = "zadd"}, call.argv[1]);
  }
  const uint64_t changed = addition->counts_changes ? result.changed : 0;
  call.reply.Integer(static_cast<int64_t>(result.added + changed));
  return {};
}

/// Replies an array: for each member that argv names from its second on, what `visit` replies for
/// its position, which is absent with it.
Status ReplyForEach(Call& call, const std::function<void(std::optional<Position>)>& visit) {
  std::optional<SortedSet> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  const auto members = call.argv.subspan(2);
  call.reply.ArrayHeader(members.size());
  return set->ScoresOf(members, [&](std::optional<double> score) {
    visit(score ? std::optional(PositionOf(*score)) : std::nullopt);
  });
}

Status GeoPos(Call& call) {
  return ReplyForEach(call, [&](std::optional<Position> position) {
    if (position) {
      ReplyPosition(*position, call.reply);
    } else {
      call.reply.NullArray();
    }
  });
}

Status GeoHash(Call& call) {
  return ReplyForEach(call, [&](std::optional<Position> position) {
    if (position) {
      call.reply.Bulk(GeohashOf(*position));
    } else {
      call.reply.Null();
    }
  });
}

Status GeoDist(Call& call) {
  if (call.argv.size() > 5) return call.Error(kSyntaxError);
  Argument<double> unit = 1;
  if (call.argv.size() == 5) unit = ParseUnit(call.argv[4]);
  if (!unit) return call.Error(unit.error());
  std::optional<SortedSet> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  std::vector<Position> positions;
  CW_TRY(set->ScoresOf(call.argv.subspan(2, 2), [&](std::optional<double> score) {
    if (score) positions.push_back(PositionOf(*score));
  }));
  if (positions.size() == 2) {
    call.reply.Bulk(FormatDistance(Distance(positions[0], positions[1]) / *unit));
  } else {
    call.reply.Null();
  }
  return {};
}

constexpr Command kRowsOfPoint[] = {
    {.name = "geoadd",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = GeoAdd,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 [condition=(NX | XX)@6.2.0] [CH=change@6.2.0] "
                           "data=<longitude:double latitude:double member>...",
              .summary = "Adds members with their positions, or moves them."}},
    {.name = "geodist",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GeoDist,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.0",
              .complexity = "O(1)",
              .arguments = "key#0 member1 member2 [unit=('m'=m | 'km'=km | 'ft'=ft | 'mi'=mi)]",
              .summary = "Returns the distance between two members."}},
    {.name = "geohash",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GeoHash,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 [member...]",
              .summary = "Returns the positions of members as geohashes."}},
    {.name = "geopos",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GeoPos,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 [member...]",
              .summary = "Returns the positions of members."}},
};

}  // namespace

Rows PointRows() { return kRowsOfPoint; }

}  // namespace cordwood::commands::geo
