#pragma once

// A keyspace for tests, on the simulated environment: transactions as the executor and readers
// make them, stops, starts and power loss.
//
// The clock of transactions stands still unless the test moves it; that of the environment does
// not. Threads: one.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "keyspace/core/keyspace.h"
#include "keyspace/core/read_guard.h"
#include "keyspace/core/transaction.h"
#include "keyspace/core/waiter.h"
#include "storage/reader.h"
#include "tests/support/sim_env.h"

namespace cordwood::keyspace {

struct RigOptions {
  uint64_t seed = 1;
  KeyspaceOptions keyspace = {};
  storage::StoreOptions store = {
      .log_segment_bytes = 1 << 20, .memtable_bytes = 256 << 10, .block_cache_bytes = 4 << 20};
};

class KeyspaceRig {
 public:
  explicit KeyspaceRig(const RigOptions& options = {});
  ~KeyspaceRig();
  KeyspaceRig(const KeyspaceRig&) = delete;
  KeyspaceRig& operator=(const KeyspaceRig&) = delete;

  Keyspace& keyspace() { return *keyspace_; }
  storage::Store& store() { return keyspace_->store(); }
  storage::Reader& reader() { return *reader_; }
  support::SimEnv& env() { return *env_; }
  int64_t now_ms() const { return now_ms_; }
  void AdvanceMs(int64_t ms) { now_ms_ += ms; }

  using Work = std::function<Status(Transaction&)>;
  /// As the executor: at the newest state; commits. Runs `work` again while its blocks are cold,
  /// and lets it read files after a few times; lets it wait if it is long.
  Status Execute(const Work& work);
  /// The same for work that waits from the start.
  Status ExecuteWaiting(const Work& work, Waiter& waiter);
  /// As a reader, once everything before is visible.
  Status Read(const Work& work);

  /// Lets the background work until everything written is visible.
  void Settle();
  /// Settles, then moves everything into one run of tables.
  void Compact();
  /// A clean stop and a start.
  void Reopen();
  /// Power loss and a start. What was not settled may be gone.
  void LosePower(uint64_t seed);

  /// From the fourth run on, whoever runs may read files.
  static storage::Tier TierFor(int reruns);
  /// Fetches what a view lacked and keeps it in the cache until the next fetch.
  void FetchCold(std::vector<storage::BlockRef> blocks);
  /// How often something ran again because blocks were cold.
  uint64_t reruns() const { return reruns_; }

 private:
  void Open();
  void Close();

  const RigOptions options_;
  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<Keyspace> keyspace_;
  std::optional<storage::Reader> reader_;
  storage::Store::FetchedBlocks fetched_;
  int64_t now_ms_ = 0;
  uint64_t reruns_ = 0;
};

/// Waits by running the world. What is written apart has room.
class RigWaiter : public Waiter {
 public:
  explicit RigWaiter(KeyspaceRig& rig) : rig_(rig) {}
  Status Await(std::vector<storage::BlockRef> blocks, Earlier) override {
    rig_.FetchCold(std::move(blocks));
    return {};
  }
  bool IsTime() override { return false; }
  Status Pause() override { return {}; }
  Status AwaitRoom(uint64_t) override { return {}; }
  Status AwaitCommit(uint64_t, bool) override { return {}; }

 private:
  KeyspaceRig& rig_;
};

/// Guards nothing.
class NoGuard final : public ReadGuard {
 public:
  void NoteRead(Generation, std::string_view) override {}
  void NoteExpiry(int64_t) override {}
  void LetEndsMove(Generation, std::string_view, const ListEnds&) override {}
  Moves MovesOf(Generation, std::string_view) const override { return {}; }
  void FixEnds(Generation, std::string_view) override {}
  void Lock() override {}
};

}  // namespace cordwood::keyspace
