#include "pipeline/loop/client_memory.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace cordwood::pipeline {
namespace {

// A connection that holds less is left alone, as long as there are not very many.
constexpr uint64_t kSmallClientBytes = 64 << 10;
// Without pressure.
constexpr size_t kUnsentBytesMax = 1 << 20;
// The least that is read at once.
constexpr size_t kReadBytesMin = 512;
// How long connections may be above their share before some are closed.
constexpr uint64_t kPatienceNs = 5'000'000'000;
// Every pass would be too often to look at all connections.
constexpr uint64_t kLookNs = 10'000'000;

/// What it waits for is the server's to do.
bool WaitsForServer(const Session& session) {
  const bool held =
      session.held() && session.hold != Hold::kLongRead && session.hold != Hold::kBlocked;
  return held || session.replies.waiting();
}

bool Dawdles(const Session& session) { return !WaitsForServer(session); }

/// Those who have not authenticated come first, those who asked to be spared last, the largest
/// first among equals.
auto Order(const Session* session) {
  return std::tuple(session->client.authenticated, session->client.no_evict, ~session->held_bytes);
}

}  // namespace

uint64_t ClientMemory::threshold() const {
  return std::min(kSmallClientBytes, max_ / 2 / std::max<size_t>(sessions_.size(), 1));
}

bool ClientMemory::MustWait(const Session& session) const {
  return over_ && session.held_bytes >= threshold() && session.id() != favoured_;
}

size_t ClientMemory::UnsentMax(const Session& session) const {
  if (!over_) return kUnsentBytesMax;
  return session.id() == favoured_ ? kSmallClientBytes : std::max<uint64_t>(threshold(), 1);
}

size_t ClientMemory::ReadBytes(size_t wanted) const {
  if (!over_) return wanted;
  return std::min(wanted, std::max<size_t>(threshold(), kReadBytesMin));
}

bool ClientMemory::MayFetch(const Session& session) const {
  const uint64_t bytes = storage::BytesOf(session.wanted);
  const uint64_t others = block_bytes_ - session.held_block_bytes;
  return bytes < kSmallClientBytes || others == 0 || block_bytes_ + bytes <= max_ / 4;
}

bool ClientMemory::Account(Session& session) {
  // The next large request of another client needs the room.
  const bool is_idle = !session.held() && !session.starts_again;
  if (over_ && is_idle && session.parser.buffered_bytes() == 0) {
    session.parser.ReleaseMemory();
  }
  block_bytes_ += session.pinned_bytes;
  block_bytes_ -= std::exchange(session.held_block_bytes, session.pinned_bytes);
  const uint64_t bytes = session.memory_bytes();
  bytes_ += bytes;
  bytes_ -= std::exchange(session.held_bytes, bytes);
  if (session.id() == favoured_ && bytes < threshold()) favoured_ = 0;
  return Judge();
}

bool ClientMemory::Forget(const Session& session) {
  bytes_ -= session.held_bytes;
  block_bytes_ -= session.held_block_bytes;
  if (favoured_ == session.id()) favoured_ = 0;
  return Judge();
}

bool ClientMemory::Judge() {
  if (!over_ && bytes_ > max_) {
    over_ = true;
    since_ns_ = env_.MonotonicNs();
    looked_ns_ = 0;
    favoured_ = 0;
    closed_at_once_ = 1;
  } else if (over_ && bytes_ < max_ / 8 * 7) {
    over_ = false;
    return true;
  }
  return false;
}

template <typename Admits>
std::vector<Session*> ClientMemory::Choose(const Admits& admits, uint64_t target,
                                           size_t count) const {
  std::vector<Session*> chosen;
  const uint64_t small = threshold();
  for (const auto& [id, session] : sessions_) {
    if (session->close_now || session->held_bytes < small || !admits(*session)) continue;
    chosen.push_back(session.get());
  }
  std::ranges::sort(chosen, {}, Order);
  uint64_t left = bytes_;
  size_t taken = 0;
  while (taken < std::min(count, chosen.size()) && left > target) {
    left -= chosen[taken++]->held_bytes;
  }
  chosen.resize(taken);
  return chosen;
}

uint64_t ClientMemory::BytesThatWaitForServer() const {
  uint64_t bytes = 0;
  for (const auto& [id, session] : sessions_) {
    if (WaitsForServer(*session)) bytes += session->held_bytes;
  }
  return bytes;
}

std::vector<Session*> ClientMemory::TakeExcess() {
  if (bytes_ <= 2 * max_) return {};
  const uint64_t waiting = BytesThatWaitForServer();
  const uint64_t target = max_ / 4 * 7;
  if (bytes_ - waiting > 2 * max_) return Choose(Dawdles, target + waiting, SIZE_MAX);
  // The blocks of their commands come on top of what was read while there was room.
  if (bytes_ <= 3 * max_) return {};
  return Choose([](const Session&) { return true; }, target, SIZE_MAX);
}

std::vector<Session*> ClientMemory::ChooseBeyondLimit() const {
  std::vector<Session*> chosen;
  uint64_t closing = 0;
  for (const auto& [id, session] : sessions_) {
    if (session->close_now) {
      closing += session->held_bytes + sizeof(Session);
    } else if (!session->client.no_evict) {
      chosen.push_back(session.get());
    }
  }
  std::ranges::sort(chosen, std::greater(), &Session::held_bytes);
  uint64_t left = total_bytes() - closing;
  size_t taken = 0;
  while (taken < chosen.size() && left > *limit_) {
    left -= chosen[taken++]->held_bytes + sizeof(Session);
  }
  chosen.resize(taken);
  return chosen;
}

bool ClientMemory::ReleaseIdle() {
  const uint64_t now = env_.MonotonicNs();
  look_due_ = looked_ns_ == 0 || now - looked_ns_ > kLookNs;
  if (!look_due_) return false;
  looked_ns_ = now;
  for (const auto& [id, session] : sessions_) {
    if (Account(*session)) return true;
  }
  return false;
}

std::vector<Session*> ClientMemory::TakeOverdue() {
  if (!over_) return {};
  if (std::exchange(look_due_, false)) {
    const auto unknown = [](const Session& session) { return !session.client.authenticated; };
    std::vector<Session*> chosen = Choose(unknown, max_ / 8 * 7, SIZE_MAX);
    if (!chosen.empty()) return chosen;
  }
  const uint64_t now = env_.MonotonicNs();
  if (favoured_ == 0 || now - since_ns_ <= kPatienceNs) return {};
  // It is no fault of the others, then.
  if (BytesThatWaitForServer() > max_ / 2) {
    since_ns_ = now;
    return {};
  }
  std::vector<Session*> chosen = Choose(Dawdles, max_ / 8 * 7, closed_at_once_);
  closed_at_once_ *= 2;
  since_ns_ = now;
  favoured_ = 0;
  return chosen;
}

Session* ClientMemory::TakeFavoured() {
  if (!over_ || favoured_ != 0) return nullptr;
  Session* largest = nullptr;
  const uint64_t small = threshold();
  for (const auto& [id, session] : sessions_) {
    if (session->close_now || session->held_bytes < small || WaitsForServer(*session)) continue;
    if (largest == nullptr || session->held_bytes > largest->held_bytes) largest = session.get();
  }
  if (largest == nullptr) return nullptr;
  favoured_ = largest->id();
  since_ns_ = env_.MonotonicNs();
  return largest;
}

}  // namespace cordwood::pipeline
