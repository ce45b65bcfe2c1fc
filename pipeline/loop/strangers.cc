#include "pipeline/loop/strangers.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/log.h"

namespace cordwood::pipeline {
namespace {

// A person, or a client with an old password, may be wrong this often without a wait.
constexpr uint64_t kFreeGuesses = 3;
// For each wrong password beyond them the connection waits so much longer, up to the most.
constexpr uint64_t kGuessWaitNs = 100'000'000;
constexpr uint64_t kGuessWaitMaxNs = 1'000'000'000;

}  // namespace

bool Strangers::MakeRoomFor(const Session& newcomer) {
  int64_t served = 0;
  Session* oldest = nullptr;
  for (const auto& [id, session] : sessions_.all()) {
    if (session->closing()) continue;
    ++served;
    if (oldest == nullptr && !session->client.authenticated && id != newcomer.id()) {
      oldest = session.get();
    }
  }
  if (served <= config_.maxclients) return true;
  if (oldest == nullptr) return false;
  ++stats_.rejected_connections;
  if (const uint64_t closed = log_.Note(env_.MonotonicNs())) {
    LogWarning(
        Format("closing {}: maxclients ({}) is reached, and of those who have not "
               "authenticated it has been there the longest; {} such since the last line",
               oldest->client.address, config_.maxclients, closed));
  }
  sessions_.CloseSoon(*oldest);
  return true;
}

void Strangers::NoteLogins(Session& session) {
  const uint64_t failed = session.client.failed_logins;
  const bool wrong = failed > std::exchange(session.failed_logins, failed);
  if (!wrong || failed <= kFreeGuesses) return;
  session.hold = Hold::kGuessing;
  session.hold_until_ns =
      env_.MonotonicNs() + std::min((failed - kFreeGuesses) * kGuessWaitNs, kGuessWaitMaxNs);
  guessing_.push_back(session.id());
}

void Strangers::Retry(const std::function<void(Session&)>& go_on) {
  const uint64_t now = env_.MonotonicNs();
  std::erase_if(guessing_, [&](SessionId id) {
    Session* const session = sessions_.Find(id);
    if (session == nullptr) return true;
    if (now < session->hold_until_ns) return false;
    session->hold = Hold::kNone;
    go_on(*session);
    return true;
  });
}

}  // namespace cordwood::pipeline
