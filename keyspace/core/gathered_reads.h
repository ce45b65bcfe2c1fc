#pragma once

// Several reads of one command of which any may be cold: the command goes on past cold ones, so
// that every block it can name is fetched before it runs again.
//
// Owned by the function that reads. Threads: one at a time.

#include <optional>

#include "base/error.h"

namespace cordwood::keyspace {

class GatheredReads {
 public:
  /// Whether `result` is there to be used. If not, its error is kept.
  template <typename T>
  bool Ok(const Result<T>& result) {
    if (result) return true;
    if (!error_ || error_->code() == ErrorCode::kCold) error_ = result.error();
    return false;
  }

  /// True once something other than cold went wrong: reading on is of no use.
  bool failed() const { return error_ && error_->code() != ErrorCode::kCold; }

  /// Ok if all reads were; else the first error that is not kCold, if there is one.
  Status status() const {
    if (error_) return std::unexpected(*error_);
    return {};
  }

 private:
  std::optional<Error> error_;
};

}  // namespace cordwood::keyspace
