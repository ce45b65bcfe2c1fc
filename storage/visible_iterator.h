#pragma once

// Walks the keys that exist at one seq, in order, both ways: hides newer entries, older versions
// and tombstones.
//
// Between two keys any number of hidden entries may lie. A walk has a budget of them, and stops
// when it is used up, as it does at a cold block; where it got to it tells, so that nobody has to
// step over the same entries again.
//
// status() as in storage/entry_iterator.h, and kPaused when the budget was used up. Views live
// until the next move.
// Threads: one at a time.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/entry.h"
#include "storage/entry_iterator.h"
#include "storage/learned_gaps.h"

namespace cordwood::storage {

class VisibleIterator {
 public:
  VisibleIterator(std::unique_ptr<EntryIterator> entries, Seq seq)
      : entries_(std::move(entries)), seq_(seq) {}
  /// Jumps over the gaps that are known, and learns others.
  VisibleIterator(std::unique_ptr<EntryIterator> entries, Seq seq, const GapWatch& gaps)
      : entries_(std::move(entries)), seq_(seq), gaps_(gaps) {}

  bool Valid() const { return valid_; }
  Status status() const;

  /// Moves forwards end before `end`, moves backwards at `begin`: what lies outside is neither met
  /// nor stepped over. Empty, and without a call: there is no such bound.
  void SetEnd(std::string end) { end_ = std::move(end); }
  void SetBegin(std::string begin) { begin_ = std::move(begin); }
  /// Moves step over so many hidden entries from now on, in all; backwards maybe over some more of
  /// one key. Without a call: over any number.
  void SetBudget(uint64_t entries) { budget_ = entries; }
  uint64_t budget() const { return budget_; }

  /// So many hidden entries were stepped over, a search or a jump counting as some; and so many
  /// keys were met.
  uint64_t stepped() const { return stepped_; }
  uint64_t met() const { return met_; }

  /// Whether the last move stopped on its way: status() is kCold or kPaused.
  bool stopped() const;
  /// Where another walk goes on. Forwards: every key before it that exists was met, or lies before
  /// the last search; whoever seeks it gets further, unless blocks are cold. Backwards: the same of
  /// every key that is not before it, and of SeekBefore; empty: not even the last key of all was
  /// met. REQUIRES: stopped().
  std::string passed() const;

  void SeekToFirst();
  void SeekToLast();
  /// The first key at or after `key`.
  void Seek(std::string_view key);
  /// The last key before `key`.
  void SeekBefore(std::string_view key);
  void Next();
  void Prev();

  std::string_view key() const { return backward_ ? saved_key_ : entries_->key(); }
  std::string_view value() const { return backward_ ? saved_value_ : entries_->value(); }
  Seq seq() const { return backward_ ? saved_seq_ : TrailerSeq(entries_->trailer()); }

 private:
  /// From wherever the entries stand, behind `saved_key_` or among its versions.
  void FindForward();
  /// Leaves the current entry, the version of saved_key_ with this number, which is hidden. False
  /// if that is beyond the budget.
  bool StepOver(uint64_t version);
  /// At the newest entry of another key than saved_key_. True if it was jumped over a gap from
  /// there, which costs of the budget.
  bool JumpOrLearn();
  /// From an entry of the next candidate, towards the front.
  void FindBackward();
  /// Looks at the entries of `saved_key_`, from the oldest that is here, and leaves them; whether
  /// the key exists.
  bool LeaveBackward();
  /// The same, for a key of many versions.
  bool SearchBackward();
  /// Of saved_key_, which was left in so many steps. Jumps only from one that does not exist.
  void JumpOrLearnBackward(bool exists, uint64_t steps);
  /// Takes over the current entry, if it can be seen; whether it is a put. `before` if not.
  bool Take(bool before);
  /// At the end of a walk in either direction, whose bound this is.
  void LearnTheLast(const std::string& bound);
  /// All that is left up to the bound lies in a gap.
  void EndInGap() { ended_ = true; }
  void Charge(uint64_t entries) {
    stepped_ += entries;
    budget_ -= std::min(budget_, entries);
  }

  std::unique_ptr<EntryIterator> entries_;
  const Seq seq_;
  std::optional<GapWatch> gaps_;
  std::string begin_;  // of walks backwards; empty: none
  std::string end_;    // of walks forwards; empty: none
  uint64_t budget_ = UINT64_MAX;
  uint64_t stepped_ = 0;
  uint64_t met_ = 0;
  bool valid_ = false;
  bool paused_ = false;
  bool ended_ = false;     // in a gap: where the entries stand is of no account
  bool backward_ = false;  // entries_ stands before the current key, which is saved
  // Forwards: all keys before it are behind the walk, and so is it if it is settled, since it was
  // met, or is deleted. Backwards: all keys behind it are, and so is it if it is settled.
  std::string saved_key_;
  bool settled_ = false;
  bool sought_ = false;     // no entry of it was met, or backwards of behind_
  bool at_sought_ = false;  // forwards: it was sought, and the walk is no further than that
  // Backwards: what saved_key_ was before; empty: there is no key behind the walk.
  std::string behind_;
  uint64_t newest_ = 0;  // backwards: the trailer of the newest entry of saved_key_
  std::string saved_value_;
  Seq saved_seq_ = 0;
};

}  // namespace cordwood::storage
