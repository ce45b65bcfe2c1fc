// AUTH and HELLO, and RESET, which takes it all back.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/connection/client_tracking.h"
#include "commands/connection/plain_word.h"
#include "commands/core/arg_reader.h"
#include "commands/core/clients.h"
#include "commands/core/error_texts.h"
#include "commands/core/monitors.h"
#include "commands/core/redis_version.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"
#include "commands/core/watches.h"
#include "commands/pubsub/subscribe.h"

namespace cordwood::commands::connection {
namespace {

constexpr std::string_view kDefaultUser = "default";
constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";

/// Takes as long for a wrong guess as for another, however much of it is right.
bool SamePassword(std::string_view guess, std::string_view password) {
  size_t difference = guess.size() ^ password.size();
  for (size_t i = 0; i < guess.size(); ++i) {
    difference |= static_cast<uint8_t>(guess[i] ^ password[i % password.size()]);
  }
  return difference == 0;
}

/// Lets the client in, or replies why not.
bool Admits(Call& call, std::string_view user, std::string_view password) {
  const std::string& required = call.host.settings.RequiredPassword();
  Client& client = call.client;
  if (user == kDefaultUser && (required.empty() || SamePassword(password, required))) {
    client.authenticated = true;
    client.failed_logins = 0;
    return true;
  }
  ++client.failed_logins;
  call.host.clients.NoteFailedLogin(client);
  call.reply.Error(kWrongPassword);
  return false;
}

struct HelloOptions {
  std::optional<int> protocol;
  std::optional<std::string_view> user;
  std::string_view password;
  std::optional<std::string_view> name;
};

/// Replies and answers nothing if the arguments make no sense.
std::optional<HelloOptions> TakeHelloOptions(Call& call) {
  HelloOptions options;
  ArgReader args(call, 1);
  if (!args.done()) {
    const std::optional<int64_t> version =
        args.Int64("ERR Protocol version is not an integer or out of range");
    if (!version) return std::nullopt;
    if (*version != 2 && *version != 3) {
      call.reply.Error("NOPROTO unsupported protocol version");
      return std::nullopt;
    }
    options.protocol = static_cast<int>(*version);
  }
  while (!args.done()) {
    if (args.MatchBefore("AUTH", 2)) {
      options.user = args.Next();
      options.password = args.Next();
    } else if (args.MatchBefore("SETNAME", 1)) {
      options.name = args.Next();
      if (!IsPlainWord(*options.name)) {
        call.reply.Error(kBadName);
        return std::nullopt;
      }
    } else {
      call.reply.Error(Format("ERR Syntax error in HELLO option '{}'", AsPrinted(args.Next())));
      return std::nullopt;
    }
  }
  return options;
}

void ReplyServer(Call& call) {
  protocol::ReplyWriter& reply = call.reply;
  reply.MapHeader(7);
  reply.Bulk("server");
  reply.Bulk("redis");
  reply.Bulk("version");
  reply.Bulk(kRedisVersion);
  reply.Bulk("proto");
  reply.Integer(call.client.protocol);
  reply.Bulk("id");
  reply.Integer(static_cast<int64_t>(call.client.id));
  reply.Bulk("mode");
  reply.Bulk("standalone");
  reply.Bulk("role");
  reply.Bulk("master");
  reply.Bulk("modules");
  reply.ArrayHeader(0);
}

std::vector<size_t> SecretsOfAuth(std::span<const std::string_view> argv) {
  std::vector<size_t> secrets;
  for (size_t i = 1; i < argv.size(); ++i) secrets.push_back(i);
  return secrets;
}

std::vector<size_t> SecretsOfHello(std::span<const std::string_view> argv) {
  for (size_t i = 2; i + 2 < argv.size(); ++i) {
    if (EqualsIgnoreCase(argv[i], "AUTH")) return {i + 1, i + 2};
  }
  return {};
}

Status Auth(Call& call) {
  if (call.argv.size() > 3) return call.Error(kSyntaxError);
  const bool names_user = call.argv.size() == 3;
  if (!names_user && call.host.settings.RequiredPassword().empty()) {
    return call.Error(
        "ERR AUTH <password> called without any password configured for the default user. Are "
        "you sure your configuration is correct?");
  }
  if (!Admits(call, names_user ? call.argv[1] : kDefaultUser, call.argv.back())) return {};
  call.reply.Ok();
  return {};
}

Status Hello(Call& call) {
  const std::optional<HelloOptions> options = TakeHelloOptions(call);
  if (!options) return {};
  Client& client = call.client;
  if (options->user && !Admits(call, *options->user, options->password)) return {};
  if (!client.authenticated) {
    return call.Error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  if (options->name) client.name = *options->name;
  if (options->protocol) {
    client.protocol = *options->protocol;
    call.reply.SetVersion(static_cast<protocol::RespVersion>(client.protocol));
  }
  ReplyServer(call);
  return {};
}

Status Reset(Call& call) {
  call.client.queue.reset();
  call.host.watches.Unwatch(call.client);
  pubsub::UnsubscribeAll(call);
  EndTracking(call);
  Client& client = call.client;
  call.host.monitors.Stop(client);
  client.monitors = false;
  client.db = 0;
  client.protocol = 2;
  client.authenticated = call.host.settings.RequiredPassword().empty();
  client.no_evict = false;
  client.no_touch = false;
  client.replies = Replies::kSent;
  client.name.clear();
  call.reply.SetVersion(protocol::RespVersion::kResp2);
  call.reply.SimpleString("RESET");
  return {};
}

constexpr Command kRowsOfAuthentication[] = {
    {.name = "auth",
     .arity = -2,
     .flags = kFast | kNoAuth | kNoScript | kAlways | kAllowBusy,
     .handler = Auth,
     .categories = kConnectionCategory,
     .find_secrets = SecretsOfAuth,
     .docs = {.group = "connection",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "[username@6.0.0] password",
              .summary = "Authenticates the connection."}},
    {.name = "hello",
     .arity = -1,
     .flags = kFast | kNoAuth | kNoScript | kAlways | kAllowBusy,
     .handler = Hello,
     .categories = kConnectionCategory,
     .find_secrets = SecretsOfHello,
     .docs =
         {.group = "connection",
          .since = "6.0.0",
          .complexity = "O(1)",
          .arguments =
              "[arguments=<protover:integer [AUTH auth=<username password>] [SETNAME clientname]>]",
          .summary = "Greets the server and chooses the protocol."}},
    {.name = "reset",
     .arity = 1,
     .flags = kFast | kNoAuth | kNoScript | kAlways | kAllowBusy | kNeverQueued | kWhileSubscribed,
     .handler = Reset,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "6.2.0",
              .complexity = "O(1)",
              .summary = "Makes the connection as it was when it was new."}},
};

}  // namespace

Rows AuthenticationRows() { return kRowsOfAuthentication; }

}  // namespace cordwood::commands::connection
