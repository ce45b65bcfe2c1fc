// CONFIG: the options of the running server.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/host.h"
#include "commands/core/row_maker.h"

namespace cordwood::commands::server {
namespace {

Status ConfigGet(Call& call) {
  const std::vector<std::pair<std::string, std::string>> found =
      call.host.ConfigGet(call.argv.subspan(2));
  call.reply.MapHeader(found.size());
  for (const auto& [name, value] : found) {
    call.reply.Bulk(name);
    call.reply.Bulk(value);
  }
  return {};
}

Status ConfigSet(Call& call) {
  if (call.argv.size() % 2 != 0) return call.Error(kSyntaxError);
  std::vector<std::pair<std::string_view, std::string_view>> values;
  for (size_t i = 2; i < call.argv.size(); i += 2) {
    values.emplace_back(call.argv[i], call.argv[i + 1]);
  }
  if (const Status set = call.host.ConfigSet(values); !set) {
    return call.Error("ERR " + set.error().message());
  }
  call.reply.Ok();
  return {};
}

Status ConfigResetStat(Call& call) {
  call.host.ResetStats();
  call.reply.Ok();
  return {};
}

Status ConfigRewrite(Call& call) {
  return call.Error(
      "ERR CONFIG REWRITE is not supported: change the configuration file, and CONFIG SET for the "
      "running server");
}

Status ConfigHelp(Call& call) {
  static constexpr std::string_view kLines[] = {
      "GET <pattern> [<pattern> ...]",
      "    Return the options whose name matches a glob pattern, and their values.",
      "SET <option> <value> [<option> <value> ...]",
      "    Set options, all or none.",
      "RESETSTAT",
      "    Set the statistics of INFO back.",
      "REWRITE",
      "    Not supported.",
  };
  return ReplyHelp(call, "CONFIG", kLines);
}

constexpr RowMaker kRow = {.group = "server"};

constexpr Command kConfigRows[] = {
    kRow("config|get", -3, kAdmin | kNoScript | kAlways, ConfigGet, "2.0.0",
         "Returns options and their values."),
    kRow("config|help", 2, kAlways, ConfigHelp, "5.0.0", "Returns a text about the subcommands."),
    kRow("config|resetstat", 2, kAdmin | kNoScript | kAlways, ConfigResetStat, "2.0.0",
         "Sets the statistics of INFO back."),
    kRow("config|rewrite", 2, kAdmin | kNoScript | kAlways, ConfigRewrite, "2.8.0",
         "Not supported: replies with an error."),
    kRow("config|set", -4, kAdmin | kNoScript | kAlways, ConfigSet, "2.0.0",
         "Sets options of the running server."),
};

constexpr Command kRows[] = {
    {.name = "config",
     .arity = -2,
     .subcommands = kConfigRows,
     .summary = "A container for commands about the configuration.",
     .since = "2.0.0",
     .group = "server"},
};

}  // namespace

Rows ConfigRows() { return kRows; }

}  // namespace cordwood::commands::server
