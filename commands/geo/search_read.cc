#include "commands/geo/search_read.h"

#include <algorithm>
#include <memory>

#include "commands/core/lookup.h"
#include "commands/core/sliced.h"
#include "commands/geo/arguments.h"
#include "commands/geo/replies.h"

namespace cordwood::commands::geo {
namespace {

using protocol::ReplyWriter;

/// Members that are replied in a slice.
constexpr size_t kRepliedPerSlice = 1024;

/// As x86-64 converts it; a score that is a position fits.
int64_t WholeScore(double score) {
  const bool fits = score >= -0x1p63 && score < 0x1p63;
  return fits ? static_cast<int64_t>(score) : INT64_MIN;
}

}  // namespace

SearchRead::Passes SearchRead::PassesOf(const SearchRequest& request) {
  Passes passes({.order = request.order}, request.count == 0 ? UINT64_MAX : request.count);
  passes.Begin();
  return passes;
}

Result<bool> SearchRead::Collect(keyspace::Transaction& tx, keyspace::Generation generation,
                                 const SearchRequest& request, Search& search, Passes& passes,
                                 uint64_t& found) {
  return search.Advance(tx, generation, [&](const FoundMember& met) {
    passes.Add({.member = std::string(met.member),
                .score = met.score,
                .meters = met.meters,
                .found = found},
               met.member.size() + sizeof(RankedMember));
    return ++found != request.count || !request.any;
  });
}

Result<bool> SearchRead::Step(keyspace::Transaction& tx, ReplyWriter& reply) {
  CW_ASSIGN(const bool done, Continue(tx, reply));
  if (done) CountLookup(tx, {.generation = generation(), .key = key_}, exists_);
  return done;
}

Result<bool> SearchRead::Continue(keyspace::Transaction& tx, ReplyWriter& reply) {
  if (!search_) {
    CW_ASSIGN(const bool is_done, Open(tx, reply));
    if (is_done) return true;
  }
  if (as_found_) return ReplyAsFound(tx, reply);
  if (!met_all_) {
    CW_ASSIGN(met_all_, Collect(tx, generation(), request_, *search_, passes_, found_));
    if (!met_all_) return false;
  }
  if (!passes_.Sort(kSortedPerSlice)) return false;
  if (std::exchange(is_first_pass_, false)) BeginReply(reply);
  return as_found_ ? Result<bool>(false) : ReplyInOrder(reply);
}

Result<bool> SearchRead::Open(keyspace::Transaction& tx, ReplyWriter& reply) {
  CW_ASSIGN(SearchPlace place, OpenSearch(tx, {.generation = generation(), .key = key_}, request_));
  exists_ = place.exists;
  if (!place.error.empty()) {
    reply.Error(place.error);
    return true;
  }
  if (!place.exists) {
    reply.ArrayHeader(0);
    return true;
  }
  search_.emplace(std::move(place));
  return false;
}

void SearchRead::BeginReply(ReplyWriter& reply) {
  reply.ArrayHeader(request_.count == 0 ? found_ : std::min(found_, request_.count));
  as_found_ = request_.order == SearchRequest::Order::kNone && !passes_.done();
  if (as_found_) search_->Rewind();
}

Result<bool> SearchRead::ReplyInOrder(ReplyWriter& reply) {
  const auto& sorted = passes_.kept();
  const size_t end = std::min(sorted.size(), replied_ + kRepliedPerSlice);
  for (; replied_ < end; ++replied_) {
    const RankedMember& ranked = sorted[replied_].item;
    ReplyMember({.member = ranked.member, .score = ranked.score, .meters = ranked.meters}, reply);
  }
  if (replied_ < sorted.size()) return false;
  if (passes_.done()) return true;
  met_all_ = false;
  replied_ = 0;
  found_ = 0;
  passes_.Begin();
  search_->Rewind();
  return false;
}

Result<bool> SearchRead::ReplyAsFound(keyspace::Transaction& tx, ReplyWriter& reply) {
  return search_->Advance(tx, generation(), [&](const FoundMember& met) {
    ReplyMember(met, reply);
    return --found_ > 0;
  });
}

void SearchRead::ReplyMember(const FoundMember& found, ReplyWriter& reply) const {
  const int more = static_cast<int>(request_.with_distance) + static_cast<int>(request_.with_hash) +
                   static_cast<int>(request_.with_position);
  if (more > 0) reply.ArrayHeader(static_cast<size_t>(1 + more));
  reply.Bulk(found.member);
  if (request_.with_distance) reply.Bulk(FormatDistance(found.meters / search_->unit_meters()));
  if (request_.with_hash) reply.Integer(WholeScore(found.score));
  if (request_.with_position) ReplyPosition(PositionOf(found.score), reply);
}

Status ReplySearch(Call& call, const SearchSyntax& syntax) {
  const SearchRequest request = ParseSearch(call.argv, syntax);
  return RunSliced(call, WhenCold::kGoOn,
                   [&] { return std::make_unique<SearchRead>(call.argv[1], request); });
}

}  // namespace cordwood::commands::geo
