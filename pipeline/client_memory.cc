// How much all connections together may hold of the memory budget: requests that are not complete,
// replies that are not read, blocks that are kept for commands. A part of Pipeline.
//
// Above the share nothing more is read from those who hold much, but for the one that holds the
// most, so that large requests are finished one after the other. When that does not help, the
// largest are closed.

#include <algorithm>
#include <vector>

#include "base/format.h"
#include "base/log.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {
namespace {

// A connection that holds less is left alone.
constexpr uint64_t kSmallClientBytes = 64 << 10;
// How long connections may be above their share before some are closed.
constexpr uint64_t kPatienceNs = 5'000'000'000;
// Of connections that must wait for others, this much may be unsent.
constexpr size_t kUnsentBytesMaxWhenOver = 64 << 10;

}  // namespace

size_t Pipeline::UnsentMax() const {
  return over_memory_ ? kUnsentBytesMaxWhenOver : kUnsentBytesMax;
}

bool Pipeline::MustWaitForMemory(const Session& session) const {
  return over_memory_ && session.held_bytes >= kSmallClientBytes && session.id() != favoured_;
}

void Pipeline::Account(Session& session) {
  // The next large request of another client needs the room.
  if (over_memory_ && !session.held() && session.parser.buffered_bytes() == 0) {
    session.parser.ReleaseMemory();
  }
  const uint64_t bytes =
      session.parser.memory_bytes() + session.replies.memory_bytes() + session.pinned_bytes;
  client_bytes_ += bytes;
  client_bytes_ -= std::exchange(session.held_bytes, bytes);
  if (session.id() == favoured_ && bytes < kSmallClientBytes) favoured_ = 0;
  JudgeClientMemory();
}

void Pipeline::JudgeClientMemory() {
  if (!over_memory_ && client_bytes_ > client_bytes_max_) {
    over_memory_ = true;
    over_memory_since_ns_ = env_.MonotonicNs();
    favoured_ = 0;
  } else if (over_memory_ && client_bytes_ < client_bytes_max_ / 8 * 7) {
    over_memory_ = false;
    for (auto& [id, session] : sessions_) MarkDirty(*session);  // they want input again
  }
  // A pass may add much, and what is closed gives it back at once.
  if (client_bytes_ > 2 * client_bytes_max_) CloseLargest();
}

void Pipeline::RelieveClientMemory() {
  if (!over_memory_) return;
  if (favoured_ == 0) {
    Session* const largest = LargestClient();
    if (largest == nullptr) return;
    favoured_ = largest->id();
    over_memory_since_ns_ = env_.MonotonicNs();
    MarkDirty(*largest);
  } else if (env_.MonotonicNs() - over_memory_since_ns_ > kPatienceNs) {
    CloseLargest();
  }
}

Session* Pipeline::LargestClient() {
  Session* largest = nullptr;
  for (auto& [id, session] : sessions_) {
    if (session->close_now || session->held_bytes < kSmallClientBytes) continue;
    if (largest == nullptr || session->held_bytes > largest->held_bytes) largest = session.get();
  }
  return largest;
}

void Pipeline::CloseLargest() {
  Session* const largest = LargestClient();
  if (largest == nullptr) return;
  ++stats_.output_buffer_disconnections;
  LogWarning(
      Format("closing {}: connections hold {} bytes, more than their share of the memory "
             "budget ({}), and this one the most of them, {}",
             largest->client.address, client_bytes_, client_bytes_max_, largest->held_bytes));
  CloseSoon(*largest);
  // Its command may still run, and needs its arguments.
  if (!largest->held()) largest->parser = protocol::RequestParser(largest->parser.limits());
  largest->replies = {};
  over_memory_since_ns_ = env_.MonotonicNs();
  favoured_ = 0;
  Account(*largest);
}

}  // namespace cordwood::pipeline
