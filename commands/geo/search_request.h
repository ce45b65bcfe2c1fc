#pragma once

// What GEOSEARCH, GEORADIUS and their like are asked for. All that can be said without looking at
// the data is read here; what is wrong is kept as the error to reply with, because errors of the
// data come before some of them.
//
// Threads: any; a value.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/geo/search_area.h"

namespace cordwood::commands::geo {

struct SearchRequest {
  /// How the command is written.
  enum class Form : uint8_t {
    kRadius,          // GEORADIUS key longitude latitude radius unit ...
    kRadiusByMember,  // GEORADIUSBYMEMBER key member radius unit ...
    kSearch,          // GEOSEARCH key ...
    kSearchAndStore,  // GEOSEARCHSTORE destination source ...
  };
  enum class Order : uint8_t { kNone, kNearestFirst, kFarthestFirst };

  SearchArea area;
  /// The center is where the last of these is; the others have to be there as well.
  std::vector<std::string> members = {};
  Order order = Order::kNone;
  uint64_t count = 0;  // 0: all
  bool any = false;    // whichever `count` are found first
  // What is replied beside a member.
  bool with_distance = false;
  bool with_hash = false;
  bool with_position = false;
  std::optional<std::string> destination = std::nullopt;
  bool stores_distances = false;

  /// Of arguments that Redis reads only if there is a member to begin with.
  std::string error_of_distance = {};
  /// Of others. A member that is not there comes before it.
  std::string error = {};
};

struct SearchSyntax {
  SearchRequest::Form form = SearchRequest::Form::kSearch;
  bool may_store = false;  // of GEORADIUS and GEORADIUSBYMEMBER: takes STORE and STOREDIST
};

/// REQUIRES: argv has the arguments that stand in front of the options.
SearchRequest ParseSearch(std::span<const std::string_view> argv, const SearchSyntax& syntax);

}  // namespace cordwood::commands::geo
