#pragma once

// Sends what nobody asked for: it stands between the replies of a connection, never in one.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <string_view>

#include "pipeline/gate/reply_gate.h"
#include "pipeline/loop/memory_pressure.h"
#include "pipeline/loop/output_limits.h"
#include "pipeline/loop/session.h"

namespace cordwood::pipeline {

class Pushes {
 public:
  Pushes(ReplyGate& gate, MemoryPressure& pressure, OutputLimits& limits)
      : gate_(gate), pressure_(pressure), limits_(limits) {}
  Pushes(const Pushes&) = delete;
  Pushes& operator=(const Pushes&) = delete;

  /// The whole text of one. A connection that reads too little is closed. REQUIRES: no command of
  /// the session is running.
  void Send(Session& session, std::string_view push) {
    if (session.closing()) return;
    gate_.AddPush(session, push);
    limits_.CheckHard(session);
    pressure_.Account(session);
  }

 private:
  ReplyGate& gate_;
  MemoryPressure& pressure_;
  OutputLimits& limits_;
};

}  // namespace cordwood::pipeline
