#pragma once

// The time that keys expire by: the wall clock, watched by the monotonic one.
//
// A wall clock is set by people and programs, and sometimes wrongly, for seconds or for good. What
// expired is deleted and does not come back, so a jump of more than kClockJumpMs is not believed at
// once: the time goes on by the monotonic clock from where it was. If the wall clock comes back to
// it within kClockGraceMs, nothing has happened. If not, the new time counts from then on.
//
// This time never goes back, and what was found expired stays so. Small steps back let it stand
// still until the wall clock has caught up. After a jump back that lasted, somebody has to delete
// what is expired by the old time, and then calls StepBack; until then the old time goes on.
//
// A jump is known only against a reading before it: a process that starts believes the wall clock.
// The time that a machine was suspended is a jump forward.
//
// Threads: one.

#include <cstdint>

#include "base/env.h"

namespace cordwood::pipeline {

inline constexpr int64_t kClockJumpMs = 2000;
inline constexpr int64_t kClockGraceMs = 60'000;

class ExpiryClock {
 public:
  explicit ExpiryClock(Env& env);

  /// Milliseconds since 1970. Cheap: for each command. Looks closely at least once a second, if it
  /// is called as often.
  int64_t NowMs();

  /// A jump back has lasted for its grace: StepBack is waited for.
  bool wants_step_back() const { return wants_step_back_; }
  /// REQUIRES: wants_step_back(), and nothing is left that is expired at NowMs().
  void StepBack();

  /// Jumps noticed since the start.
  uint64_t jumps() const { return jumps_; }
  /// How far the wall clock is ahead of this time; 0 unless a jump is waited for.
  int64_t distrusted_ms() const { return jumped_ms_; }

 private:
  int64_t LookClosely(int64_t wall_ms);
  void Trust(int64_t wall_ms, uint64_t now_ns);
  void NoteJump(int64_t ahead_ms, uint64_t now_ns);

  Env& env_;
  int64_t now_ms_;  // what NowMs said last
  // The last reading that was believed.
  int64_t trusted_ms_ = 0;
  uint64_t trusted_ns_ = 0;
  // Of a jump that is waited for; 0: there is none.
  int64_t jumped_ms_ = 0;
  uint64_t jumped_ns_ = 0;
  bool wants_step_back_ = false;
  uint64_t jumps_ = 0;
};

}  // namespace cordwood::pipeline
