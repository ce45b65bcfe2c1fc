#pragma once

// Clients that keep what they read, each in its own way, among others that write: at random, with
// stalls of the log, keys that expire, flushes and swapped databases. Whatever a client keeps when
// it has taken in all that it was sent is what is visible.
//
// Owned by a test. Threads: one.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "protocol/reply_reader.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {

class TrackingWorld {
 public:
  /// What happened; a test in which nothing of interest does would pass as well.
  struct Totals {
    uint64_t compared = 0;       // kept values
    uint64_t compared_at_d = 0;  // while writes were not visible
    uint64_t invalidated = 0;    // kept values
    uint64_t all_invalidated = 0;
    uint64_t left = 0;
  };

  explicit TrackingWorld(uint64_t seed);
  ~TrackingWorld();
  TrackingWorld(const TrackingWorld&) = delete;
  TrackingWorld& operator=(const TrackingWorld&) = delete;

  void Run(int events);
  const Totals& totals() const { return totals_; }

 private:
  enum class Kind : uint8_t { kPlain, kNoLoop, kOptIn, kBroadcast, kRedirect };
  static constexpr int kKinds = 5;

  /// What a reply that is to come is of.
  struct Asked {
    std::string key;             // empty: nothing that is kept
    bool keep = false;           // false, too, once it was invalidated on its way
    std::string written;         // a key that it writes itself
    std::vector<Asked> of_exec;  // in their places
  };
  struct CachingClient {
    Kind kind = Kind::kPlain;
    SessionId id = 0;
    SessionId told = 0;  // who is told; itself, but for kRedirect
    protocol::ReplyReader replies;
    protocol::ReplyReader messages;
    std::deque<Asked> asked;
    std::map<std::string, protocol::Value> kept;
  };
  using Argv = std::vector<std::string>;

  // --- what clients do ---
  void Join(CachingClient& client);
  void Leave(CachingClient& client);
  void Send(CachingClient& client, const Argv& argv, Asked asked);
  void Read(CachingClient& client);
  void RunTransaction(CachingClient& client);
  void Write(SessionId id, const Argv& argv);
  Argv RandomWrite(std::string* key);
  Argv ReadOf(const std::string& key) const;
  std::string RandomKey();

  // --- what they are sent ---
  void TakeIn(CachingClient& client);
  void TakeInReplies(CachingClient& client);
  void TakeInMessages(CachingClient& client);
  void TakeReply(CachingClient& client, const Asked& asked, const protocol::Value& reply);
  void TakePush(CachingClient& client, const protocol::Value& push);
  void Drop(CachingClient& client, const std::string& key);

  // --- comparing ---
  void Step();
  void CompareAtD();
  void CompareSettled();
  /// Nothing: it takes more than a look into the cache.
  bool TryRead(SessionId reader, const std::string& key, protocol::Value& value);
  void Compare(CachingClient& client, const std::string& key, const protocol::Value& visible,
               std::string_view when);

  support::SimEnv env_;
  Random random_;
  SimServer server_;
  std::vector<std::unique_ptr<CachingClient>> clients_;
  std::vector<SessionId> writers_;
  std::map<bool, SessionId> readers_;  // in RESP3 or not; they keep nothing
  int written_ = 0;
  Totals totals_;
};

}  // namespace cordwood::pipeline
