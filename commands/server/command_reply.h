#pragma once

// What COMMAND INFO and COMMAND DOCS say of a row.
//
// Threads: any; no state.

#include <cstdint>

#include "commands/core/row.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

/// What becomes of a key, in the words of key specifications.
void ReplyKeyAccess(protocol::ReplyWriter& reply, uint16_t access);

/// An array of ten: name, arity, flags, first key, last key, step, categories, tips, key
/// specifications, subcommands.
void ReplyCommandInfo(protocol::ReplyWriter& reply, const Command& command);

/// A map: summary, since, group, complexity, arguments, and the subcommands' maps.
void ReplyCommandDocs(protocol::ReplyWriter& reply, const Command& command);

}  // namespace cordwood::commands
