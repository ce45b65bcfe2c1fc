#include "storage/version/sampling.h"

#include <algorithm>

namespace cordwood::storage {
namespace {

uint64_t EntriesPerBlock(const Table& table) {
  const TableProperties& properties = table.properties();
  return std::max<uint64_t>(1, properties.entries / std::max<uint64_t>(1, properties.data_blocks));
}

}  // namespace

PlaceSampler::PlaceSampler(const Version& version, std::string_view begin, std::string_view end)
    : begin_(begin), end_(end) {
  AddMemtable(*version.active);
  for (const std::shared_ptr<Memtable>& memtable : version.immutables) AddMemtable(*memtable);
  for (const Run& run : version.tree->runs()) AddRun(run);
  for (const Part& part : parts_) entries_ += part.entries;
}

void PlaceSampler::AddMemtable(const Memtable& memtable) {
  if (memtable.entries() == 0) return;
  parts_.push_back({.entries = memtable.entries(), .memtable = &memtable});
}

void PlaceSampler::AddRun(const Run& run) {
  const auto add_one = [&](size_t index) {
    const Fragment& fragment = run.fragments[index];
    const auto [first, end] = BlocksOf(fragment);
    if (first >= end) return;
    parts_.push_back({.entries = (end - first) * EntriesPerBlock(fragment.file->table()),
                      .run = &run,
                      .first = index,
                      .end = index + 1});
  };
  // The range may end within the first fragment and within the last; it covers those between.
  const size_t first = run.LowerBound(begin_);
  const size_t last = std::min(run.LowerBound(end_), run.fragments.size() - 1);
  if (first > last) return;
  add_one(first);
  if (last > first) add_one(last);
  if (last > first + 1) {
    parts_.push_back({.entries = run.entries_before()[last] - run.entries_before()[first + 1],
                      .run = &run,
                      .first = first + 1,
                      .end = last});
  }
}

PlaceSampler::Blocks PlaceSampler::BlocksOf(const Fragment& fragment) const {
  const KeyRange& range = fragment.range;
  if (range.begin >= end_ || (range.end && *range.end <= begin_)) return {};
  const Table& table = fragment.file->table();
  const std::string_view from = std::max<std::string_view>(begin_, range.begin);
  const std::string_view to = range.end ? std::min<std::string_view>(end_, *range.end) : end_;
  return {.first = table.BlockOf(from),
          .end = std::min<size_t>(table.BlockOf(to) + 1, table.block_count())};
}

std::optional<Place> PlaceSampler::Draw(Random& random) const {
  if (entries_ == 0) return std::nullopt;
  uint64_t draw = random.Below(entries_);
  auto part = parts_.begin();
  while (draw >= part->entries) draw -= (part++)->entries;
  if (part->memtable != nullptr) {
    const std::optional<std::string_view> key = part->memtable->DrawKey(random);
    if (!key || *key < begin_ || *key >= end_) return std::nullopt;
    return Place{.key = std::string(*key)};
  }
  size_t index = part->first;
  if (part->end > part->first + 1) {
    const std::vector<uint64_t>& before = part->run->entries_before();
    const auto after = std::upper_bound(before.begin(), before.end(), before[part->first] + draw);
    index = static_cast<size_t>(after - before.begin()) - 1;
  }
  return DrawFrom(part->run->fragments[index], random);
}

std::optional<Place> PlaceSampler::DrawFrom(const Fragment& fragment, Random& random) const {
  const Table& table = fragment.file->table();
  const auto [first, end] = BlocksOf(fragment);
  if (first >= end) return std::nullopt;
  const size_t block = first + random.Below(end - first);
  Place place{.key = begin_, .entries = EntriesPerBlock(table)};
  if (block > 0) {
    std::string after(table.LargestOf(block - 1));
    after.push_back('\0');
    place.key = std::max(place.key, after);
  }
  return place;
}

}  // namespace cordwood::storage
