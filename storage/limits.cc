#include "storage/limits.h"

#include "base/format.h"

namespace cordwood::storage {

Status WriteLimits::Check(const BatchSizes& sizes) const {
  if (sizes.key_bytes > key_bytes) {
    return Fail(ErrorCode::kTooLarge, Format("key is too long: {} bytes where {} are allowed",
                                             sizes.key_bytes, key_bytes));
  }
  if (sizes.entry_bytes > entry_bytes) {
    return Fail(ErrorCode::kTooLarge,
                Format("key and value are too large: {} bytes where {} are allowed",
                       sizes.entry_bytes, entry_bytes));
  }
  if (sizes.batch_bytes > batch_bytes) {
    return Fail(ErrorCode::kTooLarge,
                Format("one write is too large: {} bytes where {} are allowed", sizes.batch_bytes,
                       batch_bytes));
  }
  return {};
}

}  // namespace cordwood::storage
