// COMMAND: what the server can do, from its own tables.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/categories.h"
#include "commands/core/command_table.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/row.h"
#include "commands/server/command_reply.h"

namespace cordwood::commands::server {
namespace {

/// The commands that argv[2] and the following name; null for those that are unknown.
std::vector<const Command*> NamedInArguments(const CommandTable& table, const Call& call) {
  std::vector<const Command*> named;
  for (const std::string_view name : call.argv.subspan(2)) {
    named.push_back(table.FindNamed(name));
  }
  return named;
}

void ReplyInfos(Call& call, const std::vector<const Command*>& commands) {
  call.reply.ArrayHeader(commands.size());
  for (const Command* command : commands) {
    if (call.reply.overflowed()) return;
    if (command == nullptr) {
      call.reply.Null();
    } else {
      ReplyCommandInfo(call.reply, *command);
    }
  }
}

/// Which commands COMMAND LIST shows.
struct ListFilter {
  bool of_module = false;            // there are no modules
  std::optional<uint32_t> category;  // 0: one that there is not
  std::optional<std::string_view> pattern;

  bool Has(const Command& command) const {
    if (of_module) return false;
    if (pattern) return GlobMatch(*pattern, command.name, GlobCase::kIgnored);
    return !category || (CategoriesOf(command) & *category) != 0;
  }
};

/// Replies and answers nothing if the options make no sense.
std::optional<ListFilter> TakeListFilter(Call& call) {
  ListFilter filter;
  ArgReader args(call, 2);
  if (args.done()) return filter;
  if (call.argv.size() == 5 && args.Match("FILTERBY")) {
    if (args.Match("MODULE")) {
      filter.of_module = true;
      return filter;
    }
    if (args.Match("ACLCAT")) {
      const std::optional<Category> category = CategoryNamed(args.Next());
      filter.category = category ? uint32_t{*category} : 0;
      return filter;
    }
    if (args.Match("PATTERN")) {
      filter.pattern = args.Next();
      return filter;
    }
  }
  call.reply.Error(kSyntaxError);
  return std::nullopt;
}

/// The row of the command in `argv`, whatever its number of arguments; null if there is none.
const Command* FindRow(const CommandTable& table, std::span<const std::string_view> argv) {
  const Command* command = table.Find(argv[0]);
  if (command == nullptr || command->subcommands.empty() || argv.size() < 2) return command;
  return table.FindNamed(std::string(argv[0]) + "|" + std::string(argv[1]));
}

Status CommandAll(Call& call) {
  const CommandTable& table = call.host.commands;
  ReplyInfos(call, table.all());
  return {};
}

Status CommandCount(Call& call) {
  const CommandTable& table = call.host.commands;
  call.reply.Integer(static_cast<int64_t>(table.all().size()));
  return {};
}

Status CommandInfo(Call& call) {
  const CommandTable& table = call.host.commands;
  ReplyInfos(call, call.argv.size() == 2 ? table.all() : NamedInArguments(table, call));
  return {};
}

Status CommandDocs(Call& call) {
  const CommandTable& table = call.host.commands;
  std::vector<const Command*> commands =
      call.argv.size() == 2 ? table.all() : NamedInArguments(table, call);
  std::erase(commands, nullptr);
  call.reply.MapHeader(commands.size());
  for (const Command* command : commands) {
    if (call.reply.overflowed()) break;
    call.reply.Bulk(command->name);
    ReplyCommandDocs(call.reply, *command);
  }
  return {};
}

Status CommandList(Call& call) {
  const std::optional<ListFilter> filter = TakeListFilter(call);
  if (!filter) return {};
  const CommandTable& table = call.host.commands;
  std::vector<std::string_view> names;
  for (const Command* command : table.all()) {
    if (filter->Has(*command)) names.push_back(command->name);
    for (const Command& subcommand : command->subcommands) {
      if (filter->Has(subcommand)) names.push_back(subcommand.name);
    }
  }
  call.reply.ArrayHeader(names.size());
  for (const std::string_view name : names) call.reply.Bulk(name);
  return {};
}

/// A key of a request, and what becomes of it.
struct UsedKey {
  std::string_view key;
  uint16_t access = 0;
};

/// The keys of the request that begins at argv[2]. Replies and answers nothing if it has none or
/// makes no sense.
std::optional<std::vector<UsedKey>> TakeKeys(Call& call) {
  const CommandTable& table = call.host.commands;
  const std::span<const std::string_view> argv = call.argv.subspan(2);
  const Command* command = FindRow(table, argv);
  std::string_view error;
  std::vector<UsedKey> keys;
  const auto take = [&](size_t i, uint16_t access) { keys.push_back({argv[i], access}); };
  if (command == nullptr) {
    error = "ERR Invalid command specified";
  } else if (!HasKeys(*command)) {
    error = "ERR The command has no key arguments";
  } else if (!table.Resolve(argv).error.empty()) {
    error = "ERR Invalid number of arguments specified for command";
  } else if (!ForEachKey(*command, argv, take) || keys.empty()) {
    error = "ERR Invalid arguments specified for command";
  } else {
    return keys;
  }
  call.reply.Error(error);
  return std::nullopt;
}

Status CommandGetKeys(Call& call) {
  const std::optional<std::vector<UsedKey>> keys = TakeKeys(call);
  if (!keys) return {};
  call.reply.ArrayHeader(keys->size());
  for (const UsedKey& used : *keys) call.reply.Bulk(used.key);
  return {};
}

Status CommandGetKeysAndFlags(Call& call) {
  const std::optional<std::vector<UsedKey>> keys = TakeKeys(call);
  if (!keys) return {};
  call.reply.ArrayHeader(keys->size());
  for (const UsedKey& used : *keys) {
    call.reply.ArrayHeader(2);
    call.reply.Bulk(used.key);
    ReplyKeyAccess(call.reply, used.access);
  }
  return {};
}

constexpr Command kCommandRows[] = {
    {.name = "command|count",
     .arity = 2,
     .flags = kAlways,
     .handler = CommandCount,
     .categories = kConnectionCategory,
     .docs = {.group = "server",
              .since = "2.8.13",
              .complexity = "O(1)",
              .summary = "Returns the number of commands."}},
    {.name = "command|docs",
     .arity = -2,
     .flags = kAlways,
     .handler = CommandDocs,
     .categories = kConnectionCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "server",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of commands told",
              .arguments = "[command-name...]",
              .summary = "Returns texts about commands."}},
    {.name = "command|getkeys",
     .arity = -3,
     .flags = kAlways,
     .handler = CommandGetKeys,
     .categories = kConnectionCategory,
     .docs = {.group = "server",
              .since = "2.8.13",
              .complexity = "O(N) where N is the number of arguments",
              .arguments = "command [arg...]",
              .summary = "Returns the keys of a command with its arguments."}},
    {.name = "command|getkeysandflags",
     .arity = -3,
     .flags = kAlways,
     .handler = CommandGetKeysAndFlags,
     .categories = kConnectionCategory,
     .docs = {.group = "server",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of arguments",
              .arguments = "command [arg...]",
              .summary =
                  "Returns the keys of a command with its arguments, and what becomes of each."}},
    {.name = "command|help",
     .arity = 2,
     .flags = kAlways,
     .handler = Help,
     .categories = kConnectionCategory,
     .docs = {.group = "server",
              .since = "5.0.0",
              .complexity = "O(N) where N is the number of subcommands",
              .summary = "Returns a text about the subcommands."}},
    {.name = "command|info",
     .arity = -2,
     .flags = kAlways,
     .handler = CommandInfo,
     .categories = kConnectionCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "server",
              .since = "2.8.13",
              .complexity = "O(N) where N is the number of commands told",
              .arguments = "[command-name...]",
              .summary = "Returns the details of commands."}},
    {.name = "command|list",
     .arity = -2,
     .flags = kAlways,
     .handler = CommandList,
     .categories = kConnectionCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "server",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of commands",
              .arguments = "[FILTERBY filterby=(MODULE module-name | ACLCAT category | PATTERN "
                           "pattern:pattern)]",
              .summary = "Returns the names of commands."}},
};

constexpr Command kRowsOfCommand[] = {
    {.name = "command",
     .arity = -1,
     .flags = kAlways,
     .handler = CommandAll,
     .subcommands = kCommandRows,
     .categories = kConnectionCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "server",
              .since = "2.8.13",
              .complexity = "O(N) where N is the number of commands",
              .summary = "Returns the details of all commands."}},
};

}  // namespace

Rows CommandRows() { return kRowsOfCommand; }

}  // namespace cordwood::commands::server
