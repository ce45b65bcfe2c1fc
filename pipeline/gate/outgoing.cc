#include "pipeline/gate/outgoing.h"

#include <utility>

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kTurnNs = 500'000;
// What waits takes so much beside its text, about.
constexpr size_t kOverheadBytes = 128;
constexpr int kDeparturesBetweenClocks = 16;

}  // namespace

void Outgoing::Add(storage::Seq dep, size_t bytes, Departure departure) {
  bytes += kOverheadBytes;
  bytes_ += bytes;
  waiting_.emplace(dep, Waiting{.bytes = bytes, .departure = std::move(departure)});
}

void Outgoing::LetLeave() {
  uint64_t end_ns = 0;
  for (int count = 0; due(); ++count) {
    if (count % kDeparturesBetweenClocks == 0 && count > 0) {
      const uint64_t now_ns = env_.MonotonicNs();
      if (end_ns == 0) end_ns = now_ns + kTurnNs;
      if (now_ns >= end_ns) return;
    }
    const auto first = waiting_.extract(waiting_.begin());
    bytes_ -= first.mapped().bytes;
    first.mapped().departure();
  }
}

}  // namespace cordwood::pipeline
