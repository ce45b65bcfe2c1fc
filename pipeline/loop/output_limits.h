#pragma once

// How much may be unsent to a connection, by the class that it belongs to: it is closed at once
// above the hard limit, and when it has been above the soft one for so many seconds.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>

#include "config/config.h"
#include "pipeline/info/stats.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

class OutputLimits {
 public:
  OutputLimits(const config::Config& config, Sessions& sessions, PipelineStats& stats)
      : config_(config), sessions_(sessions), stats_(stats) {}

  static config::ClientClass ClassOf(const Session& session);

  /// By the hard limit alone: whenever a reply is complete, or something nobody asked for was
  /// added.
  void CheckHard(Session& session);
  /// By both, and by that of those who have not authenticated. Called some times a second;
  /// `now_ns` is on the monotonic clock.
  void Check(Session& session, uint64_t now_ns);

 private:
  const config::OutputBufferLimit& LimitOf(const Session& session) const {
    return config_.client_output_buffer_limit[static_cast<size_t>(ClassOf(session))];
  }
  void Close(Session& session);

  const config::Config& config_;
  Sessions& sessions_;
  PipelineStats& stats_;
};

}  // namespace cordwood::pipeline
