#pragma once

// Walks the keys that exist at one seq, in order, both ways: hides newer entries, older versions
// and tombstones.
//
// status() as in storage/entry_iterator.h. Views live until the next move.
// Threads: one at a time.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/entry.h"
#include "storage/entry_iterator.h"

namespace cordwood::storage {

class VisibleIterator {
 public:
  VisibleIterator(std::unique_ptr<EntryIterator> entries, Seq seq)
      : entries_(std::move(entries)), seq_(seq) {}

  bool Valid() const { return valid_; }
  Status status() const { return entries_->status(); }

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
  /// From wherever the entries stand, behind `saved_key_` or among its versions. These are hidden
  /// if it `is_settled`: it was met, or is deleted.
  void FindForward(bool is_settled);
  /// From an entry of the next candidate, towards the front.
  void FindBackward();
  /// Looks at the entries of `saved_key_`, from the oldest that is here, and leaves them; whether
  /// the key exists.
  bool LeaveBackward();
  /// Takes over the current entry, if it can be seen; whether it is a put. `before` if not.
  bool Take(bool before);

  const std::unique_ptr<EntryIterator> entries_;
  const Seq seq_;
  bool valid_ = false;
  bool backward_ = false;  // entries_ stands before the current key, which is saved
  std::string saved_key_;
  std::string saved_value_;
  Seq saved_seq_ = 0;
};

}  // namespace cordwood::storage
