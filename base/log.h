#pragma once

// The process's log: one line a call, "[pid] day month year time level message". Nothing is said
// until SetLogLevel is called, so tests and tools stay quiet. This is the only global state of the
// project: everybody may need to say something, and nobody reads it back.
//
// Nobody waits for a line to be written: a thread does that. When it cannot keep up, because nobody
// reads the pipe or the disk hangs, lines are dropped, and one says how many. What was said last is
// lost when the process is killed; FlushLog comes before any other end.
//
// Messages are for operators: no keys, no values, no passwords. Not for each command: a line
// wakes a thread, and that writes.
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

/// Waits until what was said is written, for a second at most.
void FlushLog();

void LogDebug(std::string_view message);
void LogVerbose(std::string_view message);
void LogNotice(std::string_view message);
void LogWarning(std::string_view message);

}  // namespace cordwood
