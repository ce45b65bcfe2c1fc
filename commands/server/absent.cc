// What clients and tests ask of a server of one machine without scripts, modules, replicas and
// cluster: what is there of it is always empty, and the rest is an error.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/host.h"
#include "commands/core/process.h"
#include "commands/core/row.h"

namespace cordwood::commands::server {
namespace {

// --- functions and modules ---

Status FunctionFlush(Call& call) {
  if (call.argv.size() > 3) return call.Error(WrongArity("function|flush"));
  ArgReader args(call, 2);
  if (!args.done() && !args.Match("SYNC") && !args.Match("ASYNC")) {
    return call.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  call.reply.Ok();
  return {};
}

Status FunctionList(Call& call) {
  bool with_code = false;
  bool has_pattern = false;
  for (ArgReader args(call, 2); !args.done();) {
    if (!with_code && args.Match("WITHCODE")) {
      with_code = true;
    } else if (!has_pattern && args.Match("LIBRARYNAME")) {
      if (args.done()) return call.Error("ERR library name argument was not given");
      args.Next();
      has_pattern = true;
    } else {
      return call.Error("ERR Unknown argument " + std::string(args.Next()));
    }
  }
  call.reply.ArrayHeader(0);
  return {};
}

Status ModuleList(Call& call) {
  call.reply.ArrayHeader(0);
  return {};
}

// --- replication ---

Status Role(Call& call) {
  call.reply.ArrayHeader(3);
  call.reply.Bulk("master");
  call.reply.Integer(0);  // bytes that were sent to replicas
  call.reply.ArrayHeader(0);
  return {};
}

Status ReplicaOf(Call& call) {
  if (!EqualsIgnoreCase(call.argv[1], "NO") || !EqualsIgnoreCase(call.argv[2], "ONE")) {
    return call.Error("ERR replication is not supported; REPLICAOF takes NO ONE");
  }
  call.reply.Ok();
  return {};
}

Status Failover(Call& call) {
  ArgReader args(call, 1);
  if (args.left() == 1 && args.Match("ABORT")) return call.Error("ERR No failover in progress.");
  while (!args.done()) {
    if (args.MatchBefore("TO", 2)) {
      args.Next();
      if (!args.Int64()) return {};
    } else if (args.MatchBefore("TIMEOUT", 1)) {
      const std::optional<int64_t> timeout = args.Int64();
      if (!timeout) return {};
      if (*timeout <= 0) return call.Error("ERR FAILOVER timeout must be greater than 0");
    } else if (!args.Match("FORCE")) {
      return call.Error(kSyntaxError);
    }
  }
  return call.Error("ERR FAILOVER requires connected replicas.");
}

Status ClusterDisabled(Call& call) {
  return call.Error("ERR This instance has cluster support disabled");
}

// --- saving ---

/// What was replied to is on the disk, so that everything is saved at any time.
Status LastSave(Call& call) {
  constexpr int64_t kMicrosecondsPerSecond = 1'000'000;
  call.reply.Integer(call.host.process.WallMicroseconds() / kMicrosecondsPerSecond);
  return {};
}

constexpr Command Row(std::string_view name, int arity, uint32_t flags, Handler handler,
                      const Docs& docs) {
  return {.name = name, .arity = arity, .flags = flags, .handler = handler, .docs = docs};
}

constexpr Docs OfServer(std::string_view since, std::string_view arguments,
                        std::string_view summary) {
  return {.group = "server",
          .since = since,
          .complexity = "O(1)",
          .arguments = arguments,
          .summary = summary};
}

constexpr Docs OfFunctions(std::string_view arguments, std::string_view summary) {
  return {.group = "scripting",
          .since = "7.0.0",
          .complexity = "O(1)",
          .arguments = arguments,
          .summary = summary};
}

constexpr Docs kOfCluster = {.group = "cluster",
                             .since = "3.0.0",
                             .complexity = "O(1)",
                             .summary = "Replies with an error: there is no cluster."};

constexpr Docs OfContainer(std::string_view group, std::string_view since,
                           std::string_view summary) {
  return {
      .group = group, .since = since, .complexity = "Its subcommands differ.", .summary = summary};
}

constexpr Command With(Command row, uint32_t categories, std::string_view tips = {}) {
  row.categories = categories;
  row.tips = tips;
  return row;
}

constexpr Command kFunctionRows[] = {
    With(Row("function|flush", -2, kWrite | kFrees | kNoScript, FunctionFlush,
             OfFunctions("[mode=(ASYNC | SYNC)]", "Deletes all libraries. There are none.")),
         kScriptingCategory, "request_policy:all_shards response_policy:all_succeeded"),
    With(Row("function|help", 2, kAlways, Help,
             OfFunctions({}, "Returns a text about the subcommands.")),
         kScriptingCategory),
    With(Row("function|list", -2, kNoScript, FunctionList,
             OfFunctions("[LIBRARYNAME library-name-pattern] [WITHCODE]",
                         "Returns all libraries. There are none.")),
         kScriptingCategory, "nondeterministic_output_order"),
};

constexpr Command kModuleRows[] = {
    Row("module|help", 2, kAlways, Help,
        OfServer("5.0.0", {}, "Returns a text about the subcommands.")),
    With(Row("module|list", 2, kAdmin | kNoScript, ModuleList,
             OfServer("4.0.0", {}, "Returns the modules. There are none.")),
         0, "nondeterministic_output_order"),
};

constexpr Command ClusterRow(std::string_view name, int arity, uint32_t flags) {
  return Row(name, arity, flags, ClusterDisabled, kOfCluster);
}

constexpr Command kClusterRows[] = {
    ClusterRow("cluster|addslots", -3, kAdmin | kStale),
    ClusterRow("cluster|addslotsrange", -4, kAdmin | kStale),
    ClusterRow("cluster|bumpepoch", 2, kAdmin | kStale),
    ClusterRow("cluster|count-failure-reports", 3, kAdmin | kStale),
    ClusterRow("cluster|countkeysinslot", 3, kStale),
    ClusterRow("cluster|delslots", -3, kAdmin | kStale),
    ClusterRow("cluster|delslotsrange", -4, kAdmin | kStale),
    ClusterRow("cluster|failover", -2, kAdmin | kStale),
    ClusterRow("cluster|flushslots", 2, kAdmin | kStale),
    ClusterRow("cluster|forget", 3, kAdmin | kStale),
    ClusterRow("cluster|getkeysinslot", 4, kStale),
    Row("cluster|help", 2, kAlways, Help, kOfCluster),
    ClusterRow("cluster|info", 2, kStale),
    ClusterRow("cluster|keyslot", 3, kStale),
    ClusterRow("cluster|links", 2, kStale),
    ClusterRow("cluster|meet", -4, kAdmin | kStale),
    ClusterRow("cluster|myid", 2, kStale),
    ClusterRow("cluster|nodes", 2, kStale),
    ClusterRow("cluster|replicas", 3, kAdmin | kStale),
    ClusterRow("cluster|replicate", 3, kAdmin | kStale),
    ClusterRow("cluster|reset", -2, kAdmin | kNoScript | kStale),
    ClusterRow("cluster|saveconfig", 2, kAdmin | kStale),
    ClusterRow("cluster|set-config-epoch", 3, kAdmin | kStale),
    ClusterRow("cluster|setslot", -4, kAdmin | kStale),
    ClusterRow("cluster|shards", 2, kStale),
    ClusterRow("cluster|slaves", 3, kAdmin | kStale),
    ClusterRow("cluster|slots", 2, kStale),
};

constexpr uint32_t kReplication = kAdmin | kNoScript | kStale;
constexpr uint32_t kOnlyCluster = kFast | kAlways;

constexpr Command kRowsOfAbsent[] = {
    {.name = "cluster",
     .arity = -2,
     .subcommands = kClusterRows,
     .docs = OfContainer("cluster", "3.0.0", "A container for commands about a cluster.")},
    Row("failover", -1, kReplication, Failover,
        OfServer("6.2.0",
                 "[target=<TO host port:integer [FORCE]>] [ABORT] [TIMEOUT milliseconds:integer]",
                 "Replies with an error: there are no replicas.")),
    {.name = "function",
     .arity = -2,
     .subcommands = kFunctionRows,
     .docs = OfContainer("scripting", "7.0.0", "A container for commands about functions.")},
    With(Row("lastsave", 1, kFast | kAlways, LastSave,
             OfServer("1.0.0", {}, "Returns the time: all that was replied to is saved.")),
         kAdminCategory | kDangerousCategory, "nondeterministic_output"),
    {.name = "module",
     .arity = -2,
     .subcommands = kModuleRows,
     .docs = OfContainer("server", "4.0.0", "A container for commands about modules.")},
    With(Row("readonly", 1, kOnlyCluster, ClusterDisabled, kOfCluster), kConnectionCategory),
    With(Row("readwrite", 1, kOnlyCluster, ClusterDisabled, kOfCluster), kConnectionCategory),
    Row("replicaof", 3, kReplication, ReplicaOf,
        OfServer("5.0.0", "host port", "Takes NO ONE: there is no replication.")),
    With(Row("role", 1, kNoScript | kFast | kAlways, Role,
             OfServer("2.8.12", {}, "Returns that this is a master without replicas.")),
         kAdminCategory | kDangerousCategory),
    Row("slaveof", 3, kReplication, ReplicaOf,
        OfServer("1.0.0", "host port", "Takes NO ONE: there is no replication.")),
};

}  // namespace

Rows AbsentRows() { return kRowsOfAbsent; }

}  // namespace cordwood::commands::server
