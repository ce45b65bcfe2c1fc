#pragma once

// Walks entries in the order of storage/entry.h, every version of every key.
//
// After a move either Valid() is true, or status() tells why not: ok means the end was reached;
// kCold means that a cache-only read needs blocks from disk (they were added to
// ReadOptions::missing); anything else is an error. An iterator that failed stays invalid until
// the next Seek.
//
// Views returned by key() and value() live until the next move or the iterator's destruction.
// Threads: one at a time.

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "storage/entry.h"

namespace cordwood::storage {

class EntryIterator {
 public:
  virtual ~EntryIterator() = default;

  virtual bool Valid() const = 0;
  virtual Status status() const = 0;

  virtual void SeekToFirst() = 0;
  virtual void SeekToLast() = 0;
  /// Moves to the first entry at or after (key, trailer).
  virtual void Seek(std::string_view key, uint64_t trailer) = 0;
  /// Moves to the last entry before (key, trailer). Not the same as Seek and Prev where a writer
  /// may add an entry between the two.
  virtual void SeekBefore(std::string_view key, uint64_t trailer) = 0;
  /// REQUIRES: Valid().
  virtual void Next() = 0;
  /// REQUIRES: Valid().
  virtual void Prev() = 0;

  /// Gives back the memory of a large value until Wake: only key() and trailer() are there
  /// meanwhile. For a merge of many lists, which holds the value of one at a time.
  virtual void Rest() {}
  /// Ends a rest, before anything but a seek. The value may have to be read again: the iterator may
  /// be invalid afterwards, and views of its key end. REQUIRES: Valid().
  virtual void Wake() {}

  /// REQUIRES: Valid(), for all three.
  virtual std::string_view key() const = 0;
  virtual uint64_t trailer() const = 0;
  virtual std::string_view value() const = 0;
};

}  // namespace cordwood::storage
