#pragma once

// One call of Env or File, as the fault plan and the trace see it.
//
// Threads: any; values.

#include <cstdint>
#include <string>
#include <string_view>

namespace cordwood::support {

enum class SimOp : uint8_t {
  kAny,  // in a rule: every operation
  kOpen,
  kCreate,  // Open with OpenMode::kCreate
  kRead,
  kWrite,
  kSync,
  kReserve,
  kWriteBack,
  kAwaitWriteBack,
  kTruncate,
  kSize,
  kLinkCount,
  kRename,
  kRemove,
  kCreateDir,
  kList,
  kSyncDir,
  kExists,
  kSpaceOf,
  kLock,
};

std::string_view SimOpName(SimOp op);

struct SimCall {
  SimOp op;
  const std::string& path;  // of a renaming: "from -> to"
  uint64_t offset = 0;
  uint64_t size = 0;
};

}  // namespace cordwood::support
