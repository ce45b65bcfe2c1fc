#pragma once

// What the process says with its exit status; the sentence that goes with it is on stderr and in
// the log. Part of the interface: docs/OPERATIONS.md.

namespace cordwood::server {

enum class ExitCode : int {
  kOk = 0,
  kUsage = 1,         // the command line, the configuration file or a value in them
  kIo = 2,            // the operating system refused something at the start
  kCorruption = 3,    // stored data is damaged
  kLocked = 4,        // another process has the directory open
  kLogFailed = 5,     // the log could not be written any more
  kUnsupported = 6,   // the directory was written by a newer version
  kCannotListen = 7,  // no address to listen on could be had
};

}  // namespace cordwood::server
