#include "commands/connection/client_kinds.h"

#include "base/format.h"
#include "commands/core/error_texts.h"

namespace cordwood::commands {

std::optional<ClientKind> TakeClientKind(ArgReader& args, Call& call) {
  if (args.Match("NORMAL")) return ClientKind::kNormal;
  if (args.Match("MASTER")) return ClientKind::kMaster;
  if (args.Match("REPLICA") || args.Match("SLAVE")) return ClientKind::kReplica;
  if (args.Match("PUBSUB")) return ClientKind::kPubSub;
  call.reply.Error(Format("ERR Unknown client type '{}'", AsPrinted(args.Next())));
  return std::nullopt;
}

ClientKind KindOf(const ClientView& view) {
  if (view.monitors) return ClientKind::kReplica;
  const bool subscribed = view.channels + view.patterns + view.shard_channels > 0;
  return subscribed ? ClientKind::kPubSub : ClientKind::kNormal;
}

}  // namespace cordwood::commands
