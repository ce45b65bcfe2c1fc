#include "commands/core/help.h"

#include "base/format.h"
#include "commands/core/call.h"

namespace cordwood::commands {

Status ReplyHelp(Call& call, std::string_view container, std::span<const std::string_view> lines) {
  call.reply.ArrayHeader(lines.size() + 3);
  call.reply.SimpleString(
      Format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", container));
  for (const std::string_view line : lines) call.reply.SimpleString(line);
  call.reply.SimpleString("HELP");
  call.reply.SimpleString("    Prints this help.");
  return {};
}

}  // namespace cordwood::commands
