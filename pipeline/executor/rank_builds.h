#pragma once

// Builds the ranks that walks asked for (keyspace/types/rank_build.h), a millisecond at a time,
// between commands.
//
// It waits while the log or the memtables have no room, and while a long write reads the key: that
// one would give it the record that it read. While the disk is full nothing is built, and what was
// asked for is forgotten.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include "base/env.h"
#include "keyspace/core/keyspace.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/rank_build.h"
#include "pipeline/executor/commits.h"
#include "pipeline/executor/expiry_clock.h"
#include "pipeline/executor/loop_fetch.h"
#include "pipeline/loop/transport.h"
#include "storage/reader.h"

namespace cordwood::pipeline {

class RankBuilds {
 public:
  RankBuilds(Env& env, keyspace::Keyspace& keyspace, storage::Reader& reader, ExpiryClock& clock,
             Commits& commits, Transport& transport);
  RankBuilds(const RankBuilds&) = delete;
  RankBuilds& operator=(const RankBuilds&) = delete;

  /// One slice. REQUIRES: nobody has a view of the reader, and the executor is not owned.
  void Run();
  /// There is more to do: another slice, when others had their turn.
  bool goes_on() const { return goes_on_; }
  /// Nothing is fetched, and what was is let go.
  bool LetGo() { return fetches_.LetGo(); }

 private:
  keyspace::RankRequests& requests() { return keyspace_.rank_requests(); }
  /// By what the gate says.
  bool MayWrite(uint64_t bytes);
  /// Whether it was committed, if there was anything to commit.
  bool Commit(keyspace::Transaction& tx);
  Env& env_;
  keyspace::Keyspace& keyspace_;
  storage::Reader& reader_;
  ExpiryClock& clock_;
  Commits& commits_;
  bool goes_on_ = false;
  uint64_t tries_ = 0;  // that met too many deleted entries
  KeptFetches fetches_;
};

}  // namespace cordwood::pipeline
