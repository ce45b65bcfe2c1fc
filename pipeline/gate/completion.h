#pragma once

// How a command ends: with which reply, what that reply waits for, and what is counted.
//
// `reply_start` is where the command's reply begins in the session's buffer.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "pipeline/gate/reply_gate.h"
#include "pipeline/info/command_meter.h"
#include "pipeline/info/memory_budget.h"
#include "pipeline/info/stats.h"
#include "pipeline/loop/output_limits.h"
#include "pipeline/loop/session.h"
#include "pipeline/tables/monitor_table.h"
#include "pipeline/tables/tracking_table.h"

namespace cordwood::pipeline {

class Completion {
 public:
  Completion(ReplyGate& gate, keyspace::Keyspace& keyspace, CommandMeter& meter,
             MonitorTable& monitors, TrackingTable& tracking, OutputLimits& output_limits,
             PipelineStats& stats)
      : gate_(gate),
        keyspace_(keyspace),
        meter_(meter),
        monitors_(monitors),
        tracking_(tracking),
        output_limits_(output_limits),
        stats_(stats) {}

  /// The reply is complete. `executed`: the command met the newest state.
  void Finish(Session& session, bool executed, size_t reply_start);
  /// The reply is complete, and nothing is counted.
  void End(Session& session);
  /// The command begins to read at a snapshot, and others write meanwhile; it finishes later.
  void NoteReadsBeforehand(const Session& session) { tracking_.NoteLongReadOf(session); }
  /// The command begins to wait; it finishes later.
  void NoteWaits(const Session& session) { monitors_.ShowCommandOf(session); }
  /// The command does not run, or does nothing: "-<error>".
  void Refuse(Session& session, size_t reply_start, std::string_view error);
  /// As Refuse, for want of space on the disk.
  void RefuseForSpace(Session& session, size_t reply_start);
  /// As Refuse, after the store failed.
  void RefuseForFailure(Session& session, size_t reply_start);
  /// An error was replied to what is no request.
  void CountMalformed(std::string_view error);
  /// Puts an error of ours in the place of the reply, which is still to be finished.
  void PutFailure(Session& session, size_t reply_start, const Error& error);
  /// Puts "-<error>" in the place of the reply, which is still to be finished.
  void PutError(Session& session, size_t reply_start, std::string_view error);

 private:
  /// The commands that EXEC has run.
  void CountQueued(const Session& session);

  ReplyGate& gate_;
  keyspace::Keyspace& keyspace_;
  CommandMeter& meter_;
  MonitorTable& monitors_;
  TrackingTable& tracking_;
  OutputLimits& output_limits_;
  PipelineStats& stats_;
};

/// Of a reply that has outgrown what one may have.
std::string ReplyTooLong(uint64_t bytes_max);

}  // namespace cordwood::pipeline
