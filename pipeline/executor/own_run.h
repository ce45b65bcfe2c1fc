#pragma once

// A run of a command on a stack of its own, which waits in the middle of its work instead of being
// started over: for what a command needs that is more than its reruns can bring together, and for
// what takes longer than one turn.
//
// It reads the newest state, or a snapshot, and never keeps the reader while it waits. With a guard
// others commit meanwhile, and it is told when they have changed what was read. A handler
// that answers kCold all the same, because a part of it cannot wait, is run again when its blocks
// are there.
//
// When it is done, its transaction is the executor's to commit. What that writes apart before
// (keyspace/core/transaction.h) is written here, when there is room.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/fiber.h"
#include "commands/core/call.h"
#include "keyspace/core/transaction.h"
#include "keyspace/core/waiter.h"
#include "pipeline/loop/reply_queue.h"
#include "pipeline/tables/read_guards.h"
#include "protocol/reply_writer.h"
#include "storage/reader.h"
#include "storage/store.h"

namespace cordwood::pipeline {

class OwnRun final : private keyspace::Waiter {
 public:
  struct Parts {
    Env& env;
    keyspace::Keyspace& keyspace;
    storage::Reader& reader;
    const storage::Snapshot* snapshot = nullptr;  // outlives it; null: the newest state
    ReadGuards::Guard* guard = nullptr;           // outlives it; null: nobody commits meanwhile
    /// Whether so many bytes may be written at once. After kLater GoOn is called when to ask again.
    std::function<storage::WriteGate(uint64_t bytes)> ask_room;
    /// The same for what it is going to commit.
    std::function<storage::WriteGate(uint64_t bytes, bool frees)> ask_commit;
    int64_t now_ms = 0;
    uint64_t reply_bytes_max = 0;
    protocol::RespVersion resp_version = protocol::RespVersion::kResp2;
  };
  /// What a handler, or a slice of a long read, leaves behind.
  struct Outcome {
    Status status;
    std::unique_ptr<commands::LongRead> long_read = nullptr;  // of a handler
    std::vector<commands::Effect> effects = {};
    bool met_newest = false;
    std::optional<commands::Wait> wait = std::nullopt;
    bool is_last = true;  // of a slice: the reply is complete
  };
  using Work = std::function<Outcome(keyspace::Transaction&, protocol::ReplyWriter&)>;

  /// Nothing runs yet.
  OwnRun(Parts parts, Work work);
  /// Ends the work if it is not done. REQUIRES: nobody has a view of the reader.
  ~OwnRun() override;
  OwnRun(const OwnRun&) = delete;
  OwnRun& operator=(const OwnRun&) = delete;

  enum class State : uint8_t {
    kNeedsBlocks,  // TakeMissing tells which
    kNeedsRoom,    // ask_room said so
    kHadItsTime,   // others should have their turn
    kDone,
  };
  /// Runs on. `fetched` is how the fetch ended that it waited for. REQUIRES: not done, and nobody
  /// has a view of the reader.
  State GoOn(Status fetched = {});
  State state() const { return state_; }
  /// Commits what it wrote in slices, by GoOn: `commit` is called once, and calls the pause that it
  /// is given now and then. It is called to its end also if the run is ended before. REQUIRES:
  /// done.
  using Commit = std::function<Status(keyspace::Transaction&, const storage::Store::Pause&)>;
  void CommitInSlices(Commit commit);
  /// From now on without a pause.
  void Hurry() { hurries_ = true; }
  /// It did, or does.
  bool commits() const { return commits_; }

  bool executes() const { return parts_.snapshot == nullptr; }
  int64_t now_ms() const { return parts_.now_ms; }
  std::vector<storage::BlockRef> TakeMissing() { return std::exchange(missing_, {}); }
  /// What was fetched before these is still needed.
  bool keeps_fetched() const { return earlier_ == Earlier::kStay; }
  uint64_t memory_bytes() const;

  // --- REQUIRES: done ---
  Outcome& outcome() { return outcome_; }
  keyspace::Transaction& tx() { return *tx_; }
  /// What it writes was let in before it was done, and it has not waited since.
  bool is_let_in() const {
    return let_in_bytes_ >= tx_->write_bytes() && let_in_frees_ == tx_->frees();
  }
  void AppendReplyTo(ReplyQueue& replies);
  /// The reply grew beyond what one may have.
  bool overflowed() const { return overflowed_; }

 private:
  Status Await(std::vector<storage::BlockRef> blocks, Earlier earlier) override;
  bool IsTime() override;
  Status Pause() override;
  Status AwaitRoom(uint64_t bytes) override;
  Status AwaitCommit(uint64_t bytes, bool frees) override;

  /// On its own stack.
  void Body();
  /// One run of the handler; false: it is to be run again.
  bool RunOnce();
  Status HandOver(State state);
  /// Waits until `ask` lets it in.
  template <typename Ask>
  Status AwaitGate(const Ask& ask);

  const Parts parts_;
  const Work work_;
  Fiber fiber_;
  State state_ = State::kHadItsTime;
  Status fetched_;
  bool given_up_ = false;
  bool commits_ = false;
  bool hurries_ = false;
  uint64_t let_in_bytes_ = 0;
  bool let_in_frees_ = false;
  uint64_t turn_ends_ns_ = 0;
  std::vector<storage::BlockRef> missing_;
  Earlier earlier_ = Earlier::kGo;
  std::optional<storage::View> view_;
  std::optional<keyspace::Transaction> tx_;
  std::vector<std::string> pieces_;  // of the reply, in front of the rest of it
  std::string reply_;
  bool overflowed_ = false;
  Outcome outcome_;
};

}  // namespace cordwood::pipeline
