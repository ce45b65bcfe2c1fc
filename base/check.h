#pragma once

// CHECK(condition): a broken invariant ends the process, in every build. It is for bugs only:
// nothing that a client, a file or the operating system can send may reach one.
//
// Threads: any.

namespace cordwood {

/// Prints the place and the condition to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace cordwood

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) [[unlikely]] {                           \
      ::cordwood::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                          \
  } while (false)
