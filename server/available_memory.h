#pragma once

// How much memory this process may use: what the machine has, or less if a control group says so.
//
// Threads: any; no state.

#include <cstdint>
#include <functional>
#include <string>

namespace cordwood::server {

/// The text of a file; empty if it cannot be read.
using TextOf = std::function<std::string(const std::string& path)>;

/// A control group is bounded by its own limit and by those of all that it is in. Both versions of
/// control groups are understood, and a container that sees its own as the root.
uint64_t AvailableMemoryBytes(uint64_t machine_bytes, const TextOf& text_of);

/// Of this process, on this machine.
uint64_t AvailableMemoryBytes();

}  // namespace cordwood::server
