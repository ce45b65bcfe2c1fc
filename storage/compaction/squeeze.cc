#include "storage/compaction/squeeze.h"

#include <algorithm>

#include "storage/compaction/garbage.h"

namespace cordwood::storage {
namespace {

// What is merged for the sake of garbage while space is short: this share of all there is. Less
// would have each delete rewrite a fragment.
constexpr double kGarbageShare = 1.0 / 64;
// A step writes up to so many fragments, beside what it keeps.
constexpr uint64_t kFragmentsPerStep = 2;

std::vector<const Run*> RunsAboveLast(const Tree& tree) {
  std::vector<const Run*> runs;
  for (const Run& run : tree.runs()) {
    if (&run != tree.last_run()) runs.push_back(&run);
  }
  return runs;
}

bool AnyBusy(const Tree& tree, const std::vector<const Run*>& runs, const PickerState& state) {
  const auto busy = [&](const Run* run) { return state.busy.contains(run->id); };
  return std::any_of(runs.begin(), runs.end(), busy) ||
         (tree.last_run() != nullptr && busy(tree.last_run()));
}

uint64_t LargestFile(const Run& run) {
  uint64_t largest = 0;
  for (const Fragment& fragment : run.fragments) {
    largest = std::max(largest, fragment.file->properties().file_bytes);
  }
  return largest;
}

// The oldest of `upper`, so many that the files kept while they are merged fit; one at least, and
// no more where nobody knows what fits.
std::vector<const Run*> OldestThatFit(const std::vector<const Run*>& upper,
                                      const PickerState::Room& all_room, uint64_t step) {
  const bool known = all_room.bytes != UINT64_MAX;
  const uint64_t room = known && all_room.bytes > step ? all_room.bytes - step : 0;
  uint64_t kept = 0;
  auto first = upper.end();
  while (first != upper.begin()) {
    kept += LargestFile(**std::prev(first));
    if (kept > room && first != upper.end()) break;
    --first;
  }
  return {first, upper.end()};
}

bool IsWorthwhile(const Tree& tree, const std::vector<const Run*>& upper,
                  const PickerState& state) {
  if (!state.cursor.empty()) return true;
  uint64_t bytes = GarbageBytesAboveLastRun(tree, state.horizon);
  for (const Run* run : upper) bytes += run->bytes();
  return static_cast<double>(bytes) >= kGarbageShare * static_cast<double>(tree.bytes());
}

Choice PickStep(const Tree& tree, const PickerState& state, const PickerOptions& options,
                bool is_due) {
  const std::vector<const Run*> upper = RunsAboveLast(tree);
  if (upper.empty() || !state.broken.empty()) return PickCompaction(tree, state, options);
  if (AnyBusy(tree, upper, state)) return {};
  if (!is_due && !IsWorthwhile(tree, upper, state)) return {};
  const std::vector<const Run*> runs =
      state.small_steps_take_all
          ? upper
          : OldestThatFit(upper, state.room, kFragmentsPerStep * options.piece_bytes);
  PickerOptions step = options;
  if (state.small_steps_take_all) step.piece_bytes /= 2;  // one fragment
  const Run none(0, tree.last_level(), {});
  const Run& last = tree.last_run() != nullptr ? *tree.last_run() : none;
  Choice piece = PickPiece(runs, last, state.cursor, step);
  if (piece.kind == Choice::Kind::kNothing && !state.cursor.empty()) {
    piece = PickPiece(runs, last, {}, step);
  }
  return piece;
}

}  // namespace

Choice PickInRoom(const Tree& tree, const PickerState& state, const PickerOptions& options,
                  uint64_t fragment_bytes) {
  Choice choice = PickCompaction(tree, state, options);
  const bool is_merge = choice.kind == Choice::Kind::kMerge;
  const bool fits = !is_merge || InputBytes(tree, choice) <= state.room.bytes;
  if (fits && !state.room.is_short) return choice;
  // What writes no table is done first in any case.
  if (choice.kind == Choice::Kind::kDrop || choice.kind == Choice::Kind::kDeepen) return choice;
  PickerOptions small = options;
  small.piece_bytes = fragment_bytes;
  small.garbage_share = std::min(small.garbage_share, kGarbageShare);
  return PickStep(tree, state, small, is_merge);
}

}  // namespace cordwood::storage
