#pragma once

// A command is a row of a table: what it is called, how many arguments it takes, what it may do,
// where its keys are, and the function that runs it.
//
// Threads: tables are immutable.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "commands/core/key_specs.h"

namespace cordwood::commands {

struct Call;

/// Flags, as COMMAND INFO reports them, and a few of ours.
enum Flag : uint32_t {
  kWrite = 1 << 0,     // may write: runs on the executor
  kReadOnly = 1 << 1,  // reads keys: runs at the visible state if nothing is pending
  kFrees = 1 << 2,     // only ever takes away: allowed while the disk is full
  kEmpties = 1 << 12,  // so much that it may take the last space there is
  kDenyOom = 1 << 3,   // may need memory. Told, as Redis tells it; nothing here depends on it
  kFast = 1 << 4,
  kAdmin = 1 << 5,
  kNoAuth = 1 << 6,  // allowed before AUTH
  kLoading = 1 << 7,
  kStale = 1 << 8,
  kNoScript = 1 << 9,
  kBlocking = 1 << 10,
  kPubSub = 1 << 11,
  kNoMulti = 1 << 13,       // not within a transaction
  kAllowBusy = 1 << 14,     // also while a script runs for too long
  kSkipSlowLog = 1 << 15,   // what it takes is counted for the commands that it runs
  kMayReplicate = 1 << 19,  // changes no key, but others: held as writes are (CLIENT PAUSE)
  // Ours alone.
  kOnExecutor = 1 << 16,        // runs on the executor, although it writes nothing
  kNeverQueued = 1 << 17,       // runs at once, also after MULTI
  kRunsQueue = 1 << 18,         // EXEC
  kWhileSubscribed = 1 << 20,   // also of a subscriber that speaks RESP2
  kAlways = kLoading | kStale,  // also while a server loads its data or lags behind
};

/// What ACL rules name. Those that flags imply need not be listed.
enum Category : uint32_t {
  kKeyspaceCategory = 1 << 0,
  kReadCategory = 1 << 1,
  kWriteCategory = 1 << 2,
  kSetCategory = 1 << 3,
  kSortedSetCategory = 1 << 4,
  kListCategory = 1 << 5,
  kHashCategory = 1 << 6,
  kStringCategory = 1 << 7,
  kBitmapCategory = 1 << 8,
  kHyperLogLogCategory = 1 << 9,
  kGeoCategory = 1 << 10,
  kStreamCategory = 1 << 11,
  kPubSubCategory = 1 << 12,
  kAdminCategory = 1 << 13,
  kFastCategory = 1 << 14,
  kSlowCategory = 1 << 15,
  kBlockingCategory = 1 << 16,
  kDangerousCategory = 1 << 17,
  kConnectionCategory = 1 << 18,
  kTransactionCategory = 1 << 19,
  kScriptingCategory = 1 << 20,
};

/// A handler may run twice. It reads and writes through its transaction only, appends its reply,
/// and returns ok, an error reply to the client included. It returns an error of ours when it could
/// not do its work: kCold (the caller fetches the blocks and runs it again, with a fresh
/// transaction and the reply cut back), or a failure that the caller turns into a reply.
using Handler = Status (*)(Call& call);

/// What COMMAND DOCS tells.
struct Docs {
  std::string_view group;
  std::string_view since;
  std::string_view complexity;
  std::string_view arguments = {};  // commands/core/argument_syntax.h says how it is written
  std::string_view summary;
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
};

/// The places of arguments that no log may show.
using SecretFinder = std::vector<size_t> (*)(std::span<const std::string_view> argv);

struct Command {
  /// Lower case; a subcommand's begins with its container's: "config|get".
  std::string_view name;
  int arity = 0;  // with the name; negative: at least
  uint32_t flags = 0;
  KeySpecs keys = {};
  KeyFinder find_keys = nullptr;  // of a row whose specs are incomplete or have variable flags
  Handler handler = nullptr;
  /// The command's subcommands, if it is a container; the handler then runs for none of them.
  std::span<const Command> subcommands = {};
  uint32_t categories = 0;  // of Category, beside those that follow from the flags
  /// For clients that know of several servers. Words, with a space between them.
  std::string_view tips = {};
  SecretFinder find_secrets = nullptr;  // null: it has none
  Docs docs = {};
};

/// The commands of one topic.
using Rows = std::span<const Command>;

}  // namespace cordwood::commands
