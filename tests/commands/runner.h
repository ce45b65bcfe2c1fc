#pragma once

// Runs commands for tests, in process, on the simulated environment: the real table, handlers,
// keyspace and store, with a client and a host that the test controls.
//
//   CommandRunner runner;
//   EXPECT_EQ(runner.Run({"SET", "k", "v"}), "+OK\r\n");
//
// Every run is the pipeline's in small: cache-only; what is cold is undone, fetched and run again,
// and after three reruns it may read files; a long read goes on in slices at a snapshot. MULTI
// queues; who wants to wait in the middle of its work waits in place.
//
// The clock stands still unless the test moves it. Threads: one.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/client.h"
#include "commands/core/command_table.h"
#include "commands/core/long_read.h"
#include "tests/commands/fake_host.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::commands {

class CommandRunner {
 public:
  using Argv = std::vector<std::string_view>;

  explicit CommandRunner(const keyspace::RigOptions& options = {});

  // --- running; all return the bytes of the reply ---
  /// As a client would see it: a write as Execute does. A read both ways, which must agree.
  std::string Run(const Argv& argv);
  /// On the executor: sees the newest state, commits, and does not wait for the disk.
  std::string Execute(const Argv& argv);
  /// As a plain read, once everything before is visible.
  std::string Read(const Argv& argv);

  // --- the client and the world; Settle, Compact, Reopen, LosePower are the rig's ---
  Client& client() { return client_; }
  void UseResp(int version) { client_.protocol = version; }
  FakeHost& host() { return host_; }
  const CommandTable& table() const { return table_; }
  keyspace::KeyspaceRig& rig() { return rig_; }
  keyspace::Keyspace& keyspace() { return rig_.keyspace(); }
  int64_t now_ms() const { return rig_.now_ms(); }
  void AdvanceMs(int64_t ms) { rig_.AdvanceMs(ms); }

  /// What was told of keys since the last call, of the classes that the keyspace reports, one
  /// behind the other: "set k", and "set k@2" of another database than the first.
  std::string TakeEvents() { return std::exchange(events_, {}); }

  /// How many slices of long reads there were.
  uint64_t slices() const { return slices_; }

 private:
  enum class Where : uint8_t { kExecutor, kVisible };

  /// The command does not run; MULTI and EXEC are told.
  std::string Refuse(const Command* command, std::string error);
  /// EXEC has ended.
  void EndQueue();

  /// One run: a reply, or the blocks that it lacked, or a read to go on with, or that it wants to
  /// wait in the middle of its work.
  struct Outcome {
    std::string reply;
    std::vector<storage::BlockRef> missing;
    std::unique_ptr<LongRead> long_read;
    bool wants_own_run = false;
  };

  const Command* Resolve(const Argv& argv, std::string& reply) const;
  Outcome RunOnce(const Command& command, const Argv& argv, Where where, storage::Tier tier,
                  bool waits = false);
  std::string RunAt(const Command& command, const Argv& argv, Where where);
  std::string RunInSlices(LongRead& read);
  /// The run, or the slice, counts.
  void NoteEvents(const keyspace::Transaction& tx);
  protocol::RespVersion Version() const;

  const CommandTable table_{AllCommands()};
  keyspace::KeyspaceRig rig_;
  Client client_;
  FakeHost host_;
  uint64_t slices_ = 0;
  std::string events_;
};

/// As TakeEvents writes it, behind those before it.
void AppendEvent(std::string_view event, std::string_view key, int db, std::string& events);

// Replies, for expectations.
inline constexpr std::string_view kOk = "+OK\r\n";
inline constexpr std::string_view kNil = "$-1\r\n";
inline constexpr std::string_view kNotInt = "-ERR value is not an integer or out of range\r\n";
inline constexpr std::string_view kNoDatabase = "ERR DB index is out of range";
inline constexpr std::string_view kMaxInt = "9223372036854775807";
std::string Bulk(std::string_view text);
std::string Integer(int64_t value);
std::string ErrorReply(std::string_view text);
/// An array of bulk strings.
std::string Bulks(const std::vector<std::string_view>& texts);

}  // namespace cordwood::commands
