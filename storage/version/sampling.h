#pragma once

// Draws places among the entries of a range, so that a walk from there meets entries nearly
// uniformly. Reads no file: the index of a table says where its blocks begin, and a memtable
// knows its keys.
//
// Threads: any.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "storage/version/version.h"

namespace cordwood::storage {

struct Place {
  std::string key;       // the place is at the first key that is not smaller
  uint64_t entries = 1;  // about as many lie between this place and the next one
};

/// A place in [begin, end). Nothing if there are no entries, or if the draw fell on an entry of a
/// memtable outside of the range; a caller then draws again, a few times.
std::optional<Place> DrawPlace(const Version& version, std::string_view begin, std::string_view end,
                               Random& random);

}  // namespace cordwood::storage
