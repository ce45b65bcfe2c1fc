#pragma once

// Encodes a command as clients send it, an array of bulk strings: for tests, benches, tools and
// the replication stream.
//
// Threads: any; no state.

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace cordwood::protocol {

void AppendCommand(std::string& out, std::span<const std::string_view> argv);
void AppendCommand(std::string& out, std::initializer_list<std::string_view> argv);

}  // namespace cordwood::protocol
