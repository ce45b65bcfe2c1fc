#pragma once

// The ballast: a file of random bytes that holds a part of the disk while there is room, so that
// there is something to give back when there is none. Random, because a file system that compresses
// keeps no room for zeros.
//
//   whole     what single deletes, and all that follows, may use comes off first
//   half      for flushes, merges, and commands that empty the store
//   a corner  for the next start alone, which needs a log segment before it can serve
//
// It is made in small steps, and shrinks at once. What a start finds of it counts.
//
// Owned by Space. Threads: any; one call at a time has its way, the others are told that it is
// busy.

#include <atomic>
#include <cstdint>
#include <string>

#include "base/env.h"
#include "base/error.h"

namespace cordwood::storage {

class Ballast {
 public:
  /// Of `bytes` when it is whole.
  Ballast(Env& env, std::string dir, uint64_t bytes);

  Ballast(const Ballast&) = delete;
  Ballast& operator=(const Ballast&) = delete;

  /// Takes over what the last life left; what is more than it should be is given back, and so is
  /// what cannot be looked at.
  void Adopt();

  uint64_t whole() const { return whole_; }
  uint64_t half() const { return whole_ / 2; }
  uint64_t corner() const;
  uint64_t held() const { return held_.load(std::memory_order_relaxed); }

  /// Gives back what it holds above `bytes`; true if that was anything. With 0 the file goes.
  bool ShrinkTo(uint64_t bytes);
  /// The bytes of the next step; 0: it is whole, or as large as the process may make a file.
  uint64_t NextStep() const;
  /// Writes and syncs the next step. Without room for it nothing is left behind.
  void Grow();

 private:
  class Claim;

  Result<uint64_t> FileBytes();
  Status Cut(uint64_t bytes);
  Status WriteStep(uint64_t bytes);

  Env& env_;
  const std::string dir_;
  const std::string path_;
  const uint64_t whole_;
  std::atomic<uint64_t> held_ = 0;
  std::atomic<bool> busy_ = false;
};

}  // namespace cordwood::storage
