#pragma once

// A server that dies again and again, judged on reply bytes. Writers send commands (writer.h), an
// observer reads everybody's keys. What is expected:
//  - every read of the observer shows the state after a prefix of the one order in which commands
//    were executed, the one that D tells;
//  - after a crash there is one seq S' so that every writer's keys, and those that all share, are
//    what the commands up to S' made, and none of the later ones;
//  - S' covers all that is owed: after power loss what was on stable storage, and with appendfsync
//    always everything acknowledged or shown; after the death of the process all that the kernel
//    had, and so everything acknowledged or shown; at any time what an earlier start has found.
//
// Threads: one.

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "config/config.h"
#include "tests/pipeline/key_model.h"
#include "tests/pipeline/sim_server.h"
#include "tests/pipeline/writer.h"
#include "tests/support/sim_env.h"

namespace cordwood::pipeline {

/// What happened in a world, or in many.
struct WorldTotals {
  uint64_t power_losses = 0;
  uint64_t kills = 0;
  uint64_t crashes_in_start = 0;
  uint64_t crashes_in_rotation = 0;  // a segment of the log was made or begun
  uint64_t crashes_in_flush = 0;
  uint64_t crashes_in_merge = 0;
  uint64_t flushes = 0;
  uint64_t merges = 0;
  uint64_t rotations = 0;
  uint64_t records_lost = 0;  // given a seq and not owed

  void Add(const WorldTotals& other);
};

class PowerLossWorld {
 public:
  PowerLossWorld(uint64_t seed, config::AppendFsync appendfsync);
  ~PowerLossWorld();

  /// Some lives of a server, each ended by a crash, and a start after the last one. After a failure
  /// the test has failed and the rest is not done.
  void Run(int lives);

  const WorldTotals& totals() const { return totals_; }
  uint64_t TraceHash() const { return env_->TraceHash(); }
  /// Of all bytes that clients received.
  uint64_t RepliesHash() const { return replies_hash_; }

 private:
  /// Starts until a start is not interrupted, then compares; false: the test failed.
  bool StartAndVerify(bool last);
  bool Start();
  void Connect();
  /// Half of the crashes come in the middle of something.
  void PlanCrash();
  void Work(int rounds);
  void Crash();

  void SendCommands(Writer& writer);
  void Step();
  void Tick();
  void NoteExecuted();
  void Collect();
  void Observe();
  void CheckShown(const std::string& reply, storage::Seq asked_at, storage::Seq shown_at);
  std::string Receive(SessionId session);

  void NoteCrashSite();
  void NoteOwed();
  /// Opens the same disk under appendfsync everysec, and compares.
  void VerifyAsEverySecond();
  /// Compares all keys with what the commands up to the server's newest seq made. `counts`: how
  /// many commands of each writer that was. Nothing is compared if the world freezes meanwhile.
  void Verify(SimServer& server, std::vector<size_t>* counts);
  void VerifyShared(SimServer& server);
  /// Asks all, in one connection; empty if the world freezes.
  std::string AskAll(SimServer& server, std::string bytes);

  config::Config config_;
  Random random_;
  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;
  std::vector<Writer> writers_;
  KeyModel shared_;  // by seq
  bool connected_ = false;

  SessionId observer_ = 0;
  std::vector<KeyModel::Key> asked_;  // by the observer; empty: nothing is
  std::vector<size_t> asked_of_;      // whose key; writers_.size(): all share it
  storage::Seq asked_at_ = 0;         // D at that time

  // What the next start owes.
  storage::Seq synced_ = 0;        // was on stable storage
  storage::Seq kernel_ = 0;        // the kernel had it
  storage::Seq given_ = 0;         // the newest seq that was given
  std::vector<size_t> shown_;      // commands of each writer whose effect was shown
  storage::Seq shared_shown_ = 0;  // of the keys that all share
  bool replies_count_ = true;      // acknowledged and shown is owed

  WorldTotals totals_;
  uint64_t replies_hash_ = 0;
};

}  // namespace cordwood::pipeline
