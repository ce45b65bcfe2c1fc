#pragma once

// Commands that wait (rule B1): a handler that looks and finds nothing leaves its session blocked,
// in the same step. After each commit, and before the next command, those who wait for a key that
// it signalled are served by running their handlers again, in the order in which they came to wait.
//
//   first run: nothing there -> kBlocked, in line for each of its keys
//   a key is signalled       -> runs again: it ends, or keeps its place
//                               or is held in the middle (blocks, admission): it keeps its place,
//                               those behind it on that key wait, other commands run
//   its time is over         -> the reply of that
//
// What serves a command is the newest state. Its reply alone waits until that is visible, as every
// executed command's.
//
// A waiter that may not write for want of space goes on waiting, and is tried again; so do those
// behind it. Nobody is served while a write owns the executor.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "commands/core/blocked.h"
#include "commands/core/call.h"
#include "pipeline/gate/completion.h"
#include "pipeline/loop/session_runner.h"
#include "pipeline/loop/sessions.h"
#include "pipeline/tables/blocked_clients.h"

namespace cordwood::pipeline {

/// What it works with; all of it outlives it.
struct WaitersParts {
  Env& env;
  keyspace::Keyspace& keyspace;
  Sessions& sessions;
  BlockedClients& table;
  Completion& completion;
  SessionRunner& runner;
  /// Runs the session's command from its start; on return it is finished or the session is held.
  std::function<void(Session&)> run;
  /// No command runs any more.
  std::function<bool()> stopped;
  /// A write owns the executor.
  std::function<bool()> owned;
};

class Waiters final : public commands::Blocked {
 public:
  explicit Waiters(WaitersParts parts) : parts_(std::move(parts)) {}
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  /// What answers when a time is over is given this. Set once, before the first command.
  void SetHost(const commands::Host* host) { host_ = host; }

  /// Calls the handler of the session's command, if that has not to wait on.
  static Status RunHandler(const Session& session, commands::Call& call);
  /// If the session's command waits it goes on waiting, for room on the disk. False: it does not.
  static bool AwaitRoom(Session& session);

  /// The command found nothing. It waits from now on, or waits on.
  void Block(Session& session, const commands::Wait& wait);
  /// The session's command was run: it is finished, or the session is held. Serves those who wait
  /// for what was signalled.
  void Settle(Session& session) {
    if (session.waiting != nullptr) [[unlikely]]
      NoteRun(session);
    Serve();
  }
  /// Serves them, if that may be now.
  void Serve() {
    if (parts_.table.has_ready()) [[unlikely]]
      ServeReady();
  }
  /// The session will be gone.
  void Forget(const Session& session);

  /// Those whose time is over wait no more.
  void EndDue();
  /// When that is for the first of them, on the monotonic clock.
  std::optional<uint64_t> WakeNs() const { return parts_.table.FirstDeadlineNs(); }
  /// The log may have been synced further.
  void OnProgress();
  /// Those who lacked room may have it.
  void Retry();

  // --- commands::Blocked ---
  bool IsWaiting(uint64_t client_id) const override { return parts_.table.Has(client_id); }
  void Unblock(uint64_t client_id, Ending ending) override;
  std::vector<std::string> AwaitedIn(int db) const override { return parts_.table.KeysIn(db); }
  bool IsSynced(const commands::Client& client) const override;

 private:
  void NoteRun(Session& session);
  void ServeReady();
  void ServeLine(const KeyName& name);
  /// False: it goes on later, and those behind it with it.
  bool ServeOne(Session& session, const KeyName& name);
  /// Ends the command, now or when it is done with what it does.
  void EndSoon(Session& session, Ending ending);
  void End(Session& session, Ending ending);
  /// It is in no line any more; what stands behind it in its connection goes on.
  void Leave(Session& session);

  const WaitersParts parts_;
  const commands::Host* host_ = nullptr;
  bool serving_ = false;
};

}  // namespace cordwood::pipeline
