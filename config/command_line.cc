#include "config/command_line.h"

#include <utility>

#include "base/ascii.h"
#include "base/format.h"
#include "config/config_file.h"
#include "config/option_table.h"
#include "config/words.h"

namespace cordwood::config {
namespace {

bool IsOptionName(std::string_view argument) { return argument.starts_with("--"); }

/// The option that the argument --name begins, with its value if that is in there too.
Result<std::vector<std::string>> BeginOption(std::string_view argument) {
  std::optional<std::vector<std::string>> words = SplitWords(argument.substr(2));
  if (!words || words->empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                Format("the command line\n>>> '{}'\nexpected the name of an option", argument));
  }
  return *std::move(words);
}

/// An empty list of save points is often written as no value at all, by scripts.
void CompleteSave(std::vector<std::string>& option) {
  if (option.size() == 1 && EqualsIgnoreCase(option[0], "save")) option.emplace_back();
}

Result<std::vector<std::vector<std::string>>> SplitOptions(std::span<const std::string> arguments) {
  std::vector<std::vector<std::string>> options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool value_expected = !options.empty() && options.back().size() == 1;
    if (IsOptionName(argument) && !value_expected) {
      CW_ASSIGN(std::vector<std::string> option, BeginOption(argument));
      options.push_back(std::move(option));
      const bool value_follows = i + 1 < arguments.size() && !IsOptionName(arguments[i + 1]);
      if (!value_follows) CompleteSave(options.back());
    } else if (!options.empty()) {
      options.back().push_back(argument);
    } else {
      return Fail(
          ErrorCode::kInvalidArgument,
          Format("the command line\n>>> '{}'\nexpected a file or --option value", argument));
    }
  }
  return options;
}

}  // namespace

Result<CommandLine> ParseCommandLine(std::span<const std::string> arguments) {
  CommandLine command_line;
  if (arguments.size() == 1 && (arguments[0] == "-v" || arguments[0] == "--version")) {
    command_line.action = Action::kShowVersion;
    return command_line;
  }
  if (arguments.size() == 1 && (arguments[0] == "-h" || arguments[0] == "--help")) {
    command_line.action = Action::kShowHelp;
    return command_line;
  }
  if (!arguments.empty() && !arguments.front().starts_with('-')) {
    command_line.file = arguments.front();
    arguments = arguments.subspan(1);
  }
  if (!arguments.empty() && arguments.front() == "-") {
    command_line.reads_standard_input = true;
    arguments = arguments.subspan(1);
  } else if (!arguments.empty() && arguments.back() == "-") {
    command_line.reads_standard_input = true;
    arguments = arguments.first(arguments.size() - 1);
  }
  CW_ASSIGN(command_line.options, SplitOptions(arguments));
  return command_line;
}

Result<Config> LoadConfig(Env& env, const CommandLine& command_line,
                          std::string_view standard_input) {
  Config config;
  if (command_line.file) CW_TRY(ReadConfigFile(env, *command_line.file, config));
  if (command_line.reads_standard_input) {
    CW_TRY(ReadConfigText(env, "standard input", standard_input, config));
  }
  for (const std::vector<std::string>& option : command_line.options) {
    const Status status = SetOption(config, option[0], std::span(option).subspan(1));
    if (!status) {
      return Fail(status.error().code(), Format("the command line\n>>> '--{}'\n{}",
                                                JoinWords(option), status.error().message()));
    }
  }
  return config;
}

std::string_view HelpText() {
  return R"(Usage: cordwood-server [FILE | -] [--option value ...]... [-]

FILE is a configuration in the syntax of redis.conf; - reads one from standard
input. Every line of it can also be given as an option, which then wins:

  cordwood-server
  cordwood-server /etc/cordwood.conf --port 7000
  cordwood-server --dir /data --requirepass secret --appendfsync always
  cordwood-server --save "" --bind 127.0.0.1 -::1

  -v, --version   print the version and exit
  -h, --help      print this text and exit

CONFIG GET * lists all options of a running server. Those that are accepted
without effect are named when it starts.
)";
}

}  // namespace cordwood::config
