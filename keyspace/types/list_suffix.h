#pragma once

// Suffixes of the elements that share a position of a list: strings in bytewise order, of which
// none ends in a zero byte. So there always is one between two others.
//
// Threads: any; no state.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::keyspace {

/// A shortest string between `left` and `right`, or behind `left`. Of those of its length, the one
/// that leaves most room where the next is likely to be: between it and the shorter neighbour,
/// which has been there for longer. REQUIRES: left < right; neither ends in a zero byte.
std::string SuffixBetween(std::string_view left, std::optional<std::string_view> right);

/// So many in order, as short as they can be with room between them; the first is empty.
std::vector<std::string> SpreadSuffixes(size_t count);

}  // namespace cordwood::keyspace
