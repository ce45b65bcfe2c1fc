#include "pipeline/gate/start_times.h"

#include <algorithm>

namespace cordwood::pipeline {

void StartTimes::Note(storage::Seq seq, int64_t ms) {
  // An earlier record that started later (the time stepped back) is visible sooner: its time will
  // never count.
  while (!starts_.empty() && starts_.back().ms >= ms) starts_.pop_back();
  starts_.push_back({.seq = seq, .ms = ms});
}

void StartTimes::Forget(storage::Seq seq) {
  while (!starts_.empty() && starts_.front().seq <= seq) starts_.pop_front();
}

int64_t StartTimes::AtBusy(storage::Seq seq, int64_t now_ms) {
  Forget(seq);
  if (running_) now_ms = std::min(now_ms, *running_);
  return starts_.empty() ? now_ms : std::min(now_ms, starts_.front().ms);
}

}  // namespace cordwood::pipeline
