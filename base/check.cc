#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include "base/log.h"

namespace cordwood {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  std::fflush(stderr);
  FlushLog();
  std::abort();
}

}  // namespace cordwood
