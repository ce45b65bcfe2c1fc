#pragma once

// The arguments of the commands that pop from the first of several keys: LMPOP, ZMPOP and their
// like.
//
//   numkeys key ... WHERE [COUNT count]
//
// Threads: the call's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "commands/core/arg_reader.h"
#include "commands/core/call.h"

namespace cordwood::commands {

struct ManyPops {
  std::span<const std::string_view> keys;
  bool at_first_end = false;  // WHERE is the first of the two words
  uint64_t count = 1;
};
/// The two words that say where to pop.
struct EndWords {
  std::string_view first;
  std::string_view second;
};
/// From argv[first] on. Replies and answers nothing if they make no sense.
std::optional<ManyPops> TakeManyPops(Call& call, size_t first, const EndWords& words);

}  // namespace cordwood::commands
