#pragma once

// Iteration cursors: a 64-bit number that stands for a place in the order of keys.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <string>
#include <string_view>

namespace cordwood::commands {

class Cursors {
 public:
  virtual ~Cursors() = default;

  /// The cursor for "go on at the first key that is not smaller than `place`"; never 0.
  virtual uint64_t Save(std::string_view place) = 0;
  /// The scan with this cursor went on, or ended: it may be forgotten before others. Any number
  /// will do; 0 is none.
  virtual void Supersede(uint64_t cursor) = 0;
  /// The place of a cursor; empty, so the start, for one that is not known (any more).
  virtual std::string Load(uint64_t cursor) const = 0;
};

}  // namespace cordwood::commands
