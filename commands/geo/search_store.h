#pragma once

// What GEOSEARCHSTORE, and GEORADIUS with a destination, store. A result that is more than a batch
// should hold is built in parts, beside other commands: docs/decisions/long_writes.md.
//
// Threads: the call's.

#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/geo/search_request.h"

namespace cordwood::commands::geo {

/// Searches the sorted set under `source`, stores what is found, tells so by the static name
/// `event`, and replies how much that is.
/// REQUIRES: there is a destination.
Status StoreSearch(Call& call, std::string_view source, const SearchRequest& request,
                   std::string_view event);

}  // namespace cordwood::commands::geo
