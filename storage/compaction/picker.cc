#include "storage/compaction/picker.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "storage/compaction/dead_ranges.h"
#include "storage/compaction/garbage.h"

namespace cordwood::storage {
namespace {

bool AnyBusy(const std::vector<const Run*>& runs, const PickerState& state) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const Run* run) { return state.busy.contains(run->id); });
}

// The runs of a level that can be merged down: those newer than all that cannot be read.
std::vector<const Run*> MergeableRuns(const Tree& tree, uint32_t level, const PickerState& state) {
  std::vector<const Run*> runs = tree.RunsOf(level);
  const auto broken = std::find_if(runs.begin(), runs.end(),
                                   [&](const Run* run) { return state.broken.contains(run->id); });
  runs.erase(broken, runs.end());
  return runs;
}

bool LastIsBroken(const Tree& tree, const PickerState& state) {
  return tree.last_run() != nullptr && state.broken.contains(tree.last_run()->id);
}

double Fullness(const Tree& tree, uint32_t level, const PickerState& state,
                const PickerOptions& options) {
  return static_cast<double>(MergeableRuns(tree, level, state).size()) / options.runs_per_level;
}

std::vector<uint64_t> Ids(const std::vector<const Run*>& runs) {
  std::vector<uint64_t> ids;
  for (const Run* run : runs) ids.push_back(run->id);
  return ids;
}

// Before compression: the last level may be compressed when those above are not.
uint64_t DataBytes(const std::vector<const Run*>& runs) {
  uint64_t sum = 0;
  for (const Run* run : runs) sum += run->data_bytes();
  return sum;
}

bool HasAnyFrom(const std::vector<const Run*>& runs, std::string_view begin) {
  return std::any_of(runs.begin(), runs.end(), [&](const Run* run) {
    return run->LowerBound(begin) < run->fragments.size();
  });
}

// Estimated bytes of `runs` inside `bounds`; not zero if anything may be there. Those of neighbours
// add up.
uint64_t BytesIn(const std::vector<const Run*>& runs, const KeyRange& bounds) {
  uint64_t sum = 0;
  for (const Run* run : runs) {
    for (size_t i = run->LowerBound(bounds.begin); i < run->fragments.size(); ++i) {
      const Fragment& fragment = run->fragments[i];
      if (!fragment.range.Overlaps(bounds)) break;
      const bool whole = bounds.Covers(fragment.range);
      sum += 1 + (whole ? fragment.bytes : fragment.BytesIn(bounds.begin, bounds.end));
    }
  }
  return sum;
}

// The first place behind `key` where a fragment of `runs` begins.
std::optional<std::string_view> NextBegin(const std::vector<const Run*>& runs,
                                          std::string_view key) {
  std::optional<std::string_view> next;
  for (const Run* run : runs) {
    size_t i = run->LowerBound(key);
    if (i < run->fragments.size() && run->fragments[i].range.begin <= key) ++i;
    if (i == run->fragments.size()) continue;
    const std::string_view begin = run->fragments[i].range.begin;
    if (!next || begin < *next) next = begin;
  }
  return next;
}

// Moves everything older than `runs` one level down, so that they can be merged: something there
// cannot be read.
Choice PickSink(const Tree& tree, const std::vector<const Run*>& runs, const PickerState& state) {
  std::vector<const Run*> older;
  for (const Run& run : tree.runs()) {
    if (&run > runs.back()) older.push_back(&run);
  }
  if (AnyBusy(older, state)) return {};
  return {.kind = Choice::Kind::kDeepen, .inputs = Ids(older)};
}

// Merges `runs` into the last run, or gives that a level more.
Choice PickLast(const std::vector<const Run*>& runs, const Run& last, const PickerState& state,
                const PickerOptions& options) {
  if (state.busy.contains(last.id)) return {};
  const bool under_way = !state.cursor.empty();
  // By what the level holds when it is just full: with more above, a merge of all of it would take
  // longest when there is the least time.
  const uint64_t full_bytes = DataBytes(runs) / runs.size() * options.runs_per_level;
  const bool outgrown = last.data_bytes() > full_bytes * options.last_level_fanout;
  const bool full = runs.size() >= options.runs_per_level;
  if (outgrown && full && !under_way && !state.compact_through) {
    return {.kind = Choice::Kind::kDeepen, .inputs = {last.id}};
  }
  Choice piece = PickPiece(runs, last, state.cursor, options);
  // What came after the merge had passed by is the next round's.
  if (piece.kind == Choice::Kind::kNothing && under_way) {
    piece = PickPiece(runs, last, {}, options);
  }
  return piece;
}

