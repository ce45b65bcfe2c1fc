#pragma once

// The bytes of one simulated file, twice: as processes see them (the page cache) and as the
// medium holds them. Between the two stand the sectors written since the last sync. Power loss
// decides for each of them on its own.
//
//   cached   |AAAA|bbbb|CCCC|dddd|     lower case: written, not synced ("dirty")
//   medium   |AAAA|BBBB|CCCC|
//   after    |AAAA|b?00|CCCC|          new, old, zeros, or new bytes in front of old ones;
//                                      the new length may be lost as well
//
// A dirty sector that is written again may have reached the medium in between, as a kernel that
// writes back on its own would do: "old" is then the middle version.
//
// A failed sync follows what Linux does (Rebello et al.: "Can Applications Recover from fsync
// Failures?", 2020): the pages become clean, readers go on seeing the new bytes, a later sync
// succeeds without writing them, and after power loss the old bytes are back.
//
// Owned by the node of the file. Threads: one. Never fails and never counts space.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/shared_bytes.h"
#include "tests/support/sim_random.h"

namespace cordwood::support {

inline constexpr uint64_t kSectorBytes = 512;

/// What power loss does with everything that was not synced.
enum class PowerLoss : uint8_t {
  kRandom,  // each sector and each directory entry on its own; lopsided mixes are common
  kDrop,    // all of it is gone
  kKeep,    // all of it had reached the medium
};

class SimContent {
 public:
  SimContent() = default;
  /// A file that holds `bytes`, durably.
  explicit SimContent(std::string bytes);

  const std::string& cached() const { return cached_.get(); }
  /// The bytes that are certain to survive.
  std::string Durable() const;
  bool dirty() const { return size_dirty_ || dirty_end_ > dirty_begin_; }

  size_t Read(uint64_t offset, std::span<char> out) const;
  void Write(uint64_t offset, std::string_view data, SimRandom& random);
  void Resize(uint64_t size);

  void Sync();
  void FailSync();
  /// What is clean is read from the medium from now on.
  void DropCache();
  void LosePower(PowerLoss kind, SimRandom& random);

  /// Damage of the medium, visible at once. REQUIRES: offset < size, bit < 8.
  void FlipBit(uint64_t offset, uint32_t bit);

 private:
  void MarkDirty(uint64_t begin, uint64_t end);
  void MarkClean();
  void NoteSize();
  std::string SectorOf(const std::string& bytes, uint64_t sector) const;
  void WriteBack(uint64_t sector);
  uint64_t SurvivingSize(PowerLoss kind, SimRandom& random) const;

  SharedBytes cached_;
  SharedBytes medium_;        // may be shorter than medium_size_ (zeros follow) or longer
  uint64_t medium_size_ = 0;  // the length a restarted machine finds for certain

  std::vector<bool> dirty_;   // by sector
  uint64_t dirty_begin_ = 0;  // no dirty sector stands outside [begin, end)
  uint64_t dirty_end_ = 0;

  bool is_apart_ = false;  // what is clean may not be what the medium has: a sync failed

  bool size_dirty_ = false;  // the length changed since the last sync, between these bounds
  uint64_t low_size_ = 0;
  uint64_t high_size_ = 0;
};

}  // namespace cordwood::support
