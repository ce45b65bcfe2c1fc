// The commands about the server itself: their rows, and the handlers that pass a question on to
// the host.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "commands/core/arg_reader.h"
#include "commands/core/command_table.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/host.h"
#include "commands/core/row_maker.h"
#include "commands/server/handlers.h"

namespace cordwood::commands {
namespace {

constexpr int64_t kMicrosecondsPerSecond = 1'000'000;

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

Status Info(Call& call) {
  std::vector<std::string> sections;
  for (const std::string_view section : call.argv.subspan(1)) sections.push_back(ToLower(section));
  call.reply.VerbatimString(call.host.Info(sections, call.tx));
  return {};
}

Status Time(Call& call) {
  const int64_t now_us = call.host.WallMicroseconds();
  call.reply.ArrayHeader(2);
  call.reply.BulkInteger(now_us / kMicrosecondsPerSecond);
  call.reply.BulkInteger(now_us % kMicrosecondsPerSecond);
  return {};
}

Status Shutdown(Call& call) {
  bool save = false;
  bool no_save = false;
  bool now = false;
  bool force = false;
  bool abort = false;
  for (ArgReader args(call, 1); !args.done();) {
    if (args.Match("SAVE")) {
      save = true;
    } else if (args.Match("NOSAVE")) {
      no_save = true;
    } else if (args.Match("NOW")) {
      now = true;
    } else if (args.Match("FORCE")) {
      force = true;
    } else if (args.Match("ABORT")) {
      abort = true;
    } else {
      return call.Error(kSyntaxError);
    }
  }
  if ((save && no_save) || (abort && (save || no_save || now || force))) {
    return call.Error(kSyntaxError);
  }
  if (abort) return call.Error("ERR No shutdown in progress.");
  call.host.Shutdown(save, now, force);
  return {};
}

Status Compact(Call& call) {
  call.host.CompactEverything();
  call.reply.Ok();
  return {};
}

constexpr RowMaker kRow = {.group = "server"};

constexpr Command kCommandRows[] = {
    kRow("command|count", 2, kAlways, server::CommandCount, "2.8.13",
         "Returns the number of commands."),
    kRow("command|docs", -2, kAlways, server::CommandDocs, "7.0.0",
         "Returns texts about commands."),
    kRow("command|getkeys", -4, kAlways, server::CommandGetKeys, "2.8.13",
         "Returns the keys of a command with its arguments."),
    kRow("command|help", 2, kAlways, server::CommandHelp, "5.0.0",
         "Returns a text about the subcommands."),
    kRow("command|info", -2, kAlways, server::CommandInfo, "2.8.13",
         "Returns the details of commands."),
    kRow("command|list", -2, kAlways, server::CommandList, "7.0.0",
         "Returns the names of commands."),
};

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

constexpr Command kMemoryRows[] = {
    kRow("memory|help", 2, kAlways, server::MemoryHelp, "4.0.0",
         "Returns a text about the subcommands."),
    {.name = "memory|usage",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {.first = 2, .last = 2, .step = 1},
     .handler = server::MemoryUsage,
     .summary = "Returns the bytes that a key takes in the store.",
     .since = "4.0.0",
     .group = "server"},
};

constexpr Command kRows[] = {
    {.name = "command",
     .arity = -1,
     .flags = kAlways,
     .handler = server::CommandAll,
     .subcommands = kCommandRows,
     .summary = "Returns the details of all commands.",
     .since = "2.8.13",
     .group = "server"},
    kRow("compact", 1, kWrite | kAdmin | kFrees | kEmpties, Compact, "7.2.0",
         "Cordwood: merges everything into one run, in the background."),
    {.name = "config",
     .arity = -2,
     .subcommands = kConfigRows,
     .summary = "A container for commands about the configuration.",
     .since = "2.0.0",
     .group = "server"},
    kRow("info", -1, kAlways, Info, "1.0.0", "Returns what is measured of the server."),
    {.name = "memory",
     .arity = -2,
     .subcommands = kMemoryRows,
     .summary = "A container for commands about sizes.",
     .since = "4.0.0",
     .group = "server"},
    kRow("shutdown", -1, kAdmin | kNoScript | kAlways, Shutdown, "1.0.0", "Stops the server."),
    kRow("time", 1, kFast | kAlways, Time, "2.6.0", "Returns the time of the server."),
};

}  // namespace

std::span<const Command> ServerCommands() { return kRows; }

}  // namespace cordwood::commands
