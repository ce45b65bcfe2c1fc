#include "storage/version/version.h"

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
  for (const Run& run : tree->runs()) {
    const Fragment* fragment = run.Find(key);
    if (fragment == nullptr) continue;
    CW_ASSIGN(std::optional<TableFound> found,
              fragment->file->table().Get(key, hash, at_most, options));
    if (found) {
      return FoundEntry{.tag = found->tag,
                        .seq = found->seq,
                        .value = found->value,
                        .pin = std::move(found->pin)};
    }
  }
  return std::nullopt;
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
