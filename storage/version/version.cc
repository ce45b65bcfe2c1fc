#include "storage/version/version.h"

#include <array>
#include <span>

#include "storage/table/merging_iterator.h"
#include "storage/version/run_iterator.h"

namespace cordwood::storage {
namespace {

std::optional<FoundEntry> GetFromMemtable(const Memtable& memtable, std::string_view key,
                                          uint64_t hash, Seq at_most) {
  const std::optional<Memtable::Found> found = memtable.Get(key, hash, at_most);
  if (!found) return std::nullopt;
  return FoundEntry{.tag = found->tag, .seq = found->seq, .value = found->value};
}

/// Asks for the filters of several runs before it looks at the first: most of what a search in a
/// large store waits for is memory.
Result<std::optional<FoundEntry>> GetFromRuns(std::span<const Run> runs, std::string_view key,
                                              uint64_t hash, Seq at_most,
                                              const ReadOptions& options) {
  std::array<const Table*, 8> tables;
  while (!runs.empty()) {
    size_t count = 0;
    while (!runs.empty() && count < tables.size()) {
      const Fragment* fragment = runs.front().Find(key);
      runs = runs.subspan(1);
      if (fragment == nullptr) continue;
      tables[count] = &fragment->file->table();
      tables[count++]->PrefetchFilter(hash);
    }
    for (const Table* table : std::span(tables).first(count)) {
      CW_ASSIGN(std::optional<TableFound> found, table->Get(key, hash, at_most, options));
      if (!found) continue;
      return FoundEntry{.tag = found->tag,
                        .seq = found->seq,
                        .value = found->value,
                        .pin = std::move(found->pin)};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<FoundEntry>> Version::Get(std::string_view key, Seq at_most,
                                               const ReadOptions& options) const {
  const uint64_t hash = Hash64(key);
  if (std::optional<FoundEntry> found = GetFromMemtable(*active, key, hash, at_most)) return found;
  for (const std::shared_ptr<Memtable>& memtable : immutables) {
    if (std::optional<FoundEntry> found = GetFromMemtable(*memtable, key, hash, at_most)) {
      return found;
    }
  }
  return GetFromRuns(tree->runs(), key, hash, at_most, options);
}

std::unique_ptr<EntryIterator> Version::NewIterator(const ReadOptions& options) const {
  std::vector<std::unique_ptr<EntryIterator>> children;
  active->AppendIterators(children);
  for (const std::shared_ptr<Memtable>& memtable : immutables) memtable->AppendIterators(children);
  for (const Run& run : tree->runs()) {
    children.push_back(std::make_unique<RunIterator>(run.fragments, options));
  }
  return NewMergingIterator(std::move(children));
}

}  // namespace cordwood::storage
