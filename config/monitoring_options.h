#pragma once

// The options about what is noted of commands: their rows of the table in option_table.h.
//
// Threads: any; no state.

#include <string>
#include <vector>

#include "config/option.h"

namespace cordwood::config {

std::vector<Option> MonitoringOptions();

/// A percentile with as many digits as it needs: 50, 99.9.
std::string PercentileText(double percentile);

}  // namespace cordwood::config
