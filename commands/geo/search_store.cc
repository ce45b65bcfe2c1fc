#include "commands/geo/search_store.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/core/events.h"
#include "commands/core/lookup.h"
#include "commands/core/set_operations.h"
#include "commands/geo/search.h"
#include "commands/geo/search_read.h"
#include "keyspace/types/sorted_set_builder.h"

namespace cordwood::commands::geo {
namespace {

using keyspace::Generation;
using keyspace::SortedSetBuilder;

/// Searches slice by slice, and adds what is asked for to the result.
class SearchStore {
 public:
  SearchStore(Call& call, Generation generation, const SearchRequest& request, Search search)
      : call_(call),
        generation_(generation),
        request_(request),
        search_(std::move(search)),
        result_(call.tx, generation) {}

  Status Build() {
    const bool is_ranked = request_.count != 0 && !request_.any;
    return is_ranked ? AddNearest() : AddFound();
  }
  SortedSetBuilder& result() { return result_; }

 private:
  /// So many slices may belong to one turn.
  static constexpr int kSlicesAtOnce = 4;

  /// Whichever are found. In the result they have an order of their own.
  Status AddFound() {
    uint64_t found = 0;
    std::vector<RankedMember> members;
    for (bool done = false; !done;) {
      members.clear();
      CW_ASSIGN(done, search_.Advance(call_.tx, generation_, [&](const FoundMember& met) {
        members.push_back(
            {.member = std::string(met.member), .score = met.score, .meters = met.meters});
        return ++found != request_.count;
      }));
      for (const RankedMember& member : members) CW_TRY(Add(member));
      if (!done) CW_TRY(EndSlice());
    }
    return {};
  }

  /// Pass by pass.
  Status AddNearest() {
    SearchRead::Passes passes = SearchRead::PassesOf(request_);
    while (true) {
      uint64_t found = 0;
      for (bool done = false; !done;) {
        CW_ASSIGN(done,
                  SearchRead::Collect(call_.tx, generation_, request_, search_, passes, found));
        if (!done) CW_TRY(EndSlice());
      }
      while (!passes.Sort(kSortedPerSlice)) CW_TRY(EndSlice());
      for (const auto& kept : passes.kept()) CW_TRY(Add(kept.item));
      if (passes.done()) return {};
      passes.Begin();
      search_.Rewind();
    }
  }

  Status EndSlice() {
    if (!call_.tx.waits() && ++slices_ == kSlicesAtOnce) {
      return Fail(ErrorCode::kLong, "the search is too large for one turn");
    }
    return call_.tx.Breathe();
  }

  Status Add(const RankedMember& member) {
    const double distance = member.meters / search_.unit_meters();
    return result_.Add(
        {.member = member.member, .score = request_.stores_distances ? distance : member.score});
  }

  Call& call_;
  const Generation generation_;
  const SearchRequest& request_;
  Search search_;
  SortedSetBuilder result_;
  int slices_ = 0;
};

}  // namespace

Status StoreSearch(Call& call, std::string_view source, const SearchRequest& request,
                   std::string_view event) {
  const keyspace::KeyName name = call.Key(*request.destination);
  const keyspace::KeyName searched = call.Key(source);
  CW_ASSIGN(SearchPlace place, OpenSearch(call.tx, searched, request));
  CountLookup(call, searched, place.exists);
  if (!place.error.empty()) return call.Error(place.error);
  std::optional<keyspace::Record> record;
  uint64_t count = 0;
  if (place.exists) {
    SearchStore store(call, name.generation, request, Search(std::move(place)));
    CW_TRY(store.Build());
    count = store.result().count();
    if (count > 0) {
      CW_ASSIGN(record, store.result().Finish());
    }
  }
  CW_TRY(StoreResult(call, name, {.event_class = EventClass::kSortedSet, .name = event}, record));
  call.reply.Integer(static_cast<int64_t>(count));
  return {};
}

}  // namespace cordwood::commands::geo
