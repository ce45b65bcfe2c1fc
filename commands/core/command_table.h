#pragma once

// Every command of the server, by name.
//
// Threads: immutable after construction.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ascii.h"
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
  const std::vector<const Command*>& all() const { return all_; }

  /// The row for `argv`: the command's, or its subcommand's. Errors: unknown command, unknown
  /// subcommand, wrong number of arguments. REQUIRES: !argv.empty().
  Resolved Resolve(std::span<const std::string_view> argv) const;

 private:
  /// Of names in any case.
  struct NameHash {
    size_t operator()(std::string_view name) const;
  };
  struct NameEqual {
    bool operator()(std::string_view a, std::string_view b) const { return EqualsIgnoreCase(a, b); }
  };

  std::vector<const Command*> all_;
  std::unordered_map<std::string_view, const Command*, NameHash, NameEqual> by_name_;
};

}  // namespace cordwood::commands
