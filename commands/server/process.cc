// The commands about the process: what it measures, its clock, its end.

#include "commands/core/process.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/row.h"

namespace cordwood::commands::server {
namespace {

constexpr int64_t kMicrosecondsPerSecond = 1'000'000;

Status Info(Call& call) {
  std::vector<std::string> sections;
  for (const std::string_view section : call.argv.subspan(1)) sections.push_back(ToLower(section));
  call.reply.VerbatimString(call.host.process.Info(sections, call.tx));
  return {};
}

Status Time(Call& call) {
  const int64_t now_us = call.host.process.WallMicroseconds();
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
  call.host.process.Shutdown(save, now, force);
  return {};
}

Status Compact(Call& call) {
  call.Defer([&process = call.host.process] { process.CompactEverything(); });
  call.reply.Ok();
  return {};
}

constexpr Command kRowsOfProcess[] = {
    {.name = "compact",
     .arity = 1,
     .flags = kWrite | kFrees | kEmpties | kAdmin,
     .handler = Compact,
     .docs = {.group = "server",
              .since = "7.2.0",
              .complexity = "O(N) where N is the number of bytes stored, in the background",
              .summary = "Cordwood: merges everything into one run, in the background."}},
    {.name = "info",
     .arity = -1,
     .flags = kAlways,
     .handler = Info,
     .categories = kDangerousCategory,
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special",
     .docs = {.group = "server",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of sections",
              .arguments = "[section...]",
              .summary = "Returns what is measured of the server."}},
    {.name = "shutdown",
     .arity = -1,
     .flags = kAdmin | kNoScript | kAlways | kNoMulti | kAllowBusy,
     .handler = Shutdown,
     .docs = {.group = "server",
              .since = "1.0.0",
              .complexity =
                  "O(N) where N is the number of bytes in memory that are yet to be written",
              .arguments =
                  "[save-selector=(NOSAVE | SAVE)] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]",
              .summary = "Stops the server."}},
    {.name = "time",
     .arity = 1,
     .flags = kFast | kAlways,
     .handler = Time,
     .tips = "nondeterministic_output",
     .docs = {.group = "server",
              .since = "2.6.0",
              .complexity = "O(1)",
              .summary = "Returns the time of the server."}},
};

}  // namespace

Rows ProcessRows() { return kRowsOfProcess; }

}  // namespace cordwood::commands::server
