#include "storage/compaction/broken_tables.h"

namespace cordwood::storage {

bool BrokenTables::Blame(uint64_t file, const Error& error) {
  if (IsShortage(error.code())) return false;
  const bool damaged = error.code() == ErrorCode::kCorruption;
  if (!damaged && ++failures_[file] < kTries) return false;
  failures_.erase(file);
  if (first_) first_ = std::unexpected(error);
  return true;
}

}  // namespace cordwood::storage
