#pragma once

// The handlers of the commands for keys of any type. See commands/keys/commands.cc.
//
// Threads: the call's.

#include "base/error.h"
#include "commands/core/call.h"

namespace cordwood::commands::keys {

Status Del(Call& call);
Status Exists(Call& call);
Status Touch(Call& call);
Status Type(Call& call);

// commands/keys/moves.cc
Status Rename(Call& call);
Status RenameNx(Call& call);
Status Copy(Call& call);
Status Move(Call& call);

// commands/keys/scan.cc
Status Keys(Call& call);
Status Scan(Call& call);
Status RandomKey(Call& call);

// commands/keys/object.cc
Status ObjectEncoding(Call& call);
Status ObjectFreq(Call& call);
Status ObjectIdleTime(Call& call);
Status ObjectRefCount(Call& call);
Status ObjectHelp(Call& call);

}  // namespace cordwood::commands::keys
