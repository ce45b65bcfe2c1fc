#pragma once

// Every command of the server, by name.
//
// Threads: immutable after construction.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/row.h"

namespace cordwood::commands {

/// What a request means.
struct Resolved {
  const Command* command = nullptr;  // the row that was meant; null if there is none
  std::string error;                 // what to reply if it cannot run; empty: it can
};

class CommandTable {
 public:
  /// REQUIRES: no two rows have the same name; all of them live as long as the table.
  explicit CommandTable(std::span<const Rows> families);

  /// `name` in any case; null if there is none.
  const Command* Find(std::string_view name) const;
  /// The same of "get" or "config|get".
  const Command* FindNamed(std::string_view name) const;
  const std::vector<const Command*>& all() const { return all_; }

  /// The row for `argv`: the command's, or its subcommand's. Errors: unknown command, unknown
  /// subcommand, wrong number of arguments. REQUIRES: !argv.empty().
  Resolved Resolve(std::span<const std::string_view> argv) const;

 private:
  /// Where the command of that name, in any case, is among the places, or would be.
  size_t PlaceOf(std::string_view name) const;

  std::vector<const Command*> all_;
  // A hash table with linear probing. It is asked for every command, and mostly empty.
  std::vector<const Command*> places_;
};

}  // namespace cordwood::commands
