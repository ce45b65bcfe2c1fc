#pragma once

// A store reduced to its log: appends records that tell who they are, keeps the manifest's two
// facts, and compares what recovery replays with what was appended. It survives the death of
// its world and goes on in the next one.
//
// Promises it checks at every Open:
//  - what is replayed is a prefix of what was appended, ending at the end of a batch;
//  - every seq up to the largest S seen, and D where the batch was appended under kAlways, is
//  there.
//
// Threads: one.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/log/commit_log.h"
#include "storage/log/recovery.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {

class LogRig {
 public:
  struct Options {
    uint64_t seed = 1;
    uint64_t segment_bytes = 32 << 10;
    uint64_t small_segment_bytes = UINT64_MAX;  // as segment_bytes
    Durability durability = Durability::kAlways;
    uint32_t switch_percent = 25;
    SpaceGate gate;
  };

  explicit LogRig(Options options);
  ~LogRig();

  // --- the life of the log ---
  /// Recovers and starts the log. Fails the test if recovery broke a promise.
  Status Open();
  /// The newest seq that Open would find, by a recovery of a copy of this world.
  Result<Seq> RecoverOnCopy() const;
  /// Takes in what the log told so far, and ends it without Stop.
  void Drop();
  Status Stop();

  // --- work ---
  /// Appends a batch of `ops` puts with values of `value_bytes`; its content depends on the seq
  /// and on how often the rig was opened.
  void Append(uint32_t ops = 1, size_t value_bytes = 20);
  /// Kick, and then everything in the background until it rests.
  void Settle();
  /// Append, Settle.
  void Commit(uint32_t ops = 1, size_t value_bytes = 20);
  /// What a flush of everything visible does: the manifest says so, segments are released.
  void Flush();
  void SetDurability(Durability durability);
  /// Notes S and D as a client would who saw them.
  void Observe();

  // --- the ends of worlds; the log is gone after them ---
  void Kill();
  void LosePower(uint64_t seed, support::PowerLoss kind = support::PowerLoss::kRandom);

  support::SimEnv& env() { return *env_; }
  CommitLog& log() { return *log_; }
  bool is_open() const { return log_ != nullptr; }

  Seq appended() const { return records_.size(); }
  /// The newest seq that recovery must bring back.
  Seq owed() const { return owed_; }
  Seq flushed() const { return flushed_; }
  /// Of the last Open.
  Seq recovered() const { return recovered_; }
  const StreamPosition& recovered_stream() const { return recovered_stream_; }
  uint64_t copied_groups() const { return copied_groups_; }
  uint64_t replayed_groups() const { return replayed_groups_; }
  /// Whether the last Open went on in the segment that it found.
  bool resumed() const { return resumed_; }
  int progress_calls() const { return progress_calls_; }

  /// The log's files, and one of them.
  std::vector<std::string> Segments() const;
  std::string NewestSegment() const;
  /// A copy of all files, by path.
  std::vector<std::pair<std::string, std::string>> Snapshot() const;

  static constexpr std::string_view kDir = "/db";
  static constexpr uint64_t kStoreId = 0x5709e;

 private:
  struct Record {
    std::string bytes;
    bool ends_batch = false;
    bool always = false;
  };

  Status Replay(Seq first_seq, uint32_t op_count, std::string_view ops);
  uint64_t HighestNumber() const;
  uint64_t first_bytes() const {
    return std::min(options_.segment_bytes, options_.small_segment_bytes);
  }

  const Options options_;
  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<CommitLog> log_;
  std::vector<Record> records_;  // records_[seq - 1]
  uint64_t era_ = 0;             // how often the rig was opened
  uint64_t next_number_ = 1;
  Durability durability_;
  Seq owed_ = 0;
  Seq kernel_has_ = 0;  // owed as long as only processes die
  Seq flushed_ = 0;
  Seq known_synced_ = 0;
  Seq replayed_ = 0;
  Seq recovered_ = 0;
  StreamPosition recovered_stream_;
  uint64_t copied_groups_ = 0;
  uint64_t replayed_groups_ = 0;
  bool resumed_ = false;
  int progress_calls_ = 0;
};

}  // namespace cordwood::storage
