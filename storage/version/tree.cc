#include "storage/version/tree.h"

#include <algorithm>
#include <set>

namespace cordwood::storage {

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
  return end && *end <= begin ? 0 : file->summary().BytesIn(begin, end);
}

std::shared_ptr<const Run::RunContents> Run::Contain(std::vector<Fragment> fragments) {
  auto contents = std::make_shared<RunContents>();
  std::sort(fragments.begin(), fragments.end(),
            [](const Fragment& a, const Fragment& b) { return a.range.begin < b.range.begin; });
  Sums& sums = contents->sums;
  std::set<const TableFile*> sliced;  // those that may come again
  contents->entries_before.reserve(fragments.size() + 1);
  contents->entries_before.push_back(0);
  for (const Fragment& fragment : fragments) {
    const TableProperties& properties = fragment.file->properties();
    sums.bytes += fragment.bytes;
    sums.data_bytes += fragment.data_bytes();
    contents->entries_before.push_back(contents->entries_before.back() + fragment.entries());
    const bool is_slice = fragment.bytes != properties.file_bytes;
    if (is_slice && !sliced.insert(fragment.file.get()).second) continue;
    sums.entries += properties.entries;
    sums.unsettled += properties.unsettled;
    sums.dead_ranges += properties.dead_ranges;
    const uint64_t garbage = properties.deletes + properties.superseded;
    sums.garbage_entries += garbage;
    if (garbage > 0) sums.newest_garbage = std::max(sums.newest_garbage, properties.max_seq);
    for (const DeadRangeView& dead : fragment.file->dead_ranges()) {
      sums.newest_garbage = std::max(sums.newest_garbage, dead.seq);
    }
  }
  contents->fragments = std::move(fragments);
  return contents;
}

Run::Run(uint64_t run_id, uint32_t run_level, std::vector<Fragment> run_fragments)
    : id(run_id), level(run_level), contents_(Contain(std::move(run_fragments))) {
  fragments = contents_->fragments;
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

std::span<const Fragment> Run::Overlapping(std::string_view begin,
                                           std::optional<std::string_view> end) const {
  std::span<const Fragment> overlapping = fragments.subspan(LowerBound(begin));
  if (end) {
    const auto beyond = std::ranges::partition_point(
        overlapping, [&](const Fragment& f) { return f.range.begin < *end; });
    overlapping = {overlapping.begin(), beyond};
  }
  // Ranges are wider than what is in them.
  while (!overlapping.empty() && overlapping.front().LiesBefore(begin)) {
    overlapping = overlapping.subspan(1);
  }
  while (!overlapping.empty() && end && overlapping.back().LiesBehind(*end)) {
    overlapping = overlapping.first(overlapping.size() - 1);
  }
  return overlapping;
}

Tree::Tree(std::vector<Run> runs) : runs_(std::move(runs)) {
  std::erase_if(runs_, [](const Run& run) { return run.fragments.empty(); });
  std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) {
    return a.level != b.level ? a.level < b.level : a.id > b.id;
  });
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

std::vector<uint64_t> Tree::RunsWith(uint64_t number) const {
  std::vector<uint64_t> ids;
  for (const Run& run : runs_) {
    const bool has = std::any_of(run.fragments.begin(), run.fragments.end(),
                                 [&](const Fragment& f) { return f.file->number() == number; });
    if (has) ids.push_back(run.id);
  }
  return ids;
}

void Tree::AddUp() {
  for (const Run& run : runs_) {
    const Run::Sums& sums = run.sums();
    sums_.bytes += sums.bytes;
    sums_.data_bytes += sums.data_bytes;
    sums_.entries += sums.entries;
    sums_.unsettled += sums.unsettled;
    sums_.dead_ranges += sums.dead_ranges;
    sums_.garbage_entries += sums.garbage_entries;
    sums_.newest_garbage = std::max(sums_.newest_garbage, sums.newest_garbage);
  }
}

}  // namespace cordwood::storage
