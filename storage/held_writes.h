#pragma once

// Writes that are not let in at once: for what, how often, and how long. A write that is held for
// one thing after the other counts for each.
//
// Threads: one at a time (the executor).

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cordwood::storage {

/// What a held write waits for.
enum class HeldFor : uint8_t {
  kMemtables,   // those that wait to be flushed have all the memory that they may have
  kPacing,      // flushes or merges are behind: what was written before is paid for in time
  kLogMemory,   // the log's groups have all the memory that they may have
  kLogSegment,  // the log's next segment is not ready
  kLogSync,     // the oldest record that is not on stable storage is too old for the promise
  kSpace,       // the disk is asked what is left, or a delete waits for a flush to give some
  kOtherWrite,  // one that runs alone, or has locked the keys
};
inline constexpr size_t kHeldReasons = 7;

std::string_view NameOf(HeldFor reason);

/// One write; what it waits for now, if anything.
struct HeldWrite {
  std::optional<HeldFor> reason;
  uint64_t since_ns = 0;
};

class HeldWrites {
 public:
  struct Count {
    uint64_t writes = 0;
    uint64_t total_ns = 0;
    uint64_t longest_ns = 0;
  };

  /// The write has to wait for this, now or still.
  void Hold(HeldWrite& write, HeldFor reason, uint64_t now_ns);
  /// It waits for nothing any more, if it did.
  void LetGo(HeldWrite& write, uint64_t now_ns);

  const Count& of(HeldFor reason) const { return counts_[static_cast<size_t>(reason)]; }
  /// Nothing: no write was held for any time.
  std::optional<HeldFor> longest() const;

 private:
  std::array<Count, kHeldReasons> counts_{};
};

}  // namespace cordwood::storage
