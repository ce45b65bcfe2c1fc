#pragma once

// Goes on in the segment that the log ended in, for a start that finds no space for a new one: the
// only time that a segment in use before is written again. What it needs has its space on the disk.
//
// What may not be on stable storage is synced, and no sector of it is written. Everything behind it
// becomes zeros, so that nothing torn, and no old frame, is ever found where the log goes on. A
// crash in between leaves a log that recovers as before.
//
// Threads: one, before the store serves.

#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "storage/log/chain.h"
#include "storage/log/segment_writer.h"

namespace cordwood::storage {

/// `copy` are the plan's. kUnsupported if the file has another name as well; kNoSpace if the file
/// system needs space for what has some; kCorruption if a frame is not on the medium.
Result<SegmentWriter> ResumeSegment(Env& env, const std::string& dir, const NewestSegment& newest,
                                    const std::vector<ChainFrame>& copy);

}  // namespace cordwood::storage
