#pragma once

// Draws places among the entries of a range, so that a walk from there meets entries nearly
// uniformly. The index of a table says where its blocks begin, and a memtable knows its keys; no
// block is read. A cache-only draw that falls on a closed table names it, and is cold.
//
// What lies in the range is found out once, for any number of draws, and looks only at the
// fragments at its ends: those between them were counted when the tree was made.
//
// Ownership: the version outlives it. Threads: one at a time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "storage/version/version.h"

namespace cordwood::storage {

struct Place {
  std::string key;       // the place is at the first key that is not smaller
  uint64_t entries = 1;  // about as many lie between this place and the next one
};

class PlaceSampler {
 public:
  /// Of [begin, end).
  PlaceSampler(const Version& version, std::string_view begin, std::string_view end,
               const ReadOptions& options);

  /// Nothing if there are no entries, or if the draw fell on an entry of a memtable outside of the
  /// range; a caller then draws again, a few times.
  Result<std::optional<Place>> Draw(Random& random) const;

 private:
  /// A part of the version that a place may be in: a memtable, or fragments of a run.
  struct Part {
    uint64_t entries = 0;  // estimate
    const Memtable* memtable = nullptr;
    const Run* run = nullptr;
    size_t first = 0;
    size_t end = 0;
  };
  struct Blocks {
    size_t first = 0;
    size_t end = 0;
  };

  void AddMemtable(const Memtable& memtable);
  void AddRun(const Run& run);
  /// About how many of a fragment's entries lie in the range.
  uint64_t EntriesOf(const Fragment& fragment) const;
  /// The blocks of a fragment that lie in the range.
  Blocks BlocksOf(const Fragment& fragment, const Table& table) const;
  Result<std::optional<Place>> DrawFrom(const Fragment& fragment, Random& random) const;

  const std::string begin_;
  const std::string end_;
  const ReadOptions options_;
  std::vector<Part> parts_;
  uint64_t entries_ = 0;  // of all parts
};

}  // namespace cordwood::storage
