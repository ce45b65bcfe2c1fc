#pragma once

// The plan of what goes wrong in a simulation, and the log of what did: calls that fail, reads
// that lie, calls that take long, and the call at which the power goes.
//
// Owned by SimEnv, which carries the injections out. Threads: one. Draws no randomness: a plan is
// the test's, a seed only fills in details.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/sim_call.h"

namespace cordwood::support {

struct InjectedFault {
  uint64_t call_number;
  SimOp op;
  std::string path;
  std::string what;  // the name of the error, or what else was done
};

class SimFaults {
 public:
  void FailNext(SimOp op, std::string path_part, ErrorCode code, bool sticky);
  void FailCall(uint64_t number, ErrorCode code, bool sticky);
  void FlipNextRead(std::string path_part);
  void Stall(SimOp op, std::string path_part, uint64_t ms);
  void CrashAtCall(uint64_t number) { crash_at_ = number; }
  void CrashAtNth(SimOp op, std::string path_part, uint64_t nth);
  /// Forgets the plan, not the log.
  void Clear();

  /// Milliseconds that a call takes before it does anything.
  uint64_t StallMs(const SimCall& call) const;
  /// Counts the call.
  bool CrashesAt(uint64_t number, const SimCall& call);
  /// The error that call `number` is to answer, now logged.
  std::optional<ErrorCode> TakeError(uint64_t number, const SimCall& call);
  /// True once for a read whose answer is to be damaged, now logged.
  bool TakeFlip(uint64_t number, const SimCall& call);

  void Log(uint64_t number, const SimCall& call, std::string what);
  const std::vector<InjectedFault>& log() const { return log_; }
  void InheritLog(const SimFaults& before) { log_ = before.log_; }

 private:
  struct Rule {
    SimOp op;
    std::string path_part;
    ErrorCode code;
    bool sticky;
  };
  struct NumberedRule {
    uint64_t number;
    ErrorCode code;
    bool sticky;
  };
  struct StallRule {
    SimOp op;
    std::string path_part;
    uint64_t ms;
  };

  std::vector<Rule> rules_;
  std::vector<NumberedRule> numbered_;
  std::vector<std::string> flips_;
  std::vector<StallRule> stalls_;
  uint64_t crash_at_ = 0;  // calls are numbered from 1
  struct CrashRule {
    SimOp op = SimOp::kAny;
    std::string path_part;
    uint64_t calls_left = 0;  // up to the crash; 0: none
  };
  CrashRule crash_rule_;
  std::vector<InjectedFault> log_;
};

}  // namespace cordwood::support
