#pragma once

// The options of Redis that Cordwood takes, checks and prints, and that have no effect, so that a
// redis.conf from elsewhere works. Each is here because what it tunes does not exist or because
// its default is what happens anyway; what would break a promise is refused in option_table.cc
// instead. An option that learns to act moves there.
//
// Threads: any; no state.

#include <vector>

#include "config/option.h"

namespace cordwood::config {

std::vector<Option> AcceptedOptions();

}  // namespace cordwood::config
