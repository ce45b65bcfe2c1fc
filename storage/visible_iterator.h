#pragma once

// Walks the keys that exist at one seq, in order, both ways: hides newer entries, older versions
// and tombstones.
//
// Between two keys any number of hidden entries may lie. A walk forwards has a budget of them, and
// stops when it is used up, as it does at a cold block; where it got to it tells, so that nobody
// has to step over the same entries again.
//
// status() as in storage/entry_iterator.h, and kPaused when the budget was used up. Views live
// until the next move.
// Threads: one at a time.

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
  /// Jumps over the gaps that are known, and learns others: moves forwards.
  VisibleIterator(std::unique_ptr<EntryIterator> entries, Seq seq, const GapWatch& gaps)
      : entries_(std::move(entries)), seq_(seq), gaps_(gaps) {}

  bool Valid() const { return valid_; }
  Status status() const;

  /// Moves forwards end before `end`: what lies there or behind it is neither met nor stepped over.
  void SetEnd(std::string end) { end_ = std::move(end); }
  /// Moves forwards step over so many hidden entries from now on, in all. Without a call: over any
  /// number.
  void SetBudget(uint64_t entries) { budget_ = entries; }
  uint64_t budget() const { return budget_; }

  /// Whether the last move, forwards, stopped on its way: status() is kCold or kPaused.
  bool stopped() const;
  /// Where another walk goes on: every key before it that exists was met, or lies before the last
  /// search. Whoever seeks it gets further, unless blocks are cold. REQUIRES: stopped().
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
  bool StepOver(int version);
  /// At the newest entry of another key than saved_key_. True if it was jumped over a gap from
  /// there, which costs of the budget.
  bool JumpOrLearn();
  /// At the end of a walk forwards.
  void LearnTheLast();
  /// From an entry of the next candidate, towards the front.
  void FindBackward();
  /// Looks at the entries of `saved_key_`, from the oldest that is here, and leaves them; whether
  /// the key exists.
  bool LeaveBackward();
  /// Takes over the current entry, if it can be seen; whether it is a put. `before` if not.
  bool Take(bool before);

  std::unique_ptr<EntryIterator> entries_;
  const Seq seq_;
  std::optional<GapWatch> gaps_;
  std::string end_;  // of walks forwards; empty: none
  uint64_t budget_ = UINT64_MAX;
  bool valid_ = false;
  bool paused_ = false;
  bool backward_ = false;  // entries_ stands before the current key, which is saved
  std::string saved_key_;  // forwards: all keys before it are behind the walk
  bool settled_ = false;   // forwards: and so is it, since it was met, or is deleted
  bool sought_ = false;    // forwards: no entry of it was met
  std::string saved_value_;
  Seq saved_seq_ = 0;
};

}  // namespace cordwood::storage
