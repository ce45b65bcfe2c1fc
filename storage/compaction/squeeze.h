#pragma once

// Decides what to merge where the disk leaves little room: a pure function, as the picker is.
//
// What the picker chooses may read whole levels, and its inputs go only when its output is whole.
// Where there is no room for that, or where every byte is wanted back, runs are merged into the
// last one in pieces of about a fragment, the oldest runs first: no step writes more than some
// fragments before it gives back as much. The file of a run that came from a memtable goes only
// when all of it is merged, so as many such runs are taken together as may be kept for so long.
//
// Threads: any; no state.

#include <cstdint>

#include "storage/compaction/picker.h"

namespace cordwood::storage {

/// What the picker chooses, if it fits PickerState::room and space is not short; a small step else.
Choice PickInRoom(const Tree& tree, const PickerState& state, const PickerOptions& options,
                  uint64_t fragment_bytes);

}  // namespace cordwood::storage
