#include "pipeline/loop/output_limits.h"

#include "base/format.h"
#include "base/log.h"

namespace cordwood::pipeline {
namespace {

// One that has not authenticated is closed beyond this.
constexpr uint64_t kUnauthenticatedBytesMax = 64 << 10;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

bool IsOver(uint64_t unsent, int64_t limit_bytes) {
  return limit_bytes > 0 && unsent > static_cast<uint64_t>(limit_bytes);
}

}  // namespace

config::ClientClass OutputLimits::ClassOf(const Session& session) {
  return session.client.subscriptions.empty() ? config::ClientClass::kNormal
                                              : config::ClientClass::kPubsub;
}

void OutputLimits::CheckHard(Session& session) {
  if (IsOver(session.unsent_bytes(), LimitOf(session).hard_bytes)) Close(session);
}

void OutputLimits::Check(Session& session, uint64_t now_ns) {
  const uint64_t unsent = session.unsent_bytes();
  const config::OutputBufferLimit& limit = LimitOf(session);
  const bool over_unauthenticated =
      !session.client.authenticated && unsent > kUnauthenticatedBytesMax;
  if (!IsOver(unsent, limit.soft_bytes)) {
    session.over_soft_since_ns = 0;
  } else if (session.over_soft_since_ns == 0) {
    session.over_soft_since_ns = now_ns;
  }
  // By whole seconds of the clock, as in Redis.
  const uint64_t seconds = now_ns / kNsPerSecond - session.over_soft_since_ns / kNsPerSecond;
  const bool over_soft =
      session.over_soft_since_ns != 0 && seconds > static_cast<uint64_t>(limit.soft_seconds);
  if (over_soft || over_unauthenticated || IsOver(unsent, limit.hard_bytes)) Close(session);
}

void OutputLimits::Close(Session& session) {
  if (session.close_now) return;
  ++stats_.output_buffer_disconnections;
  LogNotice(Format("closing {}: {} bytes of replies not read", session.client.address,
                   session.unsent_bytes()));
  sessions_.CloseSoon(session);
}

}  // namespace cordwood::pipeline
