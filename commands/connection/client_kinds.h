#pragma once

// The kinds of connections that CLIENT LIST and CLIENT KILL tell apart.
//
// Threads: the call's.

#include <cstdint>
#include <optional>

#include "commands/core/arg_reader.h"
#include "commands/core/clients.h"

namespace cordwood::commands {

enum class ClientKind : uint8_t { kNormal, kMaster, kReplica, kPubSub };

/// Replies and answers nothing if the next argument is no kind. REQUIRES: !args.done().
std::optional<ClientKind> TakeClientKind(ArgReader& args, Call& call);

/// As Redis has it: one that monitors is a replica.
ClientKind KindOf(const ClientView& view);

}  // namespace cordwood::commands
