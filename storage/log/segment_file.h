#pragma once

// Makes the files that log segments are: full of zeros and on stable storage before their first
// use, so that a commit later changes neither size nor extents, and cannot run out of space.
//
// Threads: any.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/env.h"
#include "base/error.h"

namespace cordwood::storage {

/// Gives a file number that no other file of the store has or had. Safe from any thread.
using NumberAllocator = std::function<uint64_t()>;

/// Asked before a segment of so many bytes is made. An error (kNoSpace) says no.
using SpaceGate = std::function<Status(uint64_t bytes)>;

/// A segment that holds nothing yet.
struct BlankSegment {
  uint64_t number = 0;
  uint64_t bytes = 0;
  std::unique_ptr<File> file;
};

/// The bytes of a segment that frames may take: all but the header and the sector kept for the
/// empty frame of a clean stop.
uint64_t FrameRoom(uint64_t segment_bytes);

/// The smallest segment with that much room.
uint64_t FileBytesFor(uint64_t frame_bytes);

/// The size of a segment made for one frame, with some room for what joins its group.
uint64_t SegmentBytesFor(uint64_t frame_bytes);

/// Creates `n.wal` of `bytes` zeros, syncs it and its directory entry. After an error no file is
/// left, as far as the system lets us.
Result<BlankSegment> MakeSegment(Env& env, const std::string& dir, uint64_t number, uint64_t bytes);

}  // namespace cordwood::storage
