#pragma once

// How the cache of one client is kept up: which of its reads are remembered, and who is told that
// they no longer hold. A part of the client's state: a command that is undone leaves it as it was.
//
// Threads: any; no state beside the object's.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace cordwood::commands {

struct ClientTracking {
  bool on = false;
  bool broadcasts = false;          // of every change of a name with its prefixes, read or not
  bool opt_in = false;              // reads are remembered only behind CLIENT CACHING YES
  bool opt_out = false;             // and here but behind CLIENT CACHING NO
  bool no_loop = false;             // it knows of its own writes
  bool caching = false;             // CLIENT CACHING was given, for what comes next
  bool redirect_is_broken = false;  // who should have been told was gone
  uint64_t redirect = 0;            // the client that is told; 0: this one
  std::set<std::string, std::less<>> prefixes;
  uint64_t prefix_bytes = 0;

  bool RemembersReads() const {
    return on && !broadcasts && (!opt_in || caching) && !(opt_out && caching);
  }
  void AddPrefix(std::string_view prefix) {
    if (prefixes.emplace(prefix).second) prefix_bytes += kOverheadBytes + prefix.size();
  }

 private:
  // A node of the set, about.
  static constexpr uint64_t kOverheadBytes = 96;
};

}  // namespace cordwood::commands
