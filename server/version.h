#pragma once

// The version of this program. Threads: any; a constant.

namespace cordwood::server {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace cordwood::server
