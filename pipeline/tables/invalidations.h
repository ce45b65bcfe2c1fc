#pragma once

// Tells clients that what they keep no longer holds: the client itself, if its protocol has pushes,
// or the one that it has chosen.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/gate/pushes.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

/// Of which keys, or of all; encoded once for each protocol that somebody speaks.
class Invalidation {
 public:
  /// They outlive it.
  explicit Invalidation(std::span<const std::string_view> keys) : keys_(keys) {}
  static Invalidation OfAll() {
    Invalidation invalidation({});
    invalidation.all_ = true;
    return invalidation;
  }

  /// In RESP2 it is a message of a channel with a name of its own.
  const std::string& TextFor(protocol::RespVersion version);

 private:
  std::string Encode(protocol::RespVersion version) const;

  std::span<const std::string_view> keys_;
  bool all_ = false;
  std::array<std::string, 2> encoded_;  // empty: nobody wanted it yet
};

class Invalidations {
 public:
  Invalidations(const Sessions& sessions, Pushes& pushes) : sessions_(sessions), pushes_(pushes) {}
  Invalidations(const Invalidations&) = delete;
  Invalidations& operator=(const Invalidations&) = delete;

  /// To whom the session has its invalidations sent. REQUIRES: no command is running.
  void Send(Session& session, Invalidation& invalidation);

 private:
  /// Null: nobody can be told.
  Session* ReceiverOf(Session& session);

  const Sessions& sessions_;
  Pushes& pushes_;
};

}  // namespace cordwood::pipeline
