#pragma once

// How much of a tree is garbage that a merge would give back. Estimates, from what tables say about
// themselves; no file is read.
//
// Threads: any; no state.

#include "storage/entry.h"
#include "storage/version/tree.h"

namespace cordwood::storage {

/// The share of a fragment of the last run, of 1, that would go if it were merged alone: what came
/// there while a reader could still see it, and is beyond everybody's sight now that the horizon
/// has passed. Merged at this horizon or a larger one it has none left.
double GarbageShareInLastRun(const Fragment& fragment, Seq horizon);

/// About the bytes that would go if all that lies above the last run were merged into it at this
/// horizon: what tombstones and dead ranges cover, and superseded versions. What puts shadow is not
/// known before they meet.
uint64_t GarbageBytesAboveLastRun(const Tree& tree, Seq horizon);

}  // namespace cordwood::storage
