#pragma once

// Which data block may hold a key: one separator for each block. On disk prefixes are left out
// (docs/STORAGE_FORMAT.md, "Table files"); in memory the index is laid out for searching: the
// prefix that all separators share is compared once, then eight bytes of each stand in an array
// of words, and whole separators are looked at only where words are equal.
//
// Owned by a table builder, respectively a table.
//
// Threads: the builder one at a time; an index any, it is immutable.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/table/format.h"

namespace cordwood::storage {

/// A short key s with last <= s < next; `last` itself if there is none shorter.
/// REQUIRES: last <= next.
std::string_view ShortSeparator(std::string_view last, std::string_view next, std::string* buffer);

class IndexBuilder {
 public:
  void Add(std::string_view separator, uint32_t block_size);
  uint32_t count() const { return count_; }
  size_t bytes() const { return entries_.size() + sizeof(uint64_t); }
  std::string Finish() const;

 private:
  std::string entries_;
  std::string last_;
  uint32_t count_ = 0;
};

class TableIndex {
 public:
  TableIndex() = default;

  /// The blocks must fill the file up to `data_end` exactly.
  static Result<TableIndex> Parse(std::string_view contents, uint64_t data_end);
  /// What Parse takes.
  std::string Encode() const;
  /// An index of at most about `parts` parts, each of which stands for blocks side by side.
  TableIndex Outline(size_t parts) const;

  size_t count() const { return words_.size(); }
  BlockHandle handle(size_t block) const;
  /// Where the block begins; that of count() is the end of the data.
  uint64_t offset(size_t block) const { return offsets_[block]; }
  uint64_t data_end() const { return offsets_.back(); }
  std::string_view separator(size_t block) const;
  /// The first block whose separator is not below `key`; count() if there is none.
  size_t Find(std::string_view key) const;
  /// About where the entries from `key` on begin, by its place between two separators; never falls
  /// as `key` grows. `smallest` is the smallest key of the table.
  uint64_t OffsetNear(std::string_view key, std::string_view smallest) const;
  /// The block that begins at `offset`; count() if there is none.
  size_t FindOffset(uint64_t offset) const;

  size_t bytes() const;

 private:
  void AddSeparators(const std::vector<std::string>& separators);
  uint64_t WordOf(std::string_view key) const;
  /// The prefix that all separators share. REQUIRES: there are some.
  std::string_view common() const { return separator(0).substr(0, common_); }

  size_t common_ = 0;  // bytes that all separators share
  std::vector<uint64_t> words_;
  std::vector<uint64_t> offsets_ = {0};  // count() + 1, the last is the end of the data
  std::vector<uint64_t> ends_;           // of the separators in separators_
  std::string separators_;
};

}  // namespace cordwood::storage
