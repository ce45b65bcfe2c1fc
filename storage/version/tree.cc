#include "storage/version/tree.h"

#include <algorithm>
#include <set>

namespace cordwood::storage {

uint64_t Run::bytes() const {
  uint64_t sum = 0;
  for (const Fragment& fragment : fragments) sum += fragment.bytes;
  return sum;
}

uint64_t Fragment::data_bytes() const {
  const TableProperties& properties = file->properties();
  const double share = static_cast<double>(bytes) /
                       static_cast<double>(std::max<uint64_t>(1, properties.file_bytes));
  return static_cast<uint64_t>(share *
                               static_cast<double>(properties.key_bytes + properties.value_bytes));
}

uint64_t Fragment::BytesIn(std::string_view begin, std::optional<std::string_view> end) const {
  begin = std::max<std::string_view>(begin, range.begin);
  if (range.end && (!end || *range.end < *end)) end = *range.end;
  return end && *end <= begin ? 0 : file->table().BytesIn(begin, end);
}

uint64_t Run::data_bytes() const {
  uint64_t sum = 0;
  for (const Fragment& fragment : fragments) sum += fragment.data_bytes();
  return sum;
}

size_t Run::LowerBound(std::string_view key) const {
  const auto it = std::partition_point(
      fragments.begin(), fragments.end(),
      [&](const Fragment& fragment) { return fragment.range.end && *fragment.range.end <= key; });
  return static_cast<size_t>(it - fragments.begin());
}

const Fragment* Run::Find(std::string_view key) const {
  const size_t index = LowerBound(key);
  if (index == fragments.size() || key < fragments[index].range.begin) return nullptr;
  return &fragments[index];
}

Tree::Tree(std::vector<Run> runs) : runs_(std::move(runs)) {
  std::erase_if(runs_, [](const Run& run) { return run.fragments.empty(); });
  std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) {
    return a.level != b.level ? a.level < b.level : a.id > b.id;
  });
  if (runs_.empty()) return;
  const uint32_t deepest = runs_.back().level;
  const bool alone = runs_.size() == 1 || runs_[runs_.size() - 2].level < deepest;
  last_level_ = deepest > 0 && alone ? deepest : deepest + 1;
}

const Run* Tree::last_run() const {
  return !runs_.empty() && runs_.back().level == last_level_ ? &runs_.back() : nullptr;
}

std::vector<const Run*> Tree::RunsOf(uint32_t level) const {
  std::vector<const Run*> runs;
  for (const Run& run : runs_) {
    if (run.level == level) runs.push_back(&run);
  }
  return runs;
}

const Run* Tree::FindRun(uint64_t id) const {
  const auto it =
      std::find_if(runs_.begin(), runs_.end(), [&](const Run& r) { return r.id == id; });
  return it == runs_.end() ? nullptr : &*it;
}

const TableFile* Tree::FindFile(uint64_t number) const {
  for (const Run& run : runs_) {
    for (const Fragment& fragment : run.fragments) {
      if (fragment.file->number() == number) return fragment.file.get();
    }
  }
  return nullptr;
}

uint64_t Tree::bytes() const {
  uint64_t sum = 0;
  for (const Run& run : runs_) sum += run.bytes();
  return sum;
}

namespace {

// Sums a property over the distinct files of a tree: two fragments may share one.
template <typename Property>
uint64_t SumOverFiles(const std::vector<Run>& runs, Property property) {
  uint64_t sum = 0;
  std::set<const TableFile*> seen;
  for (const Run& run : runs) {
    for (const Fragment& fragment : run.fragments) {
      if (seen.insert(fragment.file.get()).second) sum += property(*fragment.file);
    }
  }
  return sum;
}

}  // namespace

uint64_t Tree::entries() const {
  return SumOverFiles(runs_, [](const TableFile& file) { return file.properties().entries; });
}

uint64_t Tree::unsettled() const {
  return SumOverFiles(runs_, [](const TableFile& file) { return file.properties().unsettled; });
}

uint64_t Tree::resident_bytes() const {
  return SumOverFiles(runs_, [](const TableFile& file) { return file.table().memory_bytes(); });
}

}  // namespace cordwood::storage
