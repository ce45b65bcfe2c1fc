#pragma once

// How much all connections together may hold of the memory budget: requests that are not complete,
// replies that are not read, blocks that are kept for commands.
//
// Above their share, of those who hold at least the threshold:
//   - nothing more is read, but from one, the favoured one, so that large requests are finished one
//     after the other;
//   - who has not authenticated is closed at once, the largest first;
//   - when that does not help for some seconds, the largest are closed: one, then two, then four;
//     but not while those that wait for the server hold more than half of the share.
// When the others, those that wait for the server aside, hold more than twice the share, the
// largest of them are closed at once; when all together hold more than three times the share, the
// largest whoever they are. A connection with CLIENT NO-EVICT on is closed behind all others.
//
// Beside that, maxmemory-clients may set a limit as Redis has it: while all together hold more, the
// largest is closed, whoever it is and at once, but for those with CLIENT NO-EVICT on.
//
// The threshold falls as the number of connections rises: those below it never hold more than half
// of the share together, so that closing the others always helps.
//
// It decides, and the pipeline acts. Ownership: refers to the pipeline's sessions. Threads: the
// loop's.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/env.h"
#include "pipeline/loop/session.h"

namespace cordwood::pipeline {

class ClientMemory {
 public:
  using Sessions = std::map<SessionId, std::unique_ptr<Session>>;

  ClientMemory(Env& env, const Sessions& sessions) : env_(env), sessions_(sessions) {}

  void SetMax(uint64_t bytes) { max_ = bytes; }
  /// By maxmemory-clients: the largest are closed at once while all together hold more.
  void SetLimit(std::optional<uint64_t> bytes) { limit_ = bytes; }
  uint64_t max() const { return max_; }
  /// What the sessions hold, as they were last accounted.
  uint64_t bytes() const { return bytes_; }
  /// They hold, or held a moment ago, more than their share.
  bool over() const { return over_; }
  /// So much that nobody should run anything before what is ready was sent.
  bool pressed() const { return bytes_ > max_ / 2 * 3; }

  /// Whoever holds less is left alone.
  uint64_t threshold() const;
  /// Nothing is to be read from it.
  bool MustWait(const Session& session) const;
  /// With this much unsent it runs nothing.
  size_t UnsentMax(const Session& session) const;
  /// The blocks that the session wants may be fetched. Large ones of several come one after the
  /// other: beside its arguments each session would hold as much again.
  bool MayFetch(const Session& session) const;
  /// How much to read at once, of `wanted`.
  size_t ReadBytes(size_t wanted) const;

  /// What the session holds may have changed, or it is gone. True: connections are no longer above
  /// their share, and all of them may want input again.
  bool Account(Session& session);
  bool Forget(const Session& session);

  /// Who is to be closed, in this order, each before the next call of anything: after each change.
  std::vector<Session*> TakeExcess();
  /// The same, of those to close because of the limit.
  std::vector<Session*> TakeBeyondLimit() const {
    return limit_ && total_bytes() > *limit_ ? ChooseBeyondLimit() : std::vector<Session*>();
  }
  /// At the end of a pass while over: empty buffers are given back. True as Account.
  bool ReleaseIdle();
  /// As TakeExcess, behind ReleaseIdle.
  std::vector<Session*> TakeOverdue();
  /// Who may go on although it holds much, if there is somebody new: at the end of a pass.
  Session* TakeFavoured();

 private:
  /// Of those whom `admits` names, those to close so that `target` bytes are left, at most `count`.
  template <typename Admits>
  std::vector<Session*> Choose(const Admits& admits, uint64_t target, size_t count) const;
  uint64_t BytesThatWaitForServer() const;
  /// With what every connection takes.
  uint64_t total_bytes() const { return bytes_ + sessions_.size() * sizeof(Session); }
  std::vector<Session*> ChooseBeyondLimit() const;
  /// True: no longer above.
  bool Judge();

  Env& env_;
  const Sessions& sessions_;
  uint64_t max_ = UINT64_MAX / 2;
  std::optional<uint64_t> limit_;
  uint64_t bytes_ = 0;
  uint64_t block_bytes_ = 0;  // of them
  bool over_ = false;
  uint64_t since_ns_ = 0;      // over, or somebody was favoured or closed
  uint64_t looked_ns_ = 0;     // at all connections
  bool look_due_ = false;      // this pass
  SessionId favoured_ = 0;     // goes on although it holds much
  size_t closed_at_once_ = 1;  // when patience ends next
};

}  // namespace cordwood::pipeline
