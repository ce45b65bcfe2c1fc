#pragma once

// How Redis would keep a value: what OBJECT ENCODING says.
//
// Threads: any; no state.

#include <string_view>

#include "base/error.h"
#include "keyspace/core/record.h"

namespace cordwood::commands::keys {

/// kCorruption if the payload is none.
Result<std::string_view> EncodingOf(const keyspace::Record& record);

}  // namespace cordwood::commands::keys
