#pragma once

// The sections of INFO about commands, in the order of their names: commandstats, errorstats and
// latencystats.
//
// Threads: the loop's.

#include <span>

#include "commands/monitoring/monitoring.h"
#include "pipeline/info/info_writer.h"

namespace cordwood::pipeline {

void AddCommandStats(const commands::Monitoring& monitoring, InfoWriter& out);
void AddErrorStats(const commands::Monitoring& monitoring, InfoWriter& out);
void AddLatencyStats(const commands::Monitoring& monitoring, std::span<const double> percentiles,
                     InfoWriter& out);

}  // namespace cordwood::pipeline
