#include "storage/version/tree.h"

#include <algorithm>

namespace cordwood::storage {

uint64_t Run::bytes() const {
  uint64_t sum = 0;
  for (const Fragment& fragment : fragments) sum += fragment.bytes;
  return sum;
}

uint64_t Fragment::ShareOf(uint64_t of_file) const {
  const double share = static_cast<double>(bytes) /
                       static_cast<double>(std::max<uint64_t>(1, file->properties().file_bytes));
  return static_cast<uint64_t>(share * static_cast<double>(of_file));
}

uint64_t Fragment::data_bytes() const {
  return ShareOf(file->properties().key_bytes + file->properties().value_bytes);
}

uint64_t Fragment::entries() const {
  return std::max<uint64_t>(1, ShareOf(file->properties().entries));
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

void Run::CountEntries() {
  entries_before.assign(1, 0);
  entries_before.reserve(fragments.size() + 1);
  for (const Fragment& fragment : fragments) {
    entries_before.push_back(entries_before.back() + fragment.entries());
  }
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
  for (Run& run : runs_) run.CountEntries();
  AddUp();
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

void Tree::AddUp() {
  std::vector<const TableFile*> files;
  for (const Run& run : runs_) {
    for (const Fragment& fragment : run.fragments) {
      sums_.bytes += fragment.bytes;
      files.push_back(fragment.file.get());
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const TableFile* file : files) {
    const TableProperties& properties = file->properties();
    sums_.entries += properties.entries;
    sums_.unsettled += properties.unsettled;
    sums_.resident_bytes += file->table().memory_bytes();
    if (properties.deletes + properties.superseded > 0) {
      sums_.newest_garbage = std::max(sums_.newest_garbage, properties.max_seq);
    }
    for (const DeadRangeView& dead : file->table().dead_ranges()) {
      sums_.newest_garbage = std::max(sums_.newest_garbage, dead.seq);
    }
  }
}

}  // namespace cordwood::storage
