#include "tests/support/sim_faults.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cordwood::support {

namespace {

constexpr std::array<std::string_view, 20> kOpNames = {
    "any",      "open",       "create",           "read",     "write",    "sync",
    "reserve",  "write_back", "await_write_back", "truncate", "size",     "link_count",
    "rename",   "remove",     "create_dir",       "list",     "sync_dir", "exists",
    "space_of", "lock"};

bool Matches(SimOp op, const std::string& path_part, const SimCall& call) {
  return (op == SimOp::kAny || op == call.op) && call.path.find(path_part) != std::string::npos;
}

}  // namespace

std::string_view SimOpName(SimOp op) { return kOpNames[static_cast<size_t>(op)]; }

void SimFaults::FailNext(SimOp op, std::string path_part, ErrorCode code, bool sticky) {
  rules_.push_back({op, std::move(path_part), code, sticky});
}

void SimFaults::FailCall(uint64_t number, ErrorCode code, bool sticky) {
  numbered_.push_back({number, code, sticky});
}

void SimFaults::FlipNextRead(std::string path_part) { flips_.push_back(std::move(path_part)); }

void SimFaults::Stall(SimOp op, std::string path_part, uint64_t ms) {
  stalls_.push_back({op, std::move(path_part), ms});
}

void SimFaults::Clear() {
  rules_.clear();
  numbered_.clear();
  flips_.clear();
  stalls_.clear();
  crash_at_ = 0;
  crash_rule_ = {};
}

void SimFaults::CrashAtNth(SimOp op, std::string path_part, uint64_t nth) {
  crash_rule_ = {.op = op, .path_part = std::move(path_part), .calls_left = nth};
}

bool SimFaults::CrashesAt(uint64_t number, const SimCall& call) {
  if (crash_at_ == number) return true;
  const bool counts =
      crash_rule_.calls_left > 0 && Matches(crash_rule_.op, crash_rule_.path_part, call);
  return counts && --crash_rule_.calls_left == 0;
}

uint64_t SimFaults::StallMs(const SimCall& call) const {
  uint64_t longest = 0;
  for (const StallRule& rule : stalls_) {
    if (Matches(rule.op, rule.path_part, call)) longest = std::max(longest, rule.ms);
  }
  return longest;
}

std::optional<ErrorCode> SimFaults::TakeError(uint64_t number, const SimCall& call) {
  std::optional<ErrorCode> code;
  for (const NumberedRule& rule : numbered_) {
    const bool hit = rule.sticky ? number >= rule.number : number == rule.number;
    if (hit && !code) code = rule.code;
  }
  const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& candidate) {
    return Matches(candidate.op, candidate.path_part, call);
  });
  if (!code && rule != rules_.end()) {
    code = rule->code;
    if (!rule->sticky) rules_.erase(rule);
  }
  if (code) Log(number, call, std::string(ErrorCodeName(*code)));
  return code;
}

bool SimFaults::TakeFlip(uint64_t number, const SimCall& call) {
  const auto flip = std::find_if(flips_.begin(), flips_.end(), [&](const std::string& path_part) {
    return Matches(SimOp::kRead, path_part, call);
  });
  if (flip == flips_.end()) return false;
  flips_.erase(flip);
  Log(number, call, "bit flipped");
  return true;
}

void SimFaults::Log(uint64_t number, const SimCall& call, std::string what) {
  log_.push_back({number, call.op, call.path, std::move(what)});
}

}  // namespace cordwood::support
