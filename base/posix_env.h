#pragma once

// The real environment: POSIX files, the kernel's clocks and entropy, and a few threads a lane
// (cw-log, cw-flush, cw-segments, cw-removals, cw-compact, cw-fetch). Files are created with mode
// 0600 and directories with 0700; every descriptor is closed on exec. How a directory is locked
// stands in base/posix_directory.h.
//
// errno becomes an ErrorCode: ENOENT is kNotFound, EEXIST kAlreadyExists, a lock that is held
// kLocked, ENOSPC and EDQUOT kNoSpace, EMFILE and ENFILE kNoDescriptors, EFBIG kFileLimit
// if there is such a limit of the process and kNoSpace if it is the file system's own, all else
// kIo. What is opened and is not a regular file is kCorruption. Messages name the call, the path
// and the reason.
//
// Destroying the environment waits until all lanes are idle: what was scheduled runs, and so does
// what those tasks schedule. Whoever schedules work that never ends must stop it before.
//
// Threads: any, as Env says; one thread creates and destroys it.

#include <memory>

#include "base/env.h"

namespace cordwood {

struct PosixEnvOptions {
  int compaction_threads = 1;  // at low priority
  int fetch_threads = 4;       // how many block reads may wait for the disk at once
};

std::unique_ptr<Env> NewPosixEnv(const PosixEnvOptions& options = {});

}  // namespace cordwood