// Merges the runs of `level` into the level below.
Choice PickLevel(const Tree& tree, uint32_t level, const PickerState& state,
                 const PickerOptions& options) {
  const std::vector<const Run*> runs = MergeableRuns(tree, level, state);
  if (runs.empty() || AnyBusy(runs, state)) return {};
  if (level > 0 && state.level_zero_only) return {};
  const bool above_last = level + 1 == tree.last_level() && tree.last_run() != nullptr;
  if (runs.size() < tree.RunsOf(level).size() || (above_last && LastIsBroken(tree, state))) {
    return runs.size() >= options.runs_per_level ? PickSink(tree, runs, state) : Choice{};
  }
  if (above_last) return PickLast(runs, *tree.last_run(), state, options);
  return {.kind = Choice::Kind::kMerge, .inputs = Ids(runs), .target_level = level + 1};
}

Choice PickFirst(const Tree& tree, const std::vector<uint32_t>& levels, const PickerState& state,
                 const PickerOptions& options) {
  for (const uint32_t level : levels) {
    Choice choice = PickLevel(tree, level, state, options);
    if (choice.kind != Choice::Kind::kNothing) return choice;
  }
  return {};
}

// The dead ranges of a run, without those above the horizon. Slices of one file follow each other.
void AppendDeadRanges(const Run& run, Seq horizon, std::vector<DeadRangeView>& dead) {
  if (run.sums().dead_ranges == 0) return;
  const TableFile* seen = nullptr;
  for (const Fragment& fragment : run.fragments) {
    if (fragment.file.get() == seen) continue;
    seen = fragment.file.get();
    for (const DeadRangeView& range : seen->dead_ranges()) {
      if (range.seq <= horizon) dead.push_back(range);
    }
  }
}

// Fragments that dead ranges of newer data cover whole; in the last run, where a dead range has
// done its work once the horizon has passed it, also those that their own cover.
Choice PickDrop(const Tree& tree, const PickerState& state) {
  Choice choice;
  std::vector<DeadRangeView> dead = state.newer_dead;
  std::erase_if(dead, [&](const DeadRangeView& range) { return range.seq > state.horizon; });
  dead = Flatten(std::move(dead));
  for (const Run& run : tree.runs()) {
    std::vector<DeadRangeView> with_own = dead;
    AppendDeadRanges(run, state.horizon, with_own);
    if (with_own.size() > dead.size()) with_own = Flatten(std::move(with_own));
    const std::vector<DeadRangeView>& acting = &run == tree.last_run() ? with_own : dead;
    size_t at = 0;
    for (const Fragment& fragment : run.fragments) {
      if (acting.empty() || state.busy.contains(run.id)) break;
      if (!CoversWhole(acting, &at, fragment.range, fragment.file->properties().max_seq)) continue;
      choice.kind = Choice::Kind::kDrop;
      choice.drops.push_back({run.id, fragment.file->number(), fragment.range.begin});
    }
    dead = std::move(with_own);
  }
  return choice;
}

// Whether a fragment has an entry or a dead range with a seq of at most `seq`.
bool ReachesBackTo(const Fragment& fragment, Seq seq) {
  const TableProperties& properties = fragment.file->properties();
  const std::span<const DeadRangeView> dead = fragment.file->dead_ranges();
  return (properties.entries > 0 && properties.min_seq <= seq) ||
         std::any_of(dead.begin(), dead.end(),
                     [&](const DeadRangeView& range) { return range.seq <= seq; });
}

bool ReachesBackTo(const Run& run, Seq seq) {
  return std::any_of(run.fragments.begin(), run.fragments.end(),
                     [&](const Fragment& fragment) { return ReachesBackTo(fragment, seq); });
}

bool LevelReachesBackTo(const Tree& tree, uint32_t level, Seq seq) {
  const std::vector<const Run*> runs = tree.RunsOf(level);
  return std::any_of(runs.begin(), runs.end(),
                     [&](const Run* run) { return ReachesBackTo(*run, seq); });
}

// Garbage in the last run that whoever wants all up to `through` compacted wants to be rid of.
bool IsUnwanted(const Fragment& fragment, Seq through, Seq horizon) {
  return fragment.file->properties().max_seq <= through &&
         GarbageShareInLastRun(fragment, horizon) > 0;
}

