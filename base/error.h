#pragma once

// Errors are values. A function that can fail returns Result<T> or Status; absence is
// std::optional, never an error; a broken invariant is a CHECK.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace cordwood {

enum class ErrorCode : uint8_t {
  kInvalidArgument,  // the caller asked for something that cannot be
  kNotFound,         // a file or directory that should exist does not
  kAlreadyExists,    // a file that must be new exists already
  kIo,               // the operating system refused; the outcome may be unknown
  kNoSpace,          // the disk or the configured quota is full; nothing was done
  kNoDescriptors,    // the process or the machine may open no more files; nothing was done
  kFileLimit,        // the process may make no file so large (ulimit -f); nothing was done
  kCorruption,       // stored bytes are not what was written
  kUnsupported,      // a format or feature that this version does not know
  kLocked,           // another process holds the directory
  kCold,             // a cache-only read needs blocks from disk; nothing is wrong
  kPaused,           // a walk used up its budget, and goes on from where it got to
  kLong,             // more work than one turn may hold; nothing is wrong
  kTooLarge,         // an input exceeds a limit
  kClosed,           // the object is shutting down or failed earlier
};

/// What went wrong, in words that tell the reader what to do next.
class Error {
 public:
  Error(ErrorCode code, std::string message) : message_(std::move(message)), code_(code) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same error with `context` and ": " in front of the message.
  Error Prefixed(std::string_view context) const;

 private:
  std::string message_;
  ErrorCode code_;
};

/// Something ran short: nothing was done, the call may be made again, and will succeed once there
/// is enough.
constexpr bool IsShortage(ErrorCode code) {
  return code == ErrorCode::kNoSpace || code == ErrorCode::kNoDescriptors ||
         code == ErrorCode::kFileLimit;
}

/// A short lower-case name of the code, for logs and tests.
std::string_view ErrorCodeName(ErrorCode code);

template <typename T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

template <typename T>
bool IsShortage(const Result<T>& result) {
  return !result && IsShortage(result.error().code());
}

/// Fail(ErrorCode::kIo, "...") is what a function returns when it fails.
inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(std::in_place, code, std::move(message));
}

/// kFileLimit, with what to do: files have to be of `needed` bytes, and may be of `limit`.
std::unexpected<Error> FailForFileLimit(uint64_t limit, uint64_t needed);

/// Drops a result on purpose. `why` is for the reader.
template <typename T>
void IgnoreError(const Result<T>& /*result*/, std::string_view /*why*/) {}

}  // namespace cordwood

#define CW_CONCAT_INNER(a, b) a##b
#define CW_CONCAT(a, b) CW_CONCAT_INNER(a, b)

/// Returns the error of `expression` (a Status or Result) from the calling function, if any.
#define CW_TRY(expression)                                        \
  do {                                                            \
    if (auto cw_status = (expression); !cw_status) [[unlikely]] { \
      return std::unexpected(std::move(cw_status).error());       \
    }                                                             \
  } while (false)

/// `CW_ASSIGN(auto x, F())`: declares or assigns x, or returns F's error.
#define CW_ASSIGN(target, expression) \
  CW_ASSIGN_INNER(CW_CONCAT(cw_result_, __LINE__), target, expression)
#define CW_ASSIGN_INNER(result, target, expression)    \
  auto result = (expression);                          \
  if (!result) [[unlikely]] {                          \
    return std::unexpected(std::move(result).error()); \
  }                                                    \
  target = *std::move(result)
