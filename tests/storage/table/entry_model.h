#pragma once

// What a sorted list of entries should look like: a std::map, random ones, and walks that compare
// an iterator with it.
//
// Threads: one.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/env.h"
#include "base/random.h"
#include "storage/entry.h"
#include "storage/entry_iterator.h"
#include "storage/table/table_builder.h"

namespace cordwood::storage {

/// Of the tables that tests build.
inline constexpr uint64_t kTestSalt = 0x5a17;

using EntryKey = std::pair<std::string, uint64_t>;  // key, trailer

struct EntryOrder {
  bool operator()(const EntryKey& a, const EntryKey& b) const {
    return CompareEntries(a.first, a.second, b.first, b.second) < 0;
  }
};

using EntryModel = std::map<EntryKey, std::string, EntryOrder>;

/// Short keys that share prefixes, or are prefixes of one another, with bytes 0 and 255.
std::string RandomKey(Random& random);

/// `count` entries or fewer: several versions of many keys, tombstones, unsettled ones, some
/// values longer than a block.
EntryModel RandomModel(Random& random, int count);

/// The newest version of `key` with a seq of at most `at_most`; end() if there is none.
EntryModel::const_iterator FindInModel(const EntryModel& model, const std::string& key,
                                       Seq at_most);

/// Moves `iterator` at random, `steps` times, and expects the model's entries at every place.
void ExpectSameWalk(EntryIterator& iterator, const EntryModel& model, Random& random, int steps);

/// Every entry, first forwards, then backwards.
void ExpectSameEntries(EntryIterator& iterator, const EntryModel& model);

/// Writes a table with the entries of `model` and what `more` adds. Fails the test on errors.
TableProperties BuildTable(
    Env& env, const std::string& path, uint64_t file_number, const EntryModel& model,
    const TableBuilderOptions& options,
    const std::function<void(TableBuilder&)>& more = [](TableBuilder&) {});

}  // namespace cordwood::storage
