// SLOWLOG, and COMMANDLOG, which shows more kinds of logs: the last commands that stood out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/host.h"
#include "commands/core/row.h"
#include "commands/monitoring/monitoring.h"

namespace cordwood::commands::monitoring {
namespace {

constexpr std::string_view kKindNames[] = {"slow", "large-request", "large-reply"};
constexpr size_t kEntriesByDefault = 10;

CommandLog& LogOf(Call& call, CommandLogKind kind) {
  return call.host.monitoring.logs[static_cast<size_t>(kind)];
}

/// Replies and answers nothing if there is no such kind.
std::optional<CommandLogKind> TakeKind(Call& call, std::string_view name) {
  for (size_t i = 0; i < kCommandLogKinds; ++i) {
    if (EqualsIgnoreCase(name, kKindNames[i])) return static_cast<CommandLogKind>(i);
  }
  call.reply.Error("ERR type should be one of the following: slow, large-request, large-reply");
  return std::nullopt;
}

/// -1 is all. Replies and answers nothing if it makes no sense.
std::optional<size_t> TakeCount(Call& call) {
  constexpr std::string_view kError = "ERR count should be greater than or equal to -1";
  const std::optional<int64_t> count = ArgReader(call, 2).Int64(kError);
  if (!count) return std::nullopt;
  if (*count < -1) {
    call.reply.Error(kError);
    return std::nullopt;
  }
  return static_cast<size_t>(*count);
}

void ReplyEntry(protocol::ReplyWriter& reply, const CommandLogEntry& entry) {
  reply.ArrayHeader(6);
  reply.Integer(static_cast<int64_t>(entry.id));
  reply.Integer(entry.unix_seconds);
  reply.Integer(static_cast<int64_t>(entry.amount));
  reply.ArrayHeader(entry.argv.size());
  for (const std::string& argument : entry.argv) reply.Bulk(argument);
  reply.Bulk(entry.address);
  reply.Bulk(entry.name);
}

Status ReplyNewest(Call& call, CommandLogKind kind, size_t count) {
  const auto& entries = LogOf(call, kind).entries();
  count = std::min(count, entries.size());
  call.reply.ArrayHeader(count);
  for (size_t i = 0; i < count; ++i) ReplyEntry(call.reply, entries[i]);
  return {};
}

Status ReplyLength(Call& call, CommandLogKind kind) {
  call.reply.Integer(static_cast<int64_t>(LogOf(call, kind).entries().size()));
  return {};
}

Status Clear(Call& call, CommandLogKind kind) {
  LogOf(call, kind).Clear();
  call.reply.Ok();
  return {};
}

Status SlowLogGet(Call& call) {
  if (call.argv.size() > 3) return call.Error(WrongSubcommandUse("slowlog", call.argv[1]));
  std::optional<size_t> count = kEntriesByDefault;
  if (call.argv.size() == 3) count = TakeCount(call);
  return count ? ReplyNewest(call, CommandLogKind::kSlow, *count) : Status();
}

Status SlowLogLen(Call& call) { return ReplyLength(call, CommandLogKind::kSlow); }

Status SlowLogReset(Call& call) { return Clear(call, CommandLogKind::kSlow); }

Status CommandLogGet(Call& call) {
  const std::optional<size_t> count = TakeCount(call);
  if (!count) return {};
  const std::optional<CommandLogKind> kind = TakeKind(call, call.argv[3]);
  return kind ? ReplyNewest(call, *kind, *count) : Status();
}

Status CommandLogLen(Call& call) {
  const std::optional<CommandLogKind> kind = TakeKind(call, call.argv[2]);
  return kind ? ReplyLength(call, *kind) : Status();
}

Status CommandLogReset(Call& call) {
  const std::optional<CommandLogKind> kind = TakeKind(call, call.argv[2]);
  return kind ? Clear(call, *kind) : Status();
}

constexpr Docs DocsOf(std::string_view since, std::string_view complexity,
                      std::string_view arguments, std::string_view summary) {
  return {.group = "server",
          .since = since,
          .complexity = complexity,
          .arguments = arguments,
          .summary = summary};
}

constexpr Command Row(std::string_view name, int arity, Handler handler, std::string_view tips,
                      const Docs& docs) {
  const bool is_help = handler == Help;
  return {.name = name,
          .arity = arity,
          .flags = is_help ? kAlways : kAdmin | kAlways,
          .handler = handler,
          .tips = tips,
          .docs = docs};
}

constexpr std::string_view kGetTips = "request_policy:all_nodes nondeterministic_output";
constexpr std::string_view kLenTips =
    "request_policy:all_nodes response_policy:agg_sum nondeterministic_output";
constexpr std::string_view kLogResetTips = "request_policy:all_nodes response_policy:all_succeeded";
constexpr std::string_view kPerEntry = "O(N) where N is the number of entries";
constexpr std::string_view kHelpSummary = "Returns a text about the subcommands.";

constexpr Command kSlowLogRows[] = {
    Row("slowlog|get", -2, SlowLogGet, kGetTips,
        DocsOf("2.2.12", kPerEntry, "[count:integer]",
               "Returns the last commands that took long: 10, or <count>, -1: all.")),
    Row("slowlog|help", 2, Help, {}, DocsOf("6.2.0", "O(1)", {}, kHelpSummary)),
    Row("slowlog|len", 2, SlowLogLen, kLenTips,
        DocsOf("2.2.12", "O(1)", {}, "Returns how many entries the log has.")),
    Row("slowlog|reset", 2, SlowLogReset, kLogResetTips,
        DocsOf("2.2.12", kPerEntry, {}, "Empties the log.")),
};

constexpr std::string_view kKind = "type=(SLOW | LARGE-REQUEST | LARGE-REPLY)";

constexpr Command kCommandLogRows[] = {
    Row("commandlog|get", 4, CommandLogGet, kGetTips,
        DocsOf("8.1.0", kPerEntry, "count:integer type=(SLOW | LARGE-REQUEST | LARGE-REPLY)",
               "Returns the last commands that took long, or were large; -1: all.")),
    Row("commandlog|help", 2, Help, {}, DocsOf("8.1.0", "O(1)", {}, kHelpSummary)),
    Row("commandlog|len", 3, CommandLogLen, kLenTips,
        DocsOf("8.1.0", "O(1)", kKind, "Returns how many entries a log has.")),
    Row("commandlog|reset", 3, CommandLogReset, kLogResetTips,
        DocsOf("8.1.0", kPerEntry, kKind, "Empties a log.")),
};

constexpr Command kRowsOfLogs[] = {
    {.name = "commandlog",
     .arity = -2,
     .subcommands = kCommandLogRows,
     .docs = DocsOf("8.1.0", "Its subcommands differ.", {},
                    "A container for commands about commands that stood out.")},
    {.name = "slowlog",
     .arity = -2,
     .subcommands = kSlowLogRows,
     .docs = DocsOf("2.2.12", "Its subcommands differ.", {},
                    "A container for commands about slow commands.")},
};

}  // namespace

Rows LogRows() { return kRowsOfLogs; }

}  // namespace cordwood::commands::monitoring
