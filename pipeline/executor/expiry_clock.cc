#include "pipeline/executor/expiry_clock.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/check.h"
#include "base/format.h"
#include "base/log.h"

namespace cordwood::pipeline {
namespace {

// A reading this close behind the last one that was believed cannot hide a jump.
constexpr int64_t kUnsuspiciousMs = 1000;
static_assert(kUnsuspiciousMs <= kClockJumpMs);

std::string Distance(int64_t ahead_ms) {
  return Format("{}.{:03} s {}", std::abs(ahead_ms) / 1000, std::abs(ahead_ms) % 1000,
                ahead_ms > 0 ? "forward" : "back");
}

}  // namespace

ExpiryClock::ExpiryClock(Env& env) : env_(env), now_ms_(env.WallMs()) {
  Trust(now_ms_, env.MonotonicNs());
}

int64_t ExpiryClock::NowMs() {
  const int64_t wall_ms = env_.WallMs();
  const bool unsuspicious =
      jumped_ms_ == 0 && wall_ms >= now_ms_ && wall_ms - trusted_ms_ <= kUnsuspiciousMs;
  now_ms_ = unsuspicious ? wall_ms : std::max(now_ms_, LookClosely(wall_ms));
  return now_ms_;
}

int64_t ExpiryClock::LookClosely(int64_t wall_ms) {
  const uint64_t now_ns = env_.MonotonicNs();
  const int64_t steady_ms = trusted_ms_ + static_cast<int64_t>((now_ns - trusted_ns_) / 1'000'000);
  const int64_t ahead_ms = wall_ms - steady_ms;
  if (std::abs(ahead_ms) <= kClockJumpMs) {
    if (jumped_ms_ != 0) LogNotice("the machine's clock is back at the time that keys expire by");
    Trust(wall_ms, now_ns);
    return wall_ms;
  }
  if (jumped_ms_ == 0 || std::abs(ahead_ms - jumped_ms_) > kClockJumpMs) {
    NoteJump(ahead_ms, now_ns);
  }
  if (now_ns - jumped_ns_ < static_cast<uint64_t>(kClockGraceMs) * 1'000'000) return steady_ms;
  if (ahead_ms < 0) {
    wants_step_back_ = true;
    return steady_ms;
  }
  LogWarning(Format("the machine's clock stays {}: keys expire by it again", Distance(ahead_ms)));
  Trust(wall_ms, now_ns);
  return wall_ms;
}

void ExpiryClock::StepBack() {
  CHECK(wants_step_back_);
  LogWarning(Format("the machine's clock stays {}: keys expire by it again", Distance(jumped_ms_)));
  Trust(env_.WallMs(), env_.MonotonicNs());
  now_ms_ = trusted_ms_;
}

void ExpiryClock::Trust(int64_t wall_ms, uint64_t now_ns) {
  trusted_ms_ = wall_ms;
  trusted_ns_ = now_ns;
  jumped_ms_ = 0;
  wants_step_back_ = false;
}

void ExpiryClock::NoteJump(int64_t ahead_ms, uint64_t now_ns) {
  ++jumps_;
  jumped_ms_ = ahead_ms;
  jumped_ns_ = now_ns;
  wants_step_back_ = false;
  LogWarning(Format("the machine's clock jumped {}; for {} s keys expire as if it had not",
                    Distance(ahead_ms), kClockGraceMs / 1000));
}

}  // namespace cordwood::pipeline
