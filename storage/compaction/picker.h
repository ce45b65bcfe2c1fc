#pragma once

// Decides what to merge next: a pure function of the tree. Somebody else does the work.
//
// One shape with two numbers. An upper level that holds `runs_per_level` sorted runs is merged
// into one run of the level below; the last level (storage/version/tree.h) is a single run, made
// by the first such merge, from then on merged with the level above piece by piece, and kept at
// most `last_level_fanout` times as large as that level when it is just full: when it has outgrown
// this, the tree gets a level more (lazy leveling; N. Dayan and S. Idreos, "Dostoevsky", SIGMOD
// 2018). With one run per level this is a leveled tree.
//
// More reasons to merge: the level above the last holds half as many bytes as that, all of which
// may shadow what lies beneath; what tombstones and dead ranges in the upper levels have killed
// (storage/compaction/garbage.h), so that deleted data gives its space back; garbage in the last
// run, where it comes to lie when a reader can see it at the time of the merge; a range in which
// walks step over too much that is deleted; and a caller who wants everything that is there in one
// run.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/entry.h"
#include "storage/version/tree.h"

namespace cordwood::storage {

/// Somebody found a range full of what is deleted: what it holds of up to a seq is to be merged
/// into the last run.
struct RangeRequest {
  KeyRange range;
  Seq through = 0;
};

/// What to do next.
struct Choice {
  enum class Kind : uint8_t {
    kNothing,
    kMerge,   // merge `inputs` inside `bounds` into `target_run` (0: a new run) of `target_level`
    kDeepen,  // move each of `inputs` one level down
    kDrop,    // remove the fragments in `drops`: dead ranges cover them whole
  };
  struct Drop {
    uint64_t run = 0;
    uint64_t file = 0;
    std::string begin;
  };

  Kind kind = Kind::kNothing;
  std::vector<uint64_t> inputs;  // run ids, newest first
  KeyRange bounds;
  uint32_t target_level = 0;
  uint64_t target_run = 0;
  /// Of a merge into the last level: PickerState::cursor once it is done.
  std::string next_cursor;
  std::vector<Drop> drops;
};

struct PickerOptions {
  uint32_t runs_per_level = 6;
  uint32_t last_level_fanout = 4;
  /// A piece of a last-level merge reads about this much.
  uint64_t piece_bytes = 256 << 20;
  /// What upper levels have killed, as a share of all bytes, and garbage in a fragment of the last
  /// run, as a share of that, which are worth a merge.
  double garbage_share = 0.1;
};

struct PickerState {
  /// Where the next piece of the merge into the last run begins; empty: no such merge is under
  /// way.
  std::string cursor;
  /// Everything up to this seq is to be merged into one run without garbage.
  std::optional<Seq> compact_through;
  /// Of what is in the tree.
  std::vector<RangeRequest> ranges;
  /// Only level zero may be merged: merges of deeper levels take all the room there is.
  bool level_zero_only = false;
  /// Runs that a merge is reading or writing.
  std::set<uint64_t> busy;
  /// Runs that cannot be read: no merge takes them. What is newer goes on without them: when it
  /// fills a level above them, they and all that is older sink a level.
  std::set<uint64_t> broken;
  /// Dead ranges below this seq can be acted on.
  Seq horizon = 0;
  /// Those of data that is newer than the tree, and on stable storage.
  std::vector<DeadRangeView> newer_dead;
  /// On the disk, for what merges write (storage/compaction/squeeze.h).
  struct Room {
    uint64_t bytes = UINT64_MAX;
    bool is_short = false;  // whatever can be given back is wanted
  };
  Room room;
  /// In small steps all runs are merged at once: with the oldest alone there was no room.
  bool small_steps_take_all = false;
};

/// Whether `choice` merges runs below level zero: such a merge may take minutes, and the one that
/// empties level zero must not wait for it.
bool IsDeepMerge(const Choice& choice);

Choice PickCompaction(const Tree& tree, const PickerState& state, const PickerOptions& options);

/// The first piece of the merge of `upper`, newest first, into `last` at or after `begin`: from one
/// place where a fragment begins to another, as large as a piece may be, and with fragments of
/// `upper` everywhere. Fragments of the last run that have nothing above them are passed over.
Choice PickPiece(const std::vector<const Run*>& upper, const Run& last, const std::string& begin,
                 const PickerOptions& options);

/// Estimated bytes that a merge reads; 0 of what is no merge.
uint64_t InputBytes(const Tree& tree, const Choice& choice);

/// Whether a request is fulfilled: nothing of it lies above the last run, and what is garbage in
/// that a merge at this horizon could not remove.
bool IsMerged(const Tree& tree, const RangeRequest& request, Seq horizon);

/// Whether what PickerState::compact_through asks for is the case.
bool IsCompacted(const Tree& tree, Seq through, Seq horizon);

/// How far behind compaction is: 0 is none, 1 is every level as full as it may be; above 1 there
/// is work that should have been done already. Runs that cannot be read do not count, nor what is
/// older on their level: no waiting would make them fewer.
double CompactionDebt(const Tree& tree, const PickerState& state, const PickerOptions& options);

}  // namespace cordwood::storage
