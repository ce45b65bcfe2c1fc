#include "commands/core/help.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/format.h"
#include "commands/core/argument_syntax.h"
#include "commands/core/call.h"
#include "commands/core/command_table.h"
#include "commands/core/error_texts.h"
#include "commands/core/row.h"

namespace cordwood::commands {
namespace {

/// "GET <pattern> [<pattern> ...]"
std::string Usage(const Command& container, const Command& subcommand) {
  const auto arguments = ParseArguments(subcommand.docs.arguments);
  CHECK(arguments.has_value());  // the table looked at it
  std::string usage = InCapitals(subcommand.name.substr(container.name.size() + 1));
  if (!arguments->empty()) usage += " " + ShowArguments(*arguments);
  return usage;
}

}  // namespace

Status Help(Call& call) {
  const Command* container = call.host.commands.Find(call.argv[0]);
  CHECK(container != nullptr);
  std::vector<std::string> lines = {Format(
      "{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", InCapitals(container->name))};
  const auto add = [&](std::string usage, std::string_view summary) {
    lines.push_back(std::move(usage));
    lines.push_back(Format("    {}", summary));
  };
  if (container->handler != nullptr) add("(no subcommand)", container->docs.summary);
  for (const Command& subcommand : container->subcommands) {
    if (subcommand.handler != Help) add(Usage(*container, subcommand), subcommand.docs.summary);
  }
  add("HELP", "Prints this help.");
  call.reply.ArrayHeader(lines.size());
  for (const std::string& line : lines) call.reply.SimpleString(line);
  return {};
}

}  // namespace cordwood::commands
