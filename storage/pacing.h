#pragma once

// How much writers are slowed so that flushes and merges keep up: a smooth function that begins
// early, so that the last resort, memtables waiting for their flush up to the limit of memory,
// is hardly ever met (M. Callaghan and others have measured what cliffs do; the shape
// follows R. Sears and R. Ramakrishnan, "bLSM", SIGMOD 2012: back pressure in proportion).
//
// Threads: any; no state.

#include <cstdint>

namespace cordwood::storage {

/// 0: nothing to do; 1: as far behind as the store lets it come.
/// `debt` is storage/compaction/picker.h's: 1 when every level is as full as it may be.
/// `memory` is the share of the memory for memtables that is in use, the active one included.
double WritePressure(double debt, double memory);

/// How long a write of `bytes` is held back under `pressure`: nothing below one half, then rising
/// with its cube to a tenth of a second a megabyte at 1, and never more than a second a megabyte.
uint64_t WriteDelayUs(double pressure, uint64_t bytes);

}  // namespace cordwood::storage
