#pragma once

// A command is a row of a table: what it is called, how many arguments it takes, what it may do,
// where its keys are, and the function that runs it.
//
// A handler is a function that may run twice. It reads and writes through its transaction only,
// appends its reply, and returns ok, an error reply to the client included. It returns an error of
// ours when it could not do its work: kCold (the caller fetches the blocks and runs it again, with
// a fresh transaction and the reply cut back), or a failure that the caller turns into a reply.
//
// Threads: tables are immutable; a Call belongs to the thread that runs it.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "commands/core/client.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

class Host;

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
};

/// Where the keys stand in argv: first, last (negative: from the end), step. All zero: no keys.
struct KeySpec {
  int first = 0;
  int last = 0;
  int step = 0;
};

/// A read that goes on in slices, at a state that is held still, behind other connections.
class LongRead {
 public:
  virtual ~LongRead() = default;
  /// What the client's database means at that state. Called before the first Step.
  void FixGeneration(keyspace::Generation generation) { generation_ = generation; }
  /// Works for about a millisecond, appending to the reply. True when the reply is complete. On
  /// kCold it is called again once the blocks are there, with the reply cut back.
  virtual Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) = 0;

 protected:
  keyspace::Generation generation() const { return generation_; }

 private:
  keyspace::Generation generation_ = 0;
};

/// One run of one command.
struct Call {
  std::span<const std::string_view> argv;
  keyspace::Transaction& tx;
  protocol::ReplyWriter& reply;
  Client& client;
  Host& host;
  /// Set by a handler whose reply needs more than one slice; its own reply must then be empty. It
  /// is run only for a kReadOnly command, once everything the connection did is visible.
  std::unique_ptr<LongRead> long_read;

  keyspace::KeyName Key(std::string_view key) {
    return {.generation = tx.GenerationOf(client.db), .key = key};
  }
  /// A random number that is the same in every run of the command.
  uint64_t Seed();
  /// Replies "-<message>" and ends the handler: `return call.Error("ERR syntax error");`
  Status Error(std::string_view message) {
    reply.Error(message);
    return {};
  }
};

using Handler = Status (*)(Call& call);

struct Command {
  /// Lower case; a subcommand's begins with its container's: "config|get".
  std::string_view name;
  int arity = 0;  // with the name; negative: at least
  uint32_t flags = 0;
  KeySpec keys;
  Handler handler = nullptr;
  /// The command's subcommands, if it is a container; the handler then runs for none of them.
  std::span<const Command> subcommands = {};
  std::string_view summary = {};
  std::string_view since = {};
  std::string_view group = {};
};

// Texts that many commands reply.
inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotAFloat = "ERR value is not a valid float";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";

}  // namespace cordwood::commands
