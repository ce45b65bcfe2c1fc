#include "storage/compaction/merge_inputs.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "storage/table/merging_iterator.h"
#include "storage/version/run_iterator.h"

namespace cordwood::storage {
namespace {

std::unique_ptr<EntryIterator> Entries(const std::vector<const Run*>& runs, uint64_t* unreadable) {
  std::vector<std::unique_ptr<EntryIterator>> iterators;
  for (const Run* run : runs) {
    iterators.push_back(std::make_unique<RunIterator>(
        run->fragments, ReadOptions{.fill_cache = false, .unreadable = unreadable}));
  }
  return NewMergingIterator(std::move(iterators), Values::kOneAtATime);
}

KeyRange Intersection(const KeyRange& a, const KeyRange& b) {
  KeyRange both{.begin = std::max(a.begin, b.begin), .end = a.end};
  if (b.end && (!both.end || *b.end < *both.end)) both.end = b.end;
  return both;
}

bool IsEmpty(const KeyRange& range) { return range.end && *range.end <= range.begin; }

// Every fragment of `run` inside `bounds`, and every gap between two of them, in key order.
std::vector<KeyRange> Cells(const Run& run, const KeyRange& bounds) {
  std::vector<KeyRange> cells;
  const auto add = [&](const KeyRange& range) {
    KeyRange cell = Intersection(range, bounds);
    if (!IsEmpty(cell)) cells.push_back(std::move(cell));
  };
  std::string at = bounds.begin;
  for (size_t i = run.LowerBound(bounds.begin); i < run.fragments.size(); ++i) {
    const KeyRange& range = run.fragments[i].range;
    if (!range.Overlaps(bounds)) break;
    add({.begin = at, .end = range.begin});
    add(range);
    if (!range.end) return cells;
    at = *range.end;
  }
  add({.begin = at});
  return cells;
}

// The runs that are merged into the target: whether they have anything at a place.
class Above {
 public:
  Above(std::vector<const Run*> runs, uint64_t* unreadable)
      : runs_(std::move(runs)), entries_(Entries(runs_, unreadable)) {}

  /// REQUIRES: ranges do not descend from call to call.
  Result<bool> HasAnythingIn(const KeyRange& range) {
    bool maybe = false;
    for (const Run* run : runs_) {
      for (size_t i = run->LowerBound(range.begin); i < run->fragments.size(); ++i) {
        const Fragment& fragment = run->fragments[i];
        if (!fragment.range.Overlaps(range)) break;
        maybe = true;
        if (CertainlyHas(fragment, Intersection(fragment.range, range))) return true;
      }
    }
    if (!maybe) return false;
    entries_->Seek(range.begin, SeekTrailer(kMaxSeq));
    CW_TRY(entries_->status());
    return entries_->Valid() && (!range.end || entries_->key() < *range.end);
  }

 private:
  // As far as can be said without reading: a dead range, or all entries of some blocks.
  static bool CertainlyHas(const Fragment& fragment, const KeyRange& range) {
    const TableIndex& outline = fragment.file->summary().outline;
    const size_t end = range.end ? outline.Find(*range.end) : outline.count();
    if (outline.Find(range.begin) + 1 < end) return true;
    const std::span<const DeadRangeView> dead_ranges = fragment.file->dead_ranges();
    return std::any_of(dead_ranges.begin(), dead_ranges.end(), [&](const DeadRangeView& dead) {
      return (!range.end || dead.begin < *range.end) &&
             (dead.end.empty() || range.begin < dead.end);
    });
  }

