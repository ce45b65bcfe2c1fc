#pragma once

// The handlers of the commands for one's own connection and others. See
// commands/connection/commands.cc.
//
// Threads: the call's.

#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"

namespace cordwood::commands::connection {

// What HELLO and CLIENT SETNAME have in common.
inline constexpr std::string_view kBadName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
/// Printable ASCII without spaces, so that a line of CLIENT LIST stays one.
bool IsPlainWord(std::string_view text);

// commands/connection/authentication.cc
Status Auth(Call& call);
Status Hello(Call& call);
Status Reset(Call& call);

// commands/connection/client.cc
Status ClientGetName(Call& call);
Status ClientHelp(Call& call);
Status ClientId(Call& call);
Status ClientInfo(Call& call);
Status ClientList(Call& call);
Status ClientNoEvict(Call& call);
Status ClientNoTouch(Call& call);
Status ClientSetInfo(Call& call);
Status ClientSetName(Call& call);

// commands/connection/client_kill.cc
Status ClientKill(Call& call);

}  // namespace cordwood::commands::connection
