#pragma once

// A server on a small simulated disk, filled to the last byte in one of several ways, and what it
// acknowledged. Background work gets no more time than the commands take, as under load.
//
// Threads: one.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {

enum class Filler : uint8_t { kUs, kOthers, kMaxDisk };

class FullDiskWorld {
 public:
  struct Options {
    uint64_t seed = 1;
    uint64_t disk_bytes = 0;
    uint64_t segment_bytes = 0;
    uint64_t memtable_bytes = 0;
    uint64_t fragment_bytes = 0;
    size_t value_bytes = 8000;
    Filler filler = Filler::kUs;
    bool space_is_known = true;
  };

  explicit FullDiskWorld(const Options& options);
  ~FullDiskWorld();

  Status Start();
  /// The process is killed and starts again on the same disk.
  Status Restart();
  support::SimEnv& env() { return *env_; }
  SimServer& server() { return *server_; }

  /// One command, run to its reply; ticks come as time passes. Empty: the process would have ended.
  std::string Run(const std::vector<std::string_view>& argv);
  /// Nothing is asked for a while.
  void Rest(uint64_t ms);

  /// Writes new keys, and fills the disk, until every write of some seconds was refused.
  void Fill();
  /// Deletes so many keys, one after the other; what is refused is asked for again, for ten
  /// seconds.
  void DeleteOneByOne(size_t keys);
  void DeleteOneByOne() { DeleteOneByOne(keys_.size()); }
  void NoteEverythingGone() { keys_.clear(); }
  /// Whoever else filled the disk, or the limit, makes room.
  void FreeSpaceOutside();
  /// How long it takes until a write is accepted; nothing if that is more than ten seconds.
  std::optional<uint64_t> MsUntilWritable();
  /// Every key that was acknowledged is there, and no deleted one is.
  void Verify();

  size_t key_count() const { return keys_.size(); }
  bool ended() const { return !server_->keyspace().store().failure(); }

 private:
  bool Write();
  void TickIfDue();
  std::string ValueOf(uint64_t number) const;

  const Options options_;
  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;
  SessionId client_ = 0;
  uint64_t ticked_ns_ = 0;
  uint64_t next_key_ = 0;
  std::map<std::string, uint64_t> keys_;  // to the number that its value is made of
};

}  // namespace cordwood::pipeline
