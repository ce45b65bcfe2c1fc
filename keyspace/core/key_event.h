#pragma once

// What a transaction tells of what happened to a key, in the words of Redis' keyspace
// notifications. Whoever wants to know says of which classes.
//
// Threads: any; no state.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cordwood::keyspace {

/// In the order of Redis' letters for them.
enum class EventClass : uint32_t {
  kGeneric = 1 << 0,  // of keys of any type
  kString = 1 << 1,   // and of those of one
  kList = 1 << 2,
  kSet = 1 << 3,
  kHash = 1 << 4,
  kSortedSet = 1 << 5,
  kExpired = 1 << 6,  // a key was removed because its time had passed
  kEvicted = 1 << 7,
  kStream = 1 << 8,
  kModule = 1 << 9,
  kNew = 1 << 10,      // there was no such key before
  kKeyMiss = 1 << 11,  // a command that reads looked for a key that is not there
};

/// Several classes.
using EventMask = uint32_t;

/// The letter of each class, from the first on.
inline constexpr std::string_view kEventLetters = "g$lshzxetdnm";

/// The classes that the letters name; a letter of none counts for nothing.
constexpr EventMask EventsOf(std::string_view letters) {
  EventMask mask = 0;
  for (const char letter : letters) {
    const size_t place = kEventLetters.find(letter);
    if (place != std::string_view::npos) mask |= EventMask{1} << place;
  }
  return mask;
}

struct KeyEvent {
  EventClass event_class = EventClass::kGeneric;
  std::string_view event;  // static
  int db = 0;
  std::string_view key;  // lives as long as the transaction
};

}  // namespace cordwood::keyspace
