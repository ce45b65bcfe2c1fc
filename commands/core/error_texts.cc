#include "commands/core/error_texts.h"

#include "base/format.h"

namespace cordwood::commands {

std::string InCapitals(std::string_view name) {
  std::string capitals(name);
  for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return capitals;
}

std::string WrongArity(std::string_view command) {
  return Format("ERR wrong number of arguments for '{}' command", command);
}

std::string WrongSubcommandUse(std::string_view container, std::string_view subcommand) {
  constexpr size_t kQuotedMax = 128;
  return Format("ERR unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.",
                AsPrinted(subcommand).substr(0, kQuotedMax), InCapitals(container));
}

std::string InvalidExpireTime(std::string_view command) {
  return Format("ERR invalid expire time in '{}' command", command);
}

std::string_view AsPrinted(std::string_view argument) {
  return argument.substr(0, argument.find('\0'));
}

std::string_view AsPrintedLast(std::string_view argument) {
  argument = AsPrinted(argument);
  return argument.substr(0, argument.find_last_not_of("\r\n") + 1);
}

}  // namespace cordwood::commands
