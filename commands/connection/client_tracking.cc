// CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO. The state changes at once, as part of the
// client's; the table follows when the run counts.

#include "commands/connection/client_tracking.h"

#include <optional>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/tracking.h"

namespace cordwood::commands::connection {
namespace {

struct TrackingOptions {
  bool broadcasts = false;
  bool opt_in = false;
  bool opt_out = false;
  bool no_loop = false;
  uint64_t redirect = 0;
  std::vector<std::string_view> prefixes;
};

/// Replies and answers nothing if there is no such client.
std::optional<uint64_t> TakeRedirect(ArgReader& args, Call& call, const TrackingOptions& options) {
  if (options.redirect != 0) {
    call.reply.Error("ERR A client can only redirect to a single other client");
    return std::nullopt;
  }
  const std::optional<int64_t> id = args.Int64();
  if (!id) return std::nullopt;
  if (*id > 0 && call.host.tracking.IsConnected(static_cast<uint64_t>(*id))) {
    return static_cast<uint64_t>(*id);
  }
  call.reply.Error("ERR The client ID you want redirect to does not exist");
  return std::nullopt;
}

/// Replies and answers nothing if the options make no sense.
std::optional<TrackingOptions> TakeTrackingOptions(Call& call) {
  TrackingOptions options;
  for (ArgReader args(call, 3); !args.done();) {
    if (args.MatchBefore("REDIRECT", 1)) {
      const std::optional<uint64_t> id = TakeRedirect(args, call, options);
      if (!id) return std::nullopt;
      options.redirect = *id;
    } else if (args.MatchBefore("PREFIX", 1)) {
      options.prefixes.push_back(args.Next());
    } else if (args.Match("BCAST")) {
      options.broadcasts = true;
    } else if (args.Match("OPTIN")) {
      options.opt_in = true;
    } else if (args.Match("OPTOUT")) {
      options.opt_out = true;
    } else if (args.Match("NOLOOP")) {
      options.no_loop = true;
    } else {
      call.reply.Error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

/// Why the options do not go with each other, or with what the client does already; else empty.
std::string_view ConflictOf(const TrackingOptions& options, const ClientTracking& now) {
  if (!options.broadcasts && !options.prefixes.empty()) {
    return "ERR PREFIX option requires BCAST mode to be enabled";
  }
  if (now.on && now.broadcasts != options.broadcasts) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  if (options.broadcasts && (options.opt_in || options.opt_out)) {
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  }
  if (options.opt_in && options.opt_out) {
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  }
  if ((options.opt_in && now.opt_out) || (options.opt_out && now.opt_in)) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  return {};
}

bool Overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

/// Replies if a key could have two of the prefixes: it would be told of twice.
bool PrefixesAreApart(Call& call, const std::vector<std::string_view>& prefixes) {
  const auto refuse = [&call](std::string_view prefix, std::string_view which,
                              std::string_view other) {
    call.reply.Error(
        Format("ERR Prefix '{}' overlaps with {} prefix '{}'. Prefixes for a single "
               "client must not overlap.",
               AsPrinted(prefix), which, AsPrinted(other)));
    return false;
  };
  for (size_t i = 0; i < prefixes.size(); ++i) {
    for (const std::string& existing : call.client.tracking.prefixes) {
      if (Overlap(existing, prefixes[i])) return refuse(prefixes[i], "an existing", existing);
    }
    for (size_t j = i + 1; j < prefixes.size(); ++j) {
      if (Overlap(prefixes[i], prefixes[j])) {
        return refuse(prefixes[i], "another provided", prefixes[j]);
      }
    }
  }
  return true;
}

/// Whether it was on or not: what is not said anew is off.
void SwitchOn(Call& call, const TrackingOptions& options) {
  ClientTracking& tracking = call.client.tracking;
  tracking.on = true;
  tracking.broadcasts = options.broadcasts;
  tracking.opt_in = options.opt_in;
  tracking.opt_out = options.opt_out;
  tracking.no_loop = options.no_loop;
  tracking.redirect = options.redirect;
  tracking.redirect_is_broken = false;
  if (options.broadcasts && options.prefixes.empty()) tracking.AddPrefix("");
  for (const std::string_view prefix : options.prefixes) tracking.AddPrefix(prefix);
}

void DeferUpdate(Call& call) {
  call.Defer([&tracking = call.host.tracking, &client = call.client] { tracking.Update(client); });
}

}  // namespace

Status ClientTrackingSwitch(Call& call) {
  const std::optional<TrackingOptions> options = TakeTrackingOptions(call);
  if (!options) return {};
  ArgReader args(call, 2);
  if (args.Match("ON")) {
    const std::string_view conflict = ConflictOf(*options, call.client.tracking);
    if (!conflict.empty()) return call.Error(conflict);
    if (!PrefixesAreApart(call, options->prefixes)) return {};
    SwitchOn(call, *options);
  } else if (args.Match("OFF")) {
    call.client.tracking = {};
  } else {
    return call.Error(kSyntaxError);
  }
  DeferUpdate(call);
  call.reply.Ok();
  return {};
}

Status ClientCaching(Call& call) {
  ClientTracking& tracking = call.client.tracking;
  if (!tracking.on) {
    return call.Error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  ArgReader args(call, 2);
  if (args.Match("YES")) {
    if (!tracking.opt_in) {
      return call.Error(
          "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    }
  } else if (!args.Match("NO")) {
    return call.Error(kSyntaxError);
  } else if (!tracking.opt_out) {
    return call.Error(
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  tracking.caching = true;
  call.reply.Ok();
  return {};
}

Status ClientGetRedir(Call& call) {
  const ClientTracking& tracking = call.client.tracking;
  call.reply.Integer(tracking.on ? static_cast<int64_t>(tracking.redirect) : -1);
  return {};
}

Status ClientTrackingInfo(Call& call) {
  const ClientTracking& tracking = call.client.tracking;
  std::vector<std::string_view> flags = {tracking.on ? "on" : "off"};
  if (tracking.broadcasts) flags.emplace_back("bcast");
  if (tracking.opt_in) flags.emplace_back("optin");
  if (tracking.opt_in && tracking.caching) flags.emplace_back("caching-yes");
  if (tracking.opt_out) flags.emplace_back("optout");
  if (tracking.opt_out && tracking.caching) flags.emplace_back("caching-no");
  if (tracking.no_loop) flags.emplace_back("noloop");
  if (tracking.redirect_is_broken) flags.emplace_back("broken_redirect");
  call.reply.MapHeader(3);
  call.reply.Bulk("flags");
  call.reply.SetHeader(flags.size());
  for (const std::string_view flag : flags) call.reply.Bulk(flag);
  call.reply.Bulk("redirect");
  CW_TRY(ClientGetRedir(call));
  call.reply.Bulk("prefixes");
  call.reply.ArrayHeader(tracking.prefixes.size());
  for (const std::string& prefix : tracking.prefixes) call.reply.Bulk(prefix);
  return {};
}

void EndTracking(Call& call) {
  if (!call.client.tracking.on) return;
  call.client.tracking = {};
  call.host.tracking.Update(call.client);
}

}  // namespace cordwood::commands::connection
