#include "storage/version/sampling.h"

#include <algorithm>

namespace cordwood::storage {
namespace {

uint64_t EntriesPerBlock(const TableProperties& properties) {
  return std::max<uint64_t>(1, properties.entries / std::max<uint64_t>(1, properties.data_blocks));
}

}  // namespace

PlaceSampler::PlaceSampler(const Version& version, std::string_view begin, std::string_view end,
                           const ReadOptions& options)
    : begin_(begin), end_(end), options_(options) {
  AddMemtable(*version.active.memtable);
  for (const SortedMemtable& immutable : version.immutables) AddMemtable(*immutable.memtable);
  for (const Run& run : version.tree->runs()) AddRun(run);
  for (const Part& part : parts_) entries_ += part.entries;
}

void PlaceSampler::AddMemtable(const Memtable& memtable) {
  if (memtable.entries() == 0) return;
  parts_.push_back({.entries = memtable.entries(), .memtable = &memtable});
}

void PlaceSampler::AddRun(const Run& run) {
  const auto add_one = [&](size_t index) {
    const uint64_t entries = EntriesOf(run.fragments[index]);
    if (entries == 0) return;
    parts_.push_back({.entries = entries, .run = &run, .first = index, .end = index + 1});
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

uint64_t PlaceSampler::EntriesOf(const Fragment& fragment) const {
  const KeyRange& range = fragment.range;
  const TableProperties& properties = fragment.file->properties();
  if (range.begin >= end_ || (range.end && *range.end <= begin_)) return 0;
  if (properties.entries == 0) return 0;
  const double share = static_cast<double>(fragment.BytesIn(begin_, end_)) /
                       static_cast<double>(fragment.file->summary().outline.data_end());
  // The draw will fall on a block.
  return std::max(EntriesPerBlock(properties),
                  static_cast<uint64_t>(share * static_cast<double>(properties.entries)));
}

PlaceSampler::Blocks PlaceSampler::BlocksOf(const Fragment& fragment, const Table& table) const {
  const KeyRange& range = fragment.range;
  if (range.begin >= end_ || (range.end && *range.end <= begin_)) return {};
  const std::string_view from = std::max<std::string_view>(begin_, range.begin);
  const std::string_view to = range.end ? std::min<std::string_view>(end_, *range.end) : end_;
  return {.first = table.BlockOf(from),
          .end = std::min<size_t>(table.BlockOf(to) + 1, table.block_count())};
}

Result<std::optional<Place>> PlaceSampler::Draw(Random& random) const {
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

Result<std::optional<Place>> PlaceSampler::DrawFrom(const Fragment& fragment,
                                                    Random& random) const {
  const Table* table = fragment.file->open();
  std::shared_ptr<const Table> opened;
  if (table == nullptr) {
    if (options_.tier == Tier::kCacheOnly) {
      NameClosedTable(*fragment.file, options_);
      return Fail(ErrorCode::kCold, "cold");
    }
    CW_ASSIGN(opened, fragment.file->Open());
    table = opened.get();
  }
  const auto [first, end] = BlocksOf(fragment, *table);
  if (first >= end) return std::nullopt;
  const size_t block = first + random.Below(end - first);
  Place place{.key = begin_, .entries = EntriesPerBlock(table->properties())};
  if (block > 0) {
    std::string after(table->LargestOf(block - 1));
    after.push_back('\0');
    place.key = std::max(place.key, after);
  }
  return place;
}

}  // namespace cordwood::storage
