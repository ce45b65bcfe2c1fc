#pragma once

// The process's log: one line a call, "[pid] day month year time level message", as it happens.
// Nothing is written until SetLogLevel is called, so tests and tools stay quiet. This is the only
// global state of the project: everybody may need to say something, and nobody reads it back.
//
// Messages are for operators: no keys, no values, no passwords. Not for each command: a line
// costs a write(2).
//
// Threads: any.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace cordwood {

/// In the order of the option loglevel.
enum class LogLevel : uint8_t { kDebug, kVerbose, kNotice, kWarning, kNothing };

/// Messages below `level` are dropped.
void SetLogLevel(LogLevel level);

/// Appends to the file `path` from now on; to standard output if it is empty, which is where the
/// log begins. Calling it again with the same path reopens the file after a rotation. On error
/// the log stays where it was.
Status SetLogFile(const std::string& path);

void LogDebug(std::string_view message);
void LogVerbose(std::string_view message);
void LogNotice(std::string_view message);
void LogWarning(std::string_view message);

}  // namespace cordwood
