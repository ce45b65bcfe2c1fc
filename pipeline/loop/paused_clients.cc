#include "pipeline/loop/paused_clients.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "commands/core/row.h"

namespace cordwood::pipeline {

void PausedClients::Begin(uint64_t ms, commands::PauseMode mode) {
  constexpr uint64_t kNsPerMs = 1'000'000;
  const uint64_t now_ns = env_.MonotonicNs();
  const uint64_t ms_max = (std::numeric_limits<uint64_t>::max() - now_ns) / kNsPerMs;
  const uint64_t end_ns = now_ns + std::min(ms, ms_max) * kNsPerMs;
  mode_ = is_on_ ? std::max(mode_, mode) : mode;
  end_ns_ = is_on_ ? std::max(end_ns_, end_ns) : end_ns;
  is_on_ = true;
}

void PausedClients::End() { end_ns_ = 0; }

bool PausedClients::HoldsNow(uint32_t flags) const {
  constexpr uint32_t kMayWrite = commands::kWrite | commands::kMayReplicate;
  const bool held = mode_ == commands::PauseMode::kAll || (flags & kMayWrite) != 0;
  return held && env_.MonotonicNs() < end_ns_;
}

void PausedClients::Hold(Session& session) {
  session.hold = Hold::kPaused;
  held_.push_back(session.id());
}

void PausedClients::Forget(const Session& session) {
  if (session.hold == Hold::kPaused) std::erase(held_, session.id());
}

void PausedClients::EndIfOver(const std::function<void(Session&)>& go_on) {
  if (!is_on_ || env_.MonotonicNs() < end_ns_) return;
  is_on_ = false;
  for (const SessionId id : std::exchange(held_, {})) {
    Session& session = *sessions_.Find(id);
    session.hold = Hold::kNone;
    session.starts_again = true;
    go_on(session);
  }
}

}  // namespace cordwood::pipeline
