#pragma once

// Counts the bytes that operator new and new[] have handed out: how much a piece of code holds at
// most, to the byte and the same in every run. A test program that links it has them replaced.
//
// Threads: any; the peak is that of all of them.

#include <cstdint>

namespace cordwood::support {

/// Bytes that are handed out now, with the allocator's rounding.
uint64_t HeapBytes();
/// The most they were since the last ResetHeapPeak.
uint64_t HeapPeak();
void ResetHeapPeak();

}  // namespace cordwood::support