// Merges fragments of the last run alone: the first that have come to hold garbage, side by side.
Choice PickRewrite(const Tree& tree, const PickerState& state, const PickerOptions& options) {
  const Run* last = tree.last_run();
  if (last == nullptr || LastIsBroken(tree, state) || state.busy.contains(last->id)) return {};
  if (state.level_zero_only) return {};
  if (last->sums().garbage_entries == 0 && last->sums().dead_ranges == 0) return {};
  const auto holds_garbage = [&](const Fragment& fragment) {
    return GarbageShareInLastRun(fragment, state.horizon) >= options.garbage_share ||
           (state.compact_through && IsUnwanted(fragment, *state.compact_through, state.horizon));
  };
  const auto first = std::find_if(last->fragments.begin(), last->fragments.end(), holds_garbage);
  if (first == last->fragments.end()) return {};
  auto end = first;
  for (uint64_t bytes = 0; end != last->fragments.end() && bytes < options.piece_bytes; ++end) {
    if (!holds_garbage(*end)) break;
    bytes += end->bytes;
  }
  return {.kind = Choice::Kind::kMerge,
          .inputs = {last->id},
          .bounds = {.begin = first->range.begin, .end = std::prev(end)->range.end},
          .target_level = last->level,
          .target_run = last->id,
          .next_cursor = state.cursor};
}

// Merges everything in the range of a request into the last run, as far as a piece may go. From and
// up to where fragments of that run begin and end: what is left of one would keep the whole file.
Choice PickPieceOfRange(const std::vector<const Run*>& upper, const Run* last, uint32_t level,
                        const KeyRange& range, const PickerOptions& options) {
  std::vector<const Run*> all = upper;
  KeyRange bounds = range;
  if (last != nullptr) {
    all.push_back(last);
    for (size_t i = last->LowerBound(range.begin); i < last->fragments.size(); ++i) {
      const KeyRange& fragment = last->fragments[i].range;
      if (!fragment.Overlaps(range)) break;
      bounds.begin = std::min(bounds.begin, fragment.begin);
      const bool is_whole = !bounds.end || (fragment.end && *fragment.end <= *bounds.end);
      const KeyRange up_to_here{.begin = bounds.begin, .end = fragment.end};
      if (!is_whole || BytesIn(all, up_to_here) >= options.piece_bytes) {
        bounds.end = fragment.end;
        break;
      }
    }
  }
  return {.kind = Choice::Kind::kMerge,
          .inputs = Ids(all),
          .bounds = bounds,
          .target_level = level,
          .target_run = last == nullptr ? 0 : last->id};
}

// The first request that can be worked at.
Choice PickRange(const Tree& tree, const PickerState& state, const PickerOptions& options) {
  const Run* last = tree.last_run();
  if (state.level_zero_only || LastIsBroken(tree, state)) return {};
  if (last != nullptr && state.busy.contains(last->id)) return {};
  for (const RangeRequest& request : state.ranges) {
    if (IsMerged(tree, request, state.horizon)) continue;
    // From the newest with something in the range on: a merge takes no run past another.
    std::vector<const Run*> upper;
    for (const Run& run : tree.runs()) {
      if (&run == last) continue;
      if (!upper.empty() || BytesIn({&run}, request.range) > 0) upper.push_back(&run);
    }
    const bool is_broken = std::any_of(
        upper.begin(), upper.end(), [&](const Run* run) { return state.broken.contains(run->id); });
    if (is_broken || AnyBusy(upper, state)) continue;
    Choice choice = PickPieceOfRange(upper, last, tree.last_level(), request.range, options);
    choice.next_cursor = state.cursor;
    return choice;
  }
  return {};
}

bool UpperGarbage(const Tree& tree, const PickerState& state, const PickerOptions& options) {
  const uint64_t garbage = GarbageBytesAboveLastRun(tree, state.horizon);
  return garbage > 0 &&
         static_cast<double>(garbage) >= options.garbage_share * static_cast<double>(tree.bytes());
}

// Level `level` is to be merged into the last run, though it may not be full: that has begun, or
// there is half as much in it as in that run, and that is more than a piece. If no key is new, half
// as much again as the data needs is in use by then.
bool IsDueAboveLast(const Tree& tree, uint32_t level, const PickerState& state,
                    const PickerOptions& options) {
  const Run* last = tree.last_run();
  if (last == nullptr || LastIsBroken(tree, state) || level + 1 != tree.last_level()) return false;
  if (!state.cursor.empty()) return true;
  return last->bytes() >= options.piece_bytes &&
         2 * DataBytes(tree.RunsOf(level)) >= last->data_bytes();
}

}  // namespace

