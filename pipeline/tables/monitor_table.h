#pragma once

// The clients of MONITOR, and the lines that they are sent.
//
// Ownership: refers to what it is given; sessions are forgotten before they are gone. Threads: the
// loop's.

#include <map>
#include <string_view>

#include "base/env.h"
#include "commands/core/monitors.h"
#include "pipeline/gate/outgoing.h"
#include "pipeline/gate/pushes.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

class MonitorTable final : public commands::Monitors {
 public:
  MonitorTable(Env& env, const Sessions& sessions, Outgoing& outgoing, Pushes& pushes)
      : env_(env), sessions_(sessions), outgoing_(outgoing), pushes_(pushes) {}
  MonitorTable(const MonitorTable&) = delete;
  MonitorTable& operator=(const MonitorTable&) = delete;

  /// The session has run its command, or was refused an EXEC.
  void ShowCommandOf(const Session& session) {
    if (any()) Show(session.client, session.client.db, *session.command, session.argv());
  }
  /// The session will be gone.
  void Forget(const Session& session) { monitors_.erase(session.id()); }

  // --- commands::Monitors ---
  void Start(const commands::Client& client) override;
  void Stop(const commands::Client& client) override { monitors_.erase(client.id); }
  bool any() const override { return !monitors_.empty(); }
  void Show(const commands::Client& client, int db, const commands::Command& command,
            std::span<const std::string_view> argv) override;

 private:
  Env& env_;
  const Sessions& sessions_;
  Outgoing& outgoing_;
  Pushes& pushes_;
  std::map<SessionId, Session*> monitors_;
};

}  // namespace cordwood::pipeline
