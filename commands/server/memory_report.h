#pragma once

// MEMORY STATS, DOCTOR and MALLOC-STATS: the process' memory, in numbers and for people.
//
// Threads: the call's.

#include <string>

#include "base/error.h"
#include "commands/core/memory_facts.h"

namespace cordwood::commands {
struct Call;
}

namespace cordwood::commands::server {

Status MemoryStats(Call& call);
Status MemoryDoctor(Call& call);
Status MemoryMallocStats(Call& call);

/// What MEMORY DOCTOR replies.
std::string MemoryReport(const MemoryFacts& memory);

}  // namespace cordwood::commands::server
