#include "commands/geo/search.h"

#include "commands/core/error_texts.h"
#include "keyspace/types/score_order.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::commands::geo {
namespace {

using keyspace::ScoredMember;
using keyspace::SortedReader;
using keyspace::SortedSet;

/// What one slice looks at.
constexpr size_t kMembersPerSlice = 1024;

}  // namespace

Result<SearchPlace> OpenSearch(keyspace::Transaction& tx, const keyspace::KeyName& name,
                               const SearchRequest& request) {
  CW_ASSIGN(keyspace::Lookup found, keyspace::FindKey(tx, name));
  SearchPlace place{
      .exists = found.live() != nullptr, .error = request.error, .area = request.area};
  if (!place.exists) return place;
  if (found.live()->type != SortedSet::kType) {
    place.error = kWrongType;
    return place;
  }
  place.record = *found.live();
  if (request.members.empty()) return place;
  SortedSet set(tx, name, std::move(found));
  for (const std::string& member : request.members) {
    CW_ASSIGN(const std::optional<double> score, set.Score(member));
    if (!score) {
      place.error = "ERR could not decode requested zset member";
      return place;
    }
    place.area.center = PositionOf(*score);
  }
  if (!request.error_of_distance.empty()) place.error = request.error_of_distance;
  return place;
}

Result<bool> Search::Advance(keyspace::Transaction& tx, keyspace::Generation generation,
                             const Visit& visit) {
  size_t looked_at = 0;
  bool has_enough = false;
  const auto is_full = [&] { return looked_at >= kMembersPerSlice; };
  const auto look = [&](const ScoredMember& member) {
    ++looked_at;
    const auto meters = area_.DistanceInside(PositionOf(member.score));
    if (!meters) return true;
    has_enough = !visit({.member = member.member, .score = member.score, .meters = *meters});
    return !has_enough;
  };
  for (bool got_further = false; range_ < ranges_.size(); got_further = true) {
    SortedReader reader(tx, generation, record_, keyspace::OrderOf(ranges_[range_]),
                        SortedReader::Direction::kForwards, members_.position());
    const Result<bool> done = members_.StepWith(reader, is_full, look);
    if (!done && !got_further) return std::unexpected(done.error());
    if (!done || !*done) return false;
    if (has_enough) return true;
    ++range_;
    members_.StartAt({});
  }
  return true;
}

void Search::Rewind() {
  range_ = 0;
  members_.StartAt({});
}

bool ByRank::operator()(const RankedMember& a, const RankedMember& b) const {
  if (order != SearchRequest::Order::kNone && a.meters != b.meters) {
    return order == SearchRequest::Order::kNearestFirst ? a.meters < b.meters : a.meters > b.meters;
  }
  return a.found < b.found;
}

}  // namespace cordwood::commands::geo
