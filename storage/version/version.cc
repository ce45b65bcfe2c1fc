#include "storage/version/version.h"

#include <algorithm>
#include <array>
#include <span>

#include "storage/table/merging_iterator.h"
#include "storage/version/run_iterator.h"

namespace cordwood::storage {

void NameClosedTable(TableFile& file, const ReadOptions& options) {
  if (options.missing == nullptr) return file.Want();
  const uint64_t bytes = std::min<uint64_t>(file.summary().open_bytes(), UINT32_MAX);
  options.missing->push_back({.file_number = file.number(),
                              .offset = BlockRef::kTable,
                              .size = static_cast<uint32_t>(bytes)});
}

namespace {

std::optional<FoundEntry> GetFromMemtable(const Memtable& memtable, std::string_view key,
                                          uint64_t hash, Seq at_most) {
  const std::optional<Memtable::Found> found = memtable.Get(key, hash, at_most);
  if (!found) return std::nullopt;
  return FoundEntry{.tag = found->tag, .seq = found->seq, .value = found->value};
}

FoundEntry Entry(TableFound found) {
  return {.tag = found.tag, .seq = found.seq, .value = found.value, .pin = std::move(found.pin)};
}

/// The search ends at the table of `fragment`, which is closed. Names it and what else is closed on
/// the way through `runs`: the search would come to that next.
std::unexpected<Error> NameClosedTables(const Fragment& fragment, std::span<const Run> runs,
                                        std::string_view key, const ReadOptions& options) {
  NameClosedTable(*fragment.file, options);
  for (const Run& run : runs) {
    const Fragment* next = run.Find(key);
    if (next != nullptr && next->file->open() == nullptr) NameClosedTable(*next->file, options);
  }
  return Fail(ErrorCode::kCold, "cold");
}

/// Asks for the filters of several runs before it looks at the first: most of what a search in a
/// large store waits for is memory.
Result<std::optional<FoundEntry>> GetFromRuns(std::span<const Run> runs, std::string_view key,
                                              uint64_t hash, Seq at_most,
                                              const ReadOptions& options) {
  struct Place {
    const Fragment* fragment;
    const Table* table;  // null: closed
    size_t runs_behind;
  };
  std::array<Place, 8> places;
  const std::span<const Run> all = runs;
  while (!runs.empty()) {
    size_t count = 0;
    while (!runs.empty() && count < places.size()) {
      const Fragment* fragment = runs.front().Find(key);
      runs = runs.subspan(1);
      if (fragment == nullptr) continue;
      const Table* table = fragment->file->open();
      if (table != nullptr) table->PrefetchFilter(hash);
      places[count++] = {.fragment = fragment, .table = table, .runs_behind = runs.size()};
    }
    for (const Place& place : std::span(places).first(count)) {
      const Table* table = place.table;
      std::shared_ptr<const Table> opened;
      if (table == nullptr) {
        if (options.tier == Tier::kCacheOnly) {
          return NameClosedTables(*place.fragment, all.last(place.runs_behind), key, options);
        }
        CW_ASSIGN(opened, place.fragment->file->Open());
        table = opened.get();
      }
      CW_ASSIGN(std::optional<TableFound> found, table->Get(key, hash, at_most, options));
      if (found) return Entry(*std::move(found));
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<FoundEntry>> Version::Get(std::string_view key, Seq at_most,
                                               const ReadOptions& options) const {
  const uint64_t hash = Hash64(key);
  if (std::optional<FoundEntry> found = GetFromMemtable(*active.memtable, key, hash, at_most))
    return found;
  for (const SortedMemtable& immutable : immutables) {
    if (std::optional<FoundEntry> found =
            GetFromMemtable(*immutable.memtable, key, hash, at_most)) {
      return found;
    }
  }
  return GetFromRuns(tree->runs(), key, hash, at_most, options);
}

std::unique_ptr<EntryIterator> Version::NewIterator(const ReadOptions& options,
                                                    const WalkBounds& bounds) const {
  std::vector<std::unique_ptr<EntryIterator>> children;
  active.AppendIterators(bounds, children);
  for (const SortedMemtable& immutable : immutables) immutable.AppendIterators(bounds, children);
  std::optional<std::string_view> end;
  if (!bounds.end.empty()) end = bounds.end;
  for (const Run& run : tree->runs()) {
    const std::span<const Fragment> fragments = run.Overlapping(bounds.begin, end);
    if (fragments.empty()) continue;
    children.push_back(std::make_unique<RunIterator>(fragments, options));
  }
  const bool past_cache = options.tier == Tier::kMayBlock && !options.fill_cache;
  return NewMergingIterator(std::move(children), past_cache ? Values::kOneAtATime : Values::kAll);
}

}  // namespace cordwood::storage
