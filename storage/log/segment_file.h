#pragma once

// Makes the files that log segments are: of their full size and on stable storage before their
// first use, so that a commit later cannot run out of space. Full of zeros, or used before, so that
// it changes no extents either: a sync of every group would pay for that
// (docs/decisions/log_writes.md).
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
  uint64_t old_salt = 0;  // of the frames that are left in it; 0: there are none
};

/// How a file gets its space.
enum class SegmentSpace : uint8_t {
  kZeros,     // by writing them
  kReserved,  // by asking for it: takes no time, but the first write of each block costs more
};

/// The bytes of a segment that frames may take: all but the header and the sector kept for the
/// empty frame of a clean stop.
uint64_t FrameRoom(uint64_t segment_bytes);

/// The smallest segment with that much room.
uint64_t FileBytesFor(uint64_t frame_bytes);

/// The size of a segment made for one frame, with some room for what joins its group.
uint64_t SegmentBytesFor(uint64_t frame_bytes);

/// Over what is there, with a sync now and then and in the end.
Status WriteZeros(File& file, uint64_t begin, uint64_t end);

/// Creates `n.wal` of `bytes` zeros, syncs it and its directory entry. After an error no file is
/// left, as far as the system lets us. kUnsupported: space cannot be reserved there.
Result<BlankSegment> MakeSegment(Env& env, const std::string& dir, uint64_t number, uint64_t bytes,
                                 SegmentSpace space = SegmentSpace::kZeros);

/// Makes a segment of one that is not needed any more: its file gets another number, and has no
/// header from then on. What is left in it tells nothing without its salt. After an error neither
/// file is left, as far as the system lets us; so it is with one that has another name as well.
/// REQUIRES: a start without the old segment is right, and stays right.
Result<BlankSegment> RecycleSegment(Env& env, const std::string& dir, uint64_t old_number,
                                    uint64_t number, uint64_t bytes);

/// Makes a blank segment smaller. After an error it is to be removed, as one is that has another
/// name as well.
Status CutSegment(BlankSegment& blank, uint64_t bytes);

}  // namespace cordwood::storage
