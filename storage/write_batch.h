#pragma once

// An atomic list of operations: all of it survives a crash or none. The bytes are the same in a
// batch, in a log frame and at recovery:
//
//   batch = op*
//   op    = kind u8, then by kind
//     put        assumption u8, key, value          (key, value: varint32 length, bytes)
//     delete     assumption u8, key
//     drop range begin, end                         (a dead range; empty end: no upper bound)
//     count      counter varint64, zigzag varint64  (adds to a counter, storage/counting.h)
//     note       bytes                              (an opaque annotation; not stored in the tree)
//
// Every op has a seq of its own: the first has the batch's, the next one more, and so on.
//
// Within a batch a key is put or deleted at most once (the caller collapses).
// Threads: one at a time.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/entry.h"
#include "storage/limits.h"

namespace cordwood::storage {

enum class OpKind : uint8_t { kPut = 1, kDelete = 2, kDropRange = 3, kCount = 4, kNote = 5 };

/// One decoded operation. The views point into the batch's bytes.
struct Op {
  OpKind kind = OpKind::kPut;
  uint8_t assumption = kSettled;  // put, delete
  std::string_view key;           // put, delete; begin of a range; the note's bytes
  std::string_view value;         // put; end of a range
  uint64_t counter = 0;           // count
  int64_t delta = 0;              // count
};

class WriteBatch {
 public:
  void Put(std::string_view key, std::string_view value, uint8_t assumption = kSettled);
  void Delete(std::string_view key, uint8_t assumption = kSettled);
  void DropRange(std::string_view begin, std::string_view end);
  void Count(uint64_t counter, int64_t delta);
  void Note(std::string_view bytes);

  /// Makes room for about so many bytes of operations.
  void Reserve(size_t bytes) { bytes_.reserve(bytes); }
  void Clear();
  bool empty() const { return count_ == 0; }
  /// Operations, and so seqs, in the batch.
  uint32_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }
  /// For WriteLimits. A batch beyond them can be made, but means nothing.
  BatchSizes sizes() const {
    BatchSizes sizes = sizes_;
    sizes.batch_bytes = bytes_.size();
    return sizes;
  }

 private:
  std::string bytes_;
  uint32_t count_ = 0;
  BatchSizes sizes_;
};

/// Decodes ops one after the other.
class OpReader {
 public:
  explicit OpReader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  /// REQUIRES: !done(). kCorruption if the bytes are not an op.
  Result<Op> Next();
  /// The ops that are not decoded yet.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace cordwood::storage
