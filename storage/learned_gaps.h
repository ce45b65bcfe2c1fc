#pragma once

// Stretches of the key space in which walks found deleted keys and nothing else. Later walks jump
// over them: a collection that shrank, or a queue that is emptied at its front, is slow once.
//
// A gap has the largest seq of any entry met in it, and serves readers who see all of these. That
// it hides no key rests on two rules. Whoever learns one saw the newest entry of each key in it,
// and nothing was written since (epoch()). Whoever writes takes the key out of its gap first,
// before any reader can find it.
//
// Gaps of which all entries are visible to everybody grow together. Others stay as they were
// learned; else readers at the visible state could not use what they had before. A jump costs a
// search of every sorted run of the memtables and the tables, so pieces of a gap that could be one
// are not left lying.
//
// Lost with the process. Bounded in bytes; those not used for the longest time go first.
//
// Ownership: the store's. Threads: the executor.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storage/entry.h"

namespace cordwood::storage {

class LearnedGaps {
 public:
  /// Deleted keys in a row are not worth a gap if a walk over them takes fewer steps than this.
  /// With a jump or two to get there it takes 64.
  static constexpr uint64_t kStepsMin = 48;

  explicit LearnedGaps(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  bool empty() const { return gaps_.empty(); }
  size_t count() const { return gaps_.size(); }
  uint64_t bytes() const { return bytes_; }

  struct Ahead {
    bool inside = false;     // the key lies in a gap
    std::string_view place;  // of that gap the end; else no gap begins before it; empty: none does
  };
  /// For a reader who sees everything up to `seq`. The view lives until the next change.
  Ahead Look(std::string_view key, Seq seq);
  /// The same of the keys right before `key`: `place` is where their gap begins; else no gap that
  /// such a reader could use has keys between it and `key`.
  Ahead LookBefore(std::string_view key, Seq seq);

  /// Changes with every put.
  uint64_t epoch() const { return epoch_; }
  /// Nothing but deleted keys is in [begin, end), none with an entry above `seq`. Everybody sees
  /// what is at most `visible`. REQUIRES: begin < end; nothing was written since the walk's view
  /// was taken.
  void Learn(std::string begin, std::string end, Seq seq, Seq visible);
  /// The same of a stretch that is too short for a gap: learned only if it lies between two gaps
  /// and makes one of them. So what is put into a gap, and deleted again, does not leave it in
  /// pieces for ever. REQUIRES: begin <= end, and the rest as Learn.
  void Join(std::string_view begin, std::string_view end, Seq seq, Seq visible);
  /// Before a put of the key can be found.
  void NotePut(std::string_view key);

 private:
  using Recent = std::list<std::string_view>;  // begins, the last used in front
  struct Gap {
    std::string end;
    Seq seq = 0;
    Recent::iterator place;
  };
  using Map = std::map<std::string, Gap, std::less<>>;

  /// The first gap that ends behind `key`.
  Map::iterator EndingBehind(std::string_view key);
  void Insert(std::string begin, std::string end, Seq seq);
  void Erase(Map::iterator it);
  static uint64_t BytesOf(std::string_view begin, std::string_view end);

  const uint64_t bytes_max_;
  Map gaps_;  // by where they begin; none overlaps another
  Recent recent_;
  uint64_t bytes_ = 0;
  uint64_t epoch_ = 0;
};

/// What a walk knows of gaps: those that there are, and the stretch of deleted keys that it is in.
/// Of what is said to lie before or behind something, the opposite holds of a walk backwards.
class GapWatch {
 public:
  /// `epoch` is the table's when the walk's view was taken; `visible` what everybody saw then.
  /// Null: there are no gaps, and none is learned.
  GapWatch(LearnedGaps* gaps, Seq seq, Seq visible, uint64_t epoch)
      : gaps_(gaps), seq_(seq), visible_(visible), epoch_(epoch) {}

  enum class Way : bool { kForwards, kBackwards };
  /// The walk begins, goes on elsewhere, or turns round.
  void Begin(Way way);

  /// Where the gap ends that begins with the key, or that it lies in: no key before its end exists.
  /// Backwards: where the gap begins that the keys before this one lie in.
  std::optional<std::string_view> Beyond(std::string_view key);

  enum class Before : bool { kMet, kSought };
  /// The newest entry of `key` deletes it. No entry lies between it and `before`, which is the key
  /// that was met before, or was sought: forwards it may be `key` itself, or else has no entry
  /// either; backwards it may have, and is empty if there is no key behind `key`.
  void MeetDeleted(std::string_view before, Before what, std::string_view key, Seq seq);
  /// The walk stepped over so many hidden entries of the key that was met last.
  void Step(uint64_t entries) { steps_ += entries; }
  /// `next` is not deleted: what was met before it is learned.
  void EndBefore(std::string_view next);
  /// The walk ends at its bound, or jumps from there, and no other entry is left before it.
  void EndAt(std::string_view bound);
  /// The walk stops behind the last key that was met.
  void EndBehindLast();

 private:
  bool backwards() const { return way_ == Way::kBackwards; }
  /// The stretch goes up to `limit`, which is an end or, backwards, a begin.
  void Learn(std::string limit);
  /// The same, where another gap may begin at the limit.
  void LearnOrJoin(std::string limit);

  LearnedGaps* gaps_;
  const Seq seq_;
  const Seq visible_;
  const uint64_t epoch_;
  Way way_ = Way::kForwards;
  std::string start_;  // where the stretch begins; backwards: where it ends
  std::string last_;
  uint64_t keys_ = 0;   // in the stretch
  uint64_t steps_ = 0;  // over it
  Seq stretch_seq_ = 0;
  bool looked_ = false;   // `next_gap_` is known
  std::string next_gap_;  // no gap lies before it; forwards, empty: nor behind
};

}  // namespace cordwood::storage
