#pragma once

// Goes through a command's arguments, one after the other. commands/core/arg_reader.h also replies
// to what it cannot take.
//
// Threads: any.

#include <cstddef>
#include <span>
#include <string_view>

#include "base/ascii.h"

namespace cordwood::commands {

class ArgCursor {
 public:
  /// Starts at argv[first]. The arguments outlive it. REQUIRES: first <= argv.size().
  ArgCursor(std::span<const std::string_view> argv, size_t first) : argv_(argv), at_(first) {}

  bool done() const { return at_ == argv_.size(); }
  size_t left() const { return argv_.size() - at_; }
  /// The index in argv of what comes next.
  size_t position() const { return at_; }

  /// Takes the next argument if it is `keyword`, in any case.
  bool Match(std::string_view keyword) { return MatchBefore(keyword, 0); }
  /// The same if at least `operands` arguments follow it, which are not taken.
  bool MatchBefore(std::string_view keyword, size_t operands) {
    if (left() < 1 + operands || !EqualsIgnoreCase(argv_[at_], keyword)) return false;
    ++at_;
    return true;
  }

  /// REQUIRES: !done().
  std::string_view Next() { return argv_[at_++]; }
  /// REQUIRES: so many are left.
  std::span<const std::string_view> Next(size_t count) {
    at_ += count;
    return argv_.subspan(at_ - count, count);
  }

 private:
  const std::span<const std::string_view> argv_;
  size_t at_;
};

}  // namespace cordwood::commands
