#pragma once

// The command line of redis-server:
//
//   cordwood-server [FILE | -] [--option value ...]... [-]
//
// A file first, `-` for standard input first or last, then options with their values up to the
// next `--`. The argument after an option's name is its value even if it begins with `--`, and
// name and value may come as one argument ("--port 7000"). `--save` alone means `--save ""`.
// Precedence rises from the file over standard input to the options.
//
// General option parsers cannot say this (lists without a separator, values that begin with a
// dash, an open set of names), so this is a splitter of its own.
//
// Threads: any; no state.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "config/config.h"

namespace cordwood::config {

enum class Action : uint8_t { kServe, kShowVersion, kShowHelp };

struct CommandLine {
  Action action = Action::kServe;
  std::optional<std::string> file;
  bool reads_standard_input = false;
  /// Each: the name, then the values.
  std::vector<std::vector<std::string>> options;
};

/// `arguments` are those after the program's name.
Result<CommandLine> ParseCommandLine(std::span<const std::string> arguments);

/// The defaults, changed by the file, by `standard_input` (all of it, when the command line asks
/// for it) and by the options. The error is for the person who starts the server: where, the
/// line, the reason.
Result<Config> LoadConfig(Env& env, const CommandLine& command_line,
                          std::string_view standard_input);

/// What --help prints.
std::string_view HelpText();

}  // namespace cordwood::config