Choice PickPiece(const std::vector<const Run*>& upper, const Run& last, const std::string& begin,
                 const PickerOptions& options) {
  std::vector<const Run*> all = upper;
  all.push_back(&last);
  KeyRange bounds{.begin = begin};
  KeyRange step{.begin = begin};  // what the piece may grow by
  uint64_t bytes = 0;             // in the piece
  while (bytes < options.piece_bytes) {
    step.end = NextBegin(all, step.begin);
    const bool above = BytesIn(upper, step) > 0;
    if (above) {
      if (bytes == 0) bounds.begin = step.begin;
      bytes += BytesIn(all, step);
      bounds.end = step.end;
    }
    if (!step.end || (bytes > 0 && !above)) break;
    step.begin = *step.end;
  }
  if (bytes == 0) return {};
  // Not from the middle of a fragment of the last run: what is left of it would keep the whole
  // file.
  if (const Fragment* cut = last.Find(bounds.begin); cut != nullptr) {
    bounds.begin = cut->range.begin;
  }
  // An empty one has no number yet.
  Choice choice{.kind = Choice::Kind::kMerge,
                .inputs = Ids(last.id == 0 ? upper : all),
                .bounds = bounds,
                .target_level = last.level,
                .target_run = last.id};
  // Where nothing is left above, the merge is over, however far the last run goes on.
  if (bounds.end && HasAnyFrom(upper, *bounds.end)) choice.next_cursor = *bounds.end;
  return choice;
}

uint64_t InputBytes(const Tree& tree, const Choice& choice) {
  if (choice.kind != Choice::Kind::kMerge) return 0;
  std::vector<const Run*> inputs;
  for (const uint64_t run : choice.inputs) inputs.push_back(tree.FindRun(run));
  return BytesIn(inputs, choice.bounds);
}

bool IsDeepMerge(const Choice& choice) {
  return choice.kind == Choice::Kind::kMerge && choice.target_level > 1;
}

bool IsMerged(const Tree& tree, const RangeRequest& request, Seq horizon) {
  for (const Run& run : tree.runs()) {
    for (size_t i = run.LowerBound(request.range.begin); i < run.fragments.size(); ++i) {
      const Fragment& fragment = run.fragments[i];
      if (!fragment.range.Overlaps(request.range)) break;
      const bool is_left = &run == tree.last_run() ? IsUnwanted(fragment, request.through, horizon)
                                                   : ReachesBackTo(fragment, request.through);
      if (is_left) return false;
    }
  }
  return true;
}

bool IsCompacted(const Tree& tree, Seq through, Seq horizon) {
  for (const Run& run : tree.runs()) {
    if (&run != tree.last_run() && ReachesBackTo(run, through)) return false;
  }
  const Run* last = tree.last_run();
  return last == nullptr || std::none_of(last->fragments.begin(), last->fragments.end(),
                                         [&](const Fragment& fragment) {
                                           return IsUnwanted(fragment, through, horizon);
                                         });
}

Choice PickCompaction(const Tree& tree, const PickerState& state, const PickerOptions& options) {
  if (Choice drop = PickDrop(tree, state); drop.kind != Choice::Kind::kNothing) return drop;

  // Full levels first, the fullest of them before the others, the upper one of two that are
  // equally full; then what was asked for, and what gives space back.
  std::vector<std::pair<double, uint32_t>> full;
  std::vector<uint32_t> asked_for;
  for (uint32_t level = 0; level < tree.last_level(); ++level) {
    double fullness = Fullness(tree, level, state, options);
    if (IsDueAboveLast(tree, level, state, options)) fullness = std::max(fullness, 1.0);
    if (fullness >= 1.0) full.emplace_back(-fullness, level);
    if (state.compact_through && LevelReachesBackTo(tree, level, *state.compact_through)) {
      asked_for.push_back(level);
    }
  }
  std::sort(full.begin(), full.end());
  // Who waits for garbage of the last run to go would wait for ever where a level is always full.
  const bool hurry = !full.empty() && full.front().first <= -2.0;
  if (state.compact_through && asked_for.empty() && !hurry) {
    Choice choice = PickRewrite(tree, state, options);
    if (choice.kind != Choice::Kind::kNothing) return choice;
  }
  std::vector<uint32_t> levels;
  for (const auto& [fullness, level] : full) levels.push_back(level);
  levels.insert(levels.end(), asked_for.begin(), asked_for.end());
  Choice choice = PickFirst(tree, levels, state, options);
  if (choice.kind == Choice::Kind::kNothing) choice = PickRange(tree, state, options);
  if (choice.kind == Choice::Kind::kNothing && UpperGarbage(tree, state, options)) {
    levels.resize(tree.last_level());
    std::iota(levels.begin(), levels.end(), 0);
    choice = PickFirst(tree, levels, state, options);
  }
  return choice.kind == Choice::Kind::kNothing ? PickRewrite(tree, state, options) : choice;
}

double CompactionDebt(const Tree& tree, const PickerState& state, const PickerOptions& options) {
  double debt = 0;
  for (uint32_t level = 0; level < tree.last_level(); ++level) {
    debt = std::max(debt, Fullness(tree, level, state, options));
  }
  return debt;
}

}  // namespace cordwood::storage