  const std::vector<const Run*> runs_;
  const std::unique_ptr<EntryIterator> entries_;
};

// Takes a fragment out of the tree, and puts back what lies outside of `bounds`.
void CutOutOf(const Run& run, const Fragment& fragment, const KeyRange& bounds, Edit& edit) {
  edit.drops.push_back(
      {.run = run.id, .file = fragment.file->number(), .begin = fragment.range.begin});
  const auto keep = [&](KeyRange range) {
    edit.adds.push_back({.run = run.id,
                         .level = run.level,
                         .file = fragment.file->number(),
                         .bytes = fragment.file->summary().BytesIn(range.begin, range.end),
                         .range = std::move(range)});
  };
  if (fragment.range.begin < bounds.begin) {
    keep({.begin = fragment.range.begin, .end = bounds.begin});
  }
  if (bounds.end && (!fragment.range.end || *bounds.end < *fragment.range.end)) {
    keep({.begin = *bounds.end, .end = fragment.range.end});
  }
}

}  // namespace

bool OlderRuns::MayContain(std::string_view key) {
  places.resize(tree->runs().size());
  for (size_t i = first; i < tree->runs().size(); ++i) {
    const Fragment* fragment = tree->runs()[i].Find(key);
    if (fragment == nullptr) continue;
    Place& place = places[i];
    if (place.file != fragment->file.get()) {
      place = {.file = fragment->file.get(), .table = fragment->file->IfOpen()};
    }
    if (place.table == nullptr || place.table->MayContain(key)) return true;
  }
  return false;
}

bool OlderRuns::MayLieIn(const KeyRange& range) const {
  for (size_t i = first; i < tree->runs().size(); ++i) {
    const Run& run = tree->runs()[i];
    const size_t index = run.LowerBound(range.begin);
    if (index < run.fragments.size() && run.fragments[index].range.Overlaps(range)) return true;
  }
  return false;
}

uint64_t LargestEntry(const Tree& tree, const Choice& choice) {
  uint64_t largest = 0;
  for (const uint64_t id : choice.inputs) {
    const Run& run = *tree.FindRun(id);
    for (size_t i = run.LowerBound(choice.bounds.begin); i < run.fragments.size(); ++i) {
      const Fragment& fragment = run.fragments[i];
      if (!fragment.range.Overlaps(choice.bounds)) break;
      largest = std::max(largest, fragment.file->properties().largest_entry);
    }
  }
  return choice.kind == Choice::Kind::kMerge ? largest : 0;
}

MergeInputs::MergeInputs(std::shared_ptr<const Tree> tree, const Choice& choice)
    : tree_(std::move(tree)), choice_(choice), older_{.tree = tree_} {
  for (size_t i = 0; i < tree_->runs().size(); ++i) {
    const Run& run = tree_->runs()[i];
    if (std::find(choice.inputs.begin(), choice.inputs.end(), run.id) == choice.inputs.end()) {
      continue;
    }
    CHECK(runs_.empty() || older_.first == i);  // a run between two inputs would be skipped
    older_.first = i + 1;
    runs_.push_back(&run);
  }
  CHECK(runs_.size() == choice.inputs.size());
}

Result<std::vector<KeyRange>> MergeInputs::PartsToMerge() {
  const Run& oldest = *runs_.back();
  if (!IsTarget(oldest) || runs_.size() == 1) return std::vector<KeyRange>{choice_.bounds};
  Above above({runs_.begin(), std::prev(runs_.end())}, &unreadable_);
  std::vector<KeyRange> parts;
  for (KeyRange& cell : Cells(oldest, choice_.bounds)) {
    CW_ASSIGN(const bool merged, above.HasAnythingIn(cell));
    if (!merged) continue;
    if (!parts.empty() && parts.back().end == cell.begin) {
      parts.back().end = std::move(cell.end);
    } else {
      parts.push_back(std::move(cell));
    }
  }
  return parts;
}

uint64_t MergeInputs::BytesIn(const KeyRange& part) const {
  uint64_t sum = 0;
  for (const Run* run : runs_) {
    for (size_t i = run->LowerBound(part.begin); i < run->fragments.size(); ++i) {
      if (!run->fragments[i].range.Overlaps(part)) break;
      sum += run->fragments[i].BytesIn(part.begin, part.end);
    }
  }
  return sum;
}

void MergeInputs::CutOut(const std::vector<KeyRange>& parts, Edit& edit) const {
  for (const Run* run : runs_) {
    auto part = parts.begin();
    for (size_t i = run->LowerBound(choice_.bounds.begin); i < run->fragments.size(); ++i) {
      const Fragment& fragment = run->fragments[i];
      if (!fragment.range.Overlaps(choice_.bounds)) break;
      if (!IsTarget(*run)) {
        CutOutOf(*run, fragment, choice_.bounds, edit);
        continue;
      }
      while (part != parts.end() && part->end && *part->end <= fragment.range.begin) ++part;
      if (part != parts.end() && fragment.range.Overlaps(*part)) {
        CutOutOf(*run, fragment, *part, edit);
      }
    }
  }
}

MergePlan MergeInputs::Plan(const KeyRange& part, ReadPoints readers) {
  MergePlan plan{.entries = Entries(runs_, &unreadable_),
                 .bounds = part,
                 .rules = {.readers = std::move(readers),
                           .older_may_exist = [older = older_](std::string_view key) mutable {
                             return older.MayContain(key);
                           }}};
  for (const Run* run : runs_) {
    for (size_t i = run->LowerBound(part.begin); i < run->fragments.size(); ++i) {
      const Fragment& fragment = run->fragments[i];
      if (!fragment.range.Overlaps(part)) break;
      for (const DeadRangeView& view : fragment.file->dead_ranges()) {
        std::optional<DeadRange> dead = Clip(DeadRange::From(view), fragment.range);
        if (dead) dead = Clip(*dead, part);
        if (dead) plan.dead.push_back(std::move(*dead));
      }
    }
  }
  plan.older_may_lie_in = [older = older_](const KeyRange& range) { return older.MayLieIn(range); };
  return plan;
}

}  // namespace cordwood::storage
