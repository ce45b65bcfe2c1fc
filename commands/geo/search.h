#pragma once

// Goes through the members of a sorted set that lie in an area, in slices at one state.
//
// They come range by range, in the order in which Redis meets them.
//
// Owned by a command. Threads: the call's.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "commands/core/sliced.h"
#include "commands/geo/search_area.h"
#include "commands/geo/search_request.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"

namespace cordwood::commands::geo {

/// Where a search takes place.
struct SearchPlace {
  bool exists = false;  // the key, whatever it holds
  /// The whole reply, if something is wrong.
  std::string error = {};
  std::optional<keyspace::Record> record = std::nullopt;
  SearchArea area = {};
};

/// Looks the sorted set up, and the member in the center if there is one.
Result<SearchPlace> OpenSearch(keyspace::Transaction& tx, const keyspace::KeyName& name,
                               const SearchRequest& request);

struct FoundMember {
  std::string_view member;
  double score = 0;
  double meters = 0;  // from the center
};

class Search {
 public:
  /// REQUIRES: place.record.
  explicit Search(SearchPlace place)
      : record_(*std::move(place.record)), area_(place.area), ranges_(area_.Scores()) {}

  double unit_meters() const { return area_.unit_meters; }

  /// Answers whether to go on.
  using Visit = std::function<bool(const FoundMember& found)>;
  /// Goes on for a slice. True at the end, or after `visit` had enough. An error only if it got no
  /// further: then it has visited nothing.
  Result<bool> Advance(keyspace::Transaction& tx, keyspace::Generation generation,
                       const Visit& visit);
  /// Begins anew.
  void Rewind();

 private:
  const keyspace::Record record_;
  const SearchArea area_;
  const std::vector<keyspace::ScoreRange> ranges_;
  size_t range_ = 0;  // the one that it is in
  SlicedRead members_;
};

/// The members that are asked for, if not all that are found: the nearest, say.
struct RankedMember {
  std::string member;
  double score = 0;
  double meters = 0;
  uint64_t found = 0;  // before it
};
struct ByRank {
  SearchRequest::Order order = SearchRequest::Order::kNone;

  bool operator()(const RankedMember& a, const RankedMember& b) const;
};

}  // namespace cordwood::commands::geo
