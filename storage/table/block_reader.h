#pragma once

// Reads the data blocks of a table one after the other, in large pieces and past the block cache:
// for merges and checks, which read everything once. A block larger than such a piece is read by
// itself, and held once: as it lies in the file, or decompressed.
//
// Owned by an iterator or a check; the table outlives it.
//
// Threads: one at a time.

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "storage/table/block.h"

namespace cordwood::storage {

class Table;

class BlockReader {
 public:
  explicit BlockReader(const Table* table) : table_(table) {}

  /// The block lives until the next call.
  Result<const Block*> Read(size_t block);

  /// Whether the last block is one that is worth dropping and reading again.
  bool holds_large() const { return block_.bytes() >= kLargeBytes; }
  void DropBlock() { block_ = Block(); }

 private:
  static constexpr uint64_t kReadAheadBytes = 256 << 10;
  static constexpr uint64_t kLargeBytes = kReadAheadBytes;

  Status Fill(uint64_t offset, uint64_t end);

  const Table* const table_;
  std::unique_ptr<char[]> buffer_;
  uint64_t buffer_bytes_ = 0;  // allocated
  uint64_t begin_ = 0;         // the part of the file that is in the buffer
  uint64_t end_ = 0;
  Block block_;
};

}  // namespace cordwood::storage
