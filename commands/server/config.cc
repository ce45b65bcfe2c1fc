// CONFIG: the options of the running server.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/process.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"

namespace cordwood::commands::server {
namespace {

Status ConfigGet(Call& call) {
  const std::vector<std::pair<std::string, std::string>> found =
      call.host.settings.Get(call.argv.subspan(2));
  call.reply.MapHeader(found.size());
  for (const auto& [name, value] : found) {
    call.reply.Bulk(name);
    call.reply.Bulk(value);
  }
  return {};
}

/// The values of passwords, and of names that go with them.
std::vector<size_t> SecretsOfSet(std::span<const std::string_view> argv) {
  constexpr std::string_view kSecret[] = {"masterauth", "masteruser", "requirepass",
                                          "tls-client-key-file-pass", "tls-key-file-pass"};
  std::vector<size_t> secrets;
  for (size_t i = 2; i + 1 < argv.size(); i += 2) {
    const auto is = [&](std::string_view name) { return EqualsIgnoreCase(argv[i], name); };
    if (std::ranges::any_of(kSecret, is)) secrets.push_back(i + 1);
  }
  return secrets;
}

Status ConfigSet(Call& call) {
  if (call.argv.size() % 2 != 0) return call.Error(kSyntaxError);
  std::vector<std::pair<std::string_view, std::string_view>> values;
  for (size_t i = 2; i < call.argv.size(); i += 2) {
    values.emplace_back(call.argv[i], call.argv[i + 1]);
  }
  if (const Status set = call.host.settings.Set(values); !set) {
    return call.Error("ERR " + set.error().message());
  }
  call.reply.Ok();
  return {};
}

Status ConfigResetStat(Call& call) {
  call.Defer([&process = call.host.process] { process.ResetStats(); });
  call.reply.Ok();
  return {};
}

Status ConfigRewrite(Call& call) {
  return call.Error(
      "ERR CONFIG REWRITE is not supported: change the configuration file, and CONFIG SET for the "
      "running server");
}

constexpr Command kConfigRows[] = {
    {.name = "config|get",
     .arity = -3,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ConfigGet,
     .docs = {.group = "server",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of options",
              .arguments = "parameter...",
              .summary = "Returns options and their values."}},
    {.name = "config|help",
     .arity = 2,
     .flags = kAlways,
     .handler = Help,
     .docs = {.group = "server",
              .since = "5.0.0",
              .complexity = "O(N) where N is the number of subcommands",
              .summary = "Returns a text about the subcommands."}},
    {.name = "config|resetstat",
     .arity = 2,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ConfigResetStat,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .docs = {.group = "server",
              .since = "2.0.0",
              .complexity = "O(1)",
              .summary = "Sets the statistics of INFO back."}},
    {.name = "config|rewrite",
     .arity = 2,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ConfigRewrite,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .docs = {.group = "server",
              .since = "2.8.0",
              .complexity = "O(1)",
              .summary = "Not supported: replies with an error."}},
    {.name = "config|set",
     .arity = -4,
     .flags = kAdmin | kNoScript | kAlways,
     .handler = ConfigSet,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .find_secrets = SecretsOfSet,
     .docs = {.group = "server",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of options",
              .arguments = "data=<parameter value>...",
              .summary = "Sets options of the running server."}},
};

constexpr Command kRowsOfConfig[] = {
    {.name = "config",
     .arity = -2,
     .subcommands = kConfigRows,
     .docs = {.group = "server",
              .since = "2.0.0",
              .complexity = "Its subcommands differ.",
              .summary = "A container for commands about the configuration."}},
};

}  // namespace

Rows ConfigRows() { return kRowsOfConfig; }

}  // namespace cordwood::commands::server
