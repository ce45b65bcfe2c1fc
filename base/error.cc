#include "base/error.h"

#include "base/format.h"

namespace cordwood {

Error Error::Prefixed(std::string_view context) const {
  std::string message(context);
  message += ": ";
  message += message_;
  return Error(code_, std::move(message));
}

std::unexpected<Error> FailForFileLimit(uint64_t limit, uint64_t needed) {
  return Fail(
      ErrorCode::kFileLimit,
      Format("the limit of file size is too small: it is {} bytes and has to be at least {}; "
             "raise it (ulimit -f)",
             limit, needed));
}

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kAlreadyExists:
      return "already exists";
    case ErrorCode::kIo:
      return "i/o error";
    case ErrorCode::kNoSpace:
      return "no space";
    case ErrorCode::kNoDescriptors:
      return "no descriptors";
    case ErrorCode::kFileLimit:
      return "file limit";
    case ErrorCode::kCorruption:
      return "corruption";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kLocked:
      return "locked";
    case ErrorCode::kCold:
      return "cold";
    case ErrorCode::kLong:
      return "long";
    case ErrorCode::kPaused:
      return "paused";
    case ErrorCode::kTooLarge:
      return "too large";
    case ErrorCode::kClosed:
      return "closed";
  }
  return "unknown";
}

}  // namespace cordwood
