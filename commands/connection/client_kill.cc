// CLIENT KILL, the old form with an address and the new one with filters.

#include "commands/connection/client_kill.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "commands/connection/client_kinds.h"
#include "commands/core/arg_reader.h"
#include "commands/core/clients.h"
#include "commands/core/error_texts.h"
#include "commands/core/process.h"

namespace cordwood::commands::connection {
namespace {

struct Filter {
  std::optional<uint64_t> id;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  std::optional<ClientKind> kind;
  std::optional<int64_t> min_age_ms;
  bool skip_self = true;

  bool Has(const ClientView& view, const Client& self, int64_t now_ms) const {
    const Client& client = *view.client;
    return (!id || *id == client.id) && (!address || *address == client.address) &&
           (!local_address || *local_address == client.local_address) &&
           (!kind || *kind == KindOf(view)) && (!skip_self || client.id != self.id) &&
           (!min_age_ms || now_ms - client.created_ms >= *min_age_ms);
  }
};

bool Refuse(Call& call, std::string_view error) {
  call.reply.Error(error);
  return false;
}

bool TakeId(ArgReader& args, Call& call, Filter& filter) {
  const std::optional<int64_t> id = ParseInt64(args.Next());
  if (!id || *id < 1) return Refuse(call, "ERR client-id should be greater than 0");
  filter.id = static_cast<uint64_t>(*id);
  return true;
}

bool TakeAge(ArgReader& args, Call& call, Filter& filter) {
  constexpr int64_t kMsPerSecond = 1000;
  const std::optional<int64_t> seconds = args.Int64("ERR maxage is not an integer or out of range");
  if (!seconds) return false;
  if (*seconds < 1) return Refuse(call, "ERR maxage should be greater than 0");
  filter.min_age_ms = std::min(*seconds, INT64_MAX / kMsPerSecond) * kMsPerSecond;
  return true;
}

bool TakeUser(ArgReader& args, Call& call) {
  const std::string_view user = args.Next();
  return user == "default" || Refuse(call, Format("ERR No such user '{}'", AsPrinted(user)));
}

bool TakeSkipMe(ArgReader& args, Call& call, Filter& filter) {
  filter.skip_self = args.Match("YES");
  return filter.skip_self || args.Match("NO") || Refuse(call, kSyntaxError);
}

/// Takes one option and its value; false if it replied because they make no sense.
bool TakeOption(ArgReader& args, Call& call, Filter& filter) {
  if (args.MatchBefore("ID", 1)) return TakeId(args, call, filter);
  if (args.MatchBefore("MAXAGE", 1)) return TakeAge(args, call, filter);
  if (args.MatchBefore("ADDR", 1)) {
    filter.address = args.Next();
    return true;
  }
  if (args.MatchBefore("LADDR", 1)) {
    filter.local_address = args.Next();
    return true;
  }
  if (args.MatchBefore("TYPE", 1)) {
    filter.kind = TakeClientKind(args, call);
    return filter.kind.has_value();
  }
  if (args.MatchBefore("USER", 1)) return TakeUser(args, call);
  if (args.MatchBefore("SKIPME", 1)) return TakeSkipMe(args, call, filter);
  return Refuse(call, kSyntaxError);
}

int64_t Kill(Call& call, const Filter& filter) {
  std::vector<uint64_t> chosen;
  const int64_t now_ms = call.host.process.MonotonicMs();
  for (const ClientView& view : call.host.clients.All()) {
    if (!view.closing && filter.Has(view, call.client, now_ms)) chosen.push_back(view.client->id);
  }
  const auto killed = static_cast<int64_t>(chosen.size());
  call.Defer([&clients = call.host.clients, &self = call.client, ids = std::move(chosen)] {
    for (const uint64_t id : ids) clients.Kill(id, self);
  });
  return killed;
}

}  // namespace

Status ClientKill(Call& call) {
  if (call.argv.size() == 3) {
    const Filter filter{.address = call.argv[2], .skip_self = false};
    if (Kill(call, filter) == 0) return call.Error("ERR No such client");
    call.reply.Ok();
    return {};
  }
  Filter filter;
  for (ArgReader args(call, 2); !args.done();) {
    if (!TakeOption(args, call, filter)) return {};
  }
  call.reply.Integer(Kill(call, filter));
  return {};
}

}  // namespace cordwood::commands::connection
