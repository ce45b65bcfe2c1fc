#pragma once

// How the families write the rows of their tables: a maker holds what a family's rows share, and is
// called with the rest, always in the same order.
//
// Threads: immutable.

#include <cstdint>
#include <string_view>

#include "commands/core/row.h"

namespace cordwood::commands {

inline constexpr KeySpec kOneKey = {.first = 1, .last = 1, .step = 1};
inline constexpr KeySpec kTwoKeys = {.first = 1, .last = 2, .step = 1};
inline constexpr KeySpec kAllKeys = {.first = 1, .last = -1, .step = 1};
/// Also while a server loads its data or lags behind.
inline constexpr uint32_t kAlways = kLoading | kStale;

struct RowMaker {
  std::string_view group;
  KeySpec keys = {};
  uint32_t flags = 0;  // of every row

  constexpr Command operator()(std::string_view name, int arity, uint32_t row_flags,
                               KeySpec row_keys, Handler handler, std::string_view since,
                               std::string_view summary) const {
    return {.name = name,
            .arity = arity,
            .flags = flags | row_flags,
            .keys = row_keys,
            .handler = handler,
            .summary = summary,
            .since = since,
            .group = group};
  }
  constexpr Command operator()(std::string_view name, int arity, uint32_t row_flags,
                               Handler handler, std::string_view since,
                               std::string_view summary) const {
    return (*this)(name, arity, row_flags, keys, handler, since, summary);
  }
};

}  // namespace cordwood::commands
