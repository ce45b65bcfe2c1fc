#pragma once

// The handlers of the hash commands, for their table. See commands/hashes/commands.cc.
//
// Threads: the call's.

#include "base/error.h"
#include "commands/core/call.h"

namespace cordwood::commands::hashes {

// commands/hashes/reads.cc
Status HGet(Call& call);
Status HMGet(Call& call);
Status HLen(Call& call);
Status HExists(Call& call);
Status HStrLen(Call& call);
Status HScan(Call& call);

// commands/hashes/writes.cc
Status HSet(Call& call);
Status HMSet(Call& call);
Status HSetNx(Call& call);
Status HDel(Call& call);
Status HIncrBy(Call& call);
Status HIncrByFloat(Call& call);

// commands/hashes/long_reads.cc
Status HGetAll(Call& call);
Status HKeys(Call& call);
Status HVals(Call& call);
Status HRandField(Call& call);

}  // namespace cordwood::commands::hashes
