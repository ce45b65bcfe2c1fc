#pragma once

// Many clients that wait for elements on a few keys, while others push, and kill and unblock them;
// while they go and come, their times run out, and the server dies. What is expected:
//  - every element that was pushed and acknowledged is delivered once, or still in a list once.
//  Only
//    what was taken for a client that went, or for all when the server died, before it could be
//    told may be missing: at most one for each such client;
//  - nothing that was delivered is in a list, also after a power loss;
//  - when all is quiet nobody waits for a key that has elements;
//  - when all have gone nobody is known to wait.
//
// Threads: one.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/pipeline/sim_server.h"
#include "tests/support/sim_env.h"

namespace cordwood::pipeline {

class BlockingWorld {
 public:
  struct Totals {
    uint64_t delivered = 0;
    uint64_t moved = 0;
    uint64_t timeouts = 0;
    uint64_t unblocked = 0;
    uint64_t gone = 0;     // clients that went or were killed while they waited
    uint64_t missing = 0;  // elements that were taken for such as could not be told
    uint64_t power_losses = 0;

    void Add(const Totals& other);
  };

  BlockingWorld(uint64_t seed, size_t clients, size_t keys);
  ~BlockingWorld();

  /// Some lives of a server, each but the last ended by a crash, with so many events in each. After
  /// a failure the test has failed and the rest is not done.
  void Run(int lives, int events);

  const Totals& totals() const { return totals_; }

 private:
  enum class Form : uint8_t { kPop, kMove };
  struct Client {
    SessionId session = 0;
    bool asked = false;  // and was not answered
    Form form = Form::kPop;
  };
  struct Element {
    bool acknowledged = false;
    bool delivered = false;
    bool missing = false;
  };
  struct Pusher {
    SessionId session = 0;
    std::vector<size_t> pushed;  // and not acknowledged
    std::string reply;           // so far
  };

  void Start();
  void Event();
  void AskFor(Client& client);
  void Push(Pusher& pusher);
  void Leave(Client& client, bool killed);
  void Unblock();
  void Collect();
  void Collect(Client& client);
  void Collect(Pusher& pusher);
  /// Whether something may have been taken for the client that it was not told.
  bool MayBeServed(const Client& client) const;
  void Crash();
  /// Lets everything go on that can.
  void BeQuiet();
  void CheckQuiet();
  void CheckLists();
  void CheckNoTrace();
  std::string RandomKey();

  Random random_;
  const size_t keys_;
  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;
  std::vector<Client> clients_;
  std::vector<Pusher> pushers_;
  SessionId admin_ = 0;
  std::vector<Element> elements_;
  uint64_t may_be_missing_ = 0;
  Totals totals_;
};

}  // namespace cordwood::pipeline
