#pragma once

// A data block in memory, and a walk over its entries. The bytes are drawn in
// docs/STORAGE_FORMAT.md, "Table files".
//
// Searches never build keys: while entries lie before the target, the length of the prefix they
// share with it tells where the next one lies, as each says how much it shares with the one
// before.
//
// A block passed its checksum, but is not trusted: nonsense in it is an answer "corrupt", never
// a read outside. What the order of entries is worth, Verify tells; searches do not look.
//
// Owned by the block cache, or by a reader that leaves no traces there.
//
// Threads: a block is immutable; an iterator belongs to one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/entry.h"

namespace cordwood::storage {

/// Every so many entries one stands with its whole key.
inline constexpr uint32_t kRestartInterval = 16;

class Block {
 public:
  Block() = default;

  /// Checks the end of the block: restart points and base. `contents` lies in `owner`, or
  /// outlives the block when `owner` is null.
  static Result<Block> Parse(std::string_view contents, std::unique_ptr<char[]> owner);

  enum class Answer : uint8_t {
    kFound,    // an entry with this very key
    kAbsent,   // entries behind the place, none with this key
    kAtEnd,    // all entries lie before the place: look into the next block
    kCorrupt,  // the bytes make no sense
  };
  struct Hit {
    uint64_t trailer = 0;
    std::string_view value;  // in the block
  };

  /// Looks at the first entry at or after (key, trailer): is it one of `key`?
  Answer Find(std::string_view key, uint64_t trailer, Hit* hit) const;

  /// Walks everything: order, prefixes as long as they can be, restart points where they belong.
  Status Verify() const;

  /// Size of the contents, but for their end.
  size_t bytes() const { return entries_.size() + restart_count_ * sizeof(uint32_t); }
  /// What it takes of the allocator, if it owns its bytes.
  size_t memory_bytes() const;

 private:
  friend class BlockIterator;

  /// One decoded entry; the key is `shared` bytes of the one before, then `unshared`.
  struct Entry {
    uint32_t shared = 0;
    std::string_view unshared;
    uint64_t trailer = 0;
    std::string_view value;
    const char* end = nullptr;
  };

  const char* limit() const { return entries_.data() + entries_.size(); }
  uint32_t RestartOffset(uint32_t restart) const;
  /// False if there is no sound entry at `at`.
  bool Decode(const char* at, Entry* entry) const;
  /// The last restart point whose entry lies before (key, trailer), or the first one; nothing
  /// sensible if the block is corrupt, but always one of them.
  uint32_t FindRestart(std::string_view key, uint64_t trailer) const;
  /// Finds the first entry at or after the place. Its shared bytes are those of `key`.
  Answer Scan(std::string_view key, uint64_t trailer, const char** at, Entry* entry) const;

  std::string_view entries_;
  const char* restarts_ = nullptr;
  uint32_t restart_count_ = 0;
  Seq base_seq_ = 0;
  std::unique_ptr<char[]> owner_;
};

/// Like EntryIterator, without its virtual calls. The block outlives it and does not move.
class BlockIterator {
 public:
  BlockIterator() = default;
  explicit BlockIterator(const Block* block) : block_(block) {}

  /// Goes to another block, or to none, without a place in it.
  void SetBlock(const Block* block);
  bool Valid() const { return at_ != nullptr; }
  /// Whether the last move met nonsense.
  bool corrupt() const { return corrupt_; }

  void SeekToFirst();
  void SeekToLast();
  void Seek(std::string_view key, uint64_t trailer);
  /// REQUIRES: Valid(), for all that follow.
  void Next();
  void Prev();
  std::string_view key() const { return key_; }
  uint64_t trailer() const { return trailer_; }
  std::string_view value() const { return value_; }

 private:
  void Stop(bool corrupt);
  /// Takes the entry at `at`, which follows one with the key in key_.
  bool Take(const char* at);
  /// From a restart point to the last entry that begins before `end`.
  void WalkTo(uint32_t restart, const char* end);

  const Block* block_ = nullptr;
  const char* at_ = nullptr;    // the current entry
  const char* next_ = nullptr;  // the one behind it
  std::string key_;
  uint64_t trailer_ = 0;
  std::string_view value_;
  bool corrupt_ = false;
};

}  // namespace cordwood::storage
