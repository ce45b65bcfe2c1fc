#pragma once

// A benchmark that met an error has measured nothing: it says what failed, and the process ends.
//
// Threads: any.

#include <string_view>
#include <utility>

#include "base/error.h"

namespace cordwood::bench {

[[noreturn]] void EndWith(std::string_view message);

/// What it holds; or else the process ends with its error.
inline void Must(const Status& status) {
  if (!status) EndWith(status.error().message());
}
template <typename T>
T Must(Result<T> result) {
  if (!result) EndWith(result.error().message());
  return *std::move(result);
}

}  // namespace cordwood::bench
