#include "server/available_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

#include "base/format.h"
#include "base/number.h"

namespace cordwood::server {
namespace {

// A limit that is absent is the word "max", or a number beyond any machine.
uint64_t LimitIn(const std::string& text) {
  const std::string_view word = std::string_view(text).substr(0, text.find_last_not_of(" \n") + 1);
  return ParseUint64(word).value_or(UINT64_MAX);
}

// Of the group and of all above it.
uint64_t SmallestLimit(const std::string& root, std::string group, const std::string& file,
                       const TextOf& text_of) {
  uint64_t smallest = UINT64_MAX;
  while (true) {
    if (group.ends_with('/')) group.pop_back();
    smallest = std::min(smallest, LimitIn(text_of(Format("{}{}/{}", root, group, file))));
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) return smallest;
    group.resize(slash);
  }
}

bool Names(const std::string& controllers, std::string_view one) {
  std::istringstream list(controllers);
  for (std::string name; std::getline(list, name, ',');) {
    if (name == one) return true;
  }
  return false;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

uint64_t AvailableMemoryBytes(uint64_t machine_bytes, const TextOf& text_of) {
  uint64_t available = machine_bytes;
  // A line for each hierarchy: its number, its controllers, and the group that we are in.
  std::istringstream hierarchies(text_of("/proc/self/cgroup"));
  std::string number;
  std::string controllers;
  std::string group;
  while (std::getline(hierarchies, number, ':') && std::getline(hierarchies, controllers, ':') &&
         std::getline(hierarchies, group)) {
    if (number == "0" && controllers.empty()) {
      available =
          std::min(available, SmallestLimit("/sys/fs/cgroup", group, "memory.max", text_of));
    } else if (Names(controllers, "memory")) {
      available = std::min(available, SmallestLimit("/sys/fs/cgroup/memory", group,
                                                    "memory.limit_in_bytes", text_of));
    }
  }
  return available;
}

uint64_t AvailableMemoryBytes() {
  return AvailableMemoryBytes(
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)),
      ReadText);
}

}  // namespace cordwood::server
