// Preloaded into a server: syncs of log segments fail with EIO once the file that
// CORDWOOD_TEST_FAILING_SYNC names exists.

#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>

namespace {

bool IsLogSegment(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path, sizeof(path));
  return size > 0 && std::string(path, static_cast<size_t>(size)).ends_with(".wal");
}

}  // namespace

extern "C" int fdatasync(int fd) {
  static const auto real = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fdatasync"));
  const char* trigger = std::getenv("CORDWOOD_TEST_FAILING_SYNC");
  if (trigger != nullptr && access(trigger, F_OK) == 0 && IsLogSegment(fd)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}
