#include "tests/support/sim_trace.h"

#include <algorithm>

#include "base/hash.h"

namespace cordwood::support {

namespace {

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9fb21c651e98df25;
  return hash ^ (hash >> 32);
}

}  // namespace

void SimTrace::Record(const SimCall& call, uint64_t task, std::string_view data,
                      std::string_view outcome) {
  hash_ = Mix(hash_, (task << 8) | static_cast<uint64_t>(call.op));
  hash_ = Mix(hash_, Hash64(call.path, outcome, call.offset));
  hash_ = Mix(hash_, Hash64(data, call.size));
  Entry& entry = ring_[calls_++ % kKept];
  entry.op = call.op;
  entry.path = call.path;
  entry.offset = call.offset;
  entry.size = call.size;
  entry.task = task;
  entry.outcome = outcome;
}

std::string SimTrace::Recent(uint64_t count) const {
  count = std::min({count, calls_, kKept});
  std::string out;
  for (uint64_t number = calls_ - count; number < calls_; ++number) {
    const Entry& entry = ring_[number % kKept];
    out += "  #" + std::to_string(number + 1);
    out += entry.task == 0 ? " driver " : " task " + std::to_string(entry.task) + " ";
    out += std::string(SimOpName(entry.op)) + " " + entry.path;
    if (entry.op == SimOp::kRead || entry.op == SimOp::kWrite || entry.op == SimOp::kTruncate) {
      out += " [" + std::to_string(entry.offset) + ", +" + std::to_string(entry.size) + ")";
    }
    out += ": " + entry.outcome + "\n";
  }
  return out;
}

}  // namespace cordwood::support
