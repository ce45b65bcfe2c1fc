#pragma once

// How tables name a key: by the number of its database and its own name.
//
// Threads: any; no state.

#include <string>
#include <string_view>
#include <utility>

namespace cordwood::pipeline {

using KeyName = std::pair<int, std::string>;

struct KeyNameOrder {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const {
    if (a.first != b.first) return a.first < b.first;
    return std::string_view(a.second) < std::string_view(b.second);
  }
};

}  // namespace cordwood::pipeline
