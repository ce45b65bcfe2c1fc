#include "storage/version/sampling.h"

#include <algorithm>
#include <vector>

namespace cordwood::storage {
namespace {

/// A part of the version that a place may be in.
struct Part {
  uint64_t entries = 0;                // estimate
  const Memtable* memtable = nullptr;  // this, or
  const Table* table = nullptr;        // these blocks of this
  size_t first_block = 0;
  size_t end_block = 0;
};

void AddMemtable(const Memtable& memtable, std::vector<Part>& parts) {
  if (memtable.entries() > 0) {
    parts.push_back({.entries = memtable.entries(), .memtable = &memtable});
  }
}

uint64_t EntriesPerBlock(const Table& table) {
  const TableProperties& properties = table.properties();
  return std::max<uint64_t>(1, properties.entries / std::max<uint64_t>(1, properties.data_blocks));
}

void AddFragment(const Fragment& fragment, std::string_view begin, std::string_view end,
                 std::vector<Part>& parts) {
  const KeyRange& range = fragment.range;
  if (range.begin >= end || (range.end && *range.end <= begin)) return;
  const Table& table = fragment.file->table();
  const std::string_view from = std::max<std::string_view>(begin, range.begin);
  const std::string_view to = range.end ? std::min<std::string_view>(end, *range.end) : end;
  const size_t first = table.BlockOf(from);
  const size_t last = std::min<size_t>(table.BlockOf(to) + 1, table.block_count());
  if (first >= last) return;
  parts.push_back({.entries = (last - first) * EntriesPerBlock(table),
                   .table = &table,
                   .first_block = first,
                   .end_block = last});
}

std::vector<Part> PartsOf(const Version& version, std::string_view begin, std::string_view end) {
  std::vector<Part> parts;
  AddMemtable(*version.active, parts);
  for (const std::shared_ptr<Memtable>& memtable : version.immutables) {
    AddMemtable(*memtable, parts);
  }
  for (const Run& run : version.tree->runs()) {
    for (const Fragment& fragment : run.fragments) AddFragment(fragment, begin, end, parts);
  }
  return parts;
}

}  // namespace

std::optional<Place> DrawPlace(const Version& version, std::string_view begin, std::string_view end,
                               Random& random) {
  const std::vector<Part> parts = PartsOf(version, begin, end);
  uint64_t total = 0;
  for (const Part& part : parts) total += part.entries;
  if (total == 0) return std::nullopt;
  uint64_t draw = random.Below(total);
  auto part = parts.begin();
  while (draw >= part->entries) draw -= (part++)->entries;
  if (part->memtable != nullptr) {
    const std::optional<std::string_view> key = part->memtable->DrawKey(random);
    if (!key || *key < begin || *key >= end) return std::nullopt;
    return Place{.key = std::string(*key)};
  }
  const size_t block = part->first_block + random.Below(part->end_block - part->first_block);
  Place place{.key = std::string(begin), .entries = EntriesPerBlock(*part->table)};
  if (block > 0) {
    std::string after(part->table->LargestOf(block - 1));
    after.push_back('\0');
    place.key = std::max(place.key, after);
  }
  return place;
}

}  // namespace cordwood::storage
