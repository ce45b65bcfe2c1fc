#pragma once

// What leaves as a consequence of commands, and is no reply: messages, events, invalidations. Each
// leaves once everything up to its seq is visible, and between two commands (rule P1 of the commit
// contract); only then is it decided who is sent it.
//
// What depends on the same seq leaves in the order in which it was added, and so does all that one
// connection adds, because what it depends on never descends.
//
// Threads: the loop's.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "base/env.h"
#include "keyspace/core/keyspace.h"
#include "storage/entry.h"

namespace cordwood::pipeline {

class Outgoing {
 public:
  /// Sends what it stands for to those who want it by now.
  using Departure = std::function<void()>;

  Outgoing(Env& env, keyspace::Keyspace& keyspace) : env_(env), keyspace_(keyspace) {}
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  /// It holds about so many bytes until it has left.
  void Add(storage::Seq dep, size_t bytes, Departure departure);
  /// Something may leave now.
  bool due() const {
    return !waiting_.empty() && waiting_.begin()->first <= keyspace_.store().visible();
  }
  /// Lets leave what may, for about as long as one turn takes: then some may still be due. No
  /// command may be running.
  void LetLeave();
  /// So much waits that whoever would add to it should wait, too.
  bool full() const { return bytes_ >= kBytesMax; }
  uint64_t bytes() const { return bytes_; }

 private:
  static constexpr uint64_t kBytesMax = 16 << 20;

  struct Waiting {
    size_t bytes = 0;
    Departure departure;
  };

  Env& env_;
  keyspace::Keyspace& keyspace_;
  std::multimap<storage::Seq, Waiting> waiting_;
  uint64_t bytes_ = 0;
};

}  // namespace cordwood::pipeline
