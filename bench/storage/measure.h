#pragma once

// Runs a workload and measures it: time, processor, latencies, what went to the disk, memory.
//
// Threads: one.

#include <string>

#include "bench/storage/row.h"
#include "bench/storage/workload.h"

namespace cordwood::bench {

/// `dir` is where the data lies, and a file of the probe may.
Row Measure(const Workload& workload, const Context& context, const std::string& dir);

}  // namespace cordwood::bench
