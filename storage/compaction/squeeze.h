#pragma once

// Decides what to merge where the disk leaves little room: a pure function, as the picker is.
//
// What the picker chooses may read whole levels, and its inputs go only when its output is whole.
// Where there is no room for that, or where every byte is wanted back, runs are merged into the
// last one in pieces of about a fragment, the oldest runs first: no step writes more than some
// fragments before it gives back as much. The file of a run that came from a memtable goes only
// when all of it is merged, so as many such runs are taken together as may be kept for so long.
//
// The oldest runs may be data that nothing has killed, and need as much room as they take. So when
// that fails, all runs are merged at once where the next fragment lies, which gives back what the
// newest have killed there, and keeps what is moved twice until its runs are merged to the end.
// When that fails, it is the turn of the oldest again.
//
// Threads: any; no state.

#include <cstdint>

#include "storage/compaction/picker.h"

namespace cordwood::storage {

/// What the picker chooses, if it fits PickerState::room and space is not short; a small step else.
Choice PickInRoom(const Tree& tree, const PickerState& state, const PickerOptions& options,
                  uint64_t fragment_bytes);

}  // namespace cordwood::storage
