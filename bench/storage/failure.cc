#include "bench/storage/failure.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace cordwood::bench {

void EndWith(std::string_view message) {
  std::fprintf(stderr, "storage_bench: %s\n", std::string(message).c_str());
  // Other threads are at work on what the destructors would take away.
  std::_Exit(1);
}

}  // namespace cordwood::bench
