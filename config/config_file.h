#pragma once

// Reads redis.conf: one option a line, words as words.h splits them, # comments, and
// `include path`, where the last part of the path may be a glob pattern. Later lines win.
//
// Errors about a line name where it is, quote it and give the reason, on three lines.
//
// Threads: any; no state.

#include <string>
#include <string_view>

#include "base/env.h"
#include "base/error.h"
#include "config/config.h"

namespace cordwood::config {

/// Files that include files that include files ...: this deep, so that a cycle ends.
inline constexpr int kIncludeDepthMax = 16;

/// No configuration is longer; a path to something else ends there.
inline constexpr size_t kConfigFileBytesMax = 16 << 20;

/// Applies `text` to `config`; `source` is its name in errors. `env` reads included files, whose
/// relative paths start at the working directory. On error `config` holds what came before.
Status ReadConfigText(Env& env, std::string_view source, std::string_view text, Config& config);

Status ReadConfigFile(Env& env, const std::string& path, Config& config);

}  // namespace cordwood::config
