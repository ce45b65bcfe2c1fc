#pragma once

// The process around the commands: its clocks, its randomness, what it measures, its end.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <string>
#include <vector>

#include "commands/core/memory_facts.h"
#include "keyspace/core/transaction.h"

namespace cordwood::commands {

struct Client;

class Process {
 public:
  virtual ~Process() = default;

  /// INFO's text for the named sections (lower case; empty: the default ones), with the counts of
  /// keys that `tx` shows.
  virtual std::string Info(const std::vector<std::string>& sections,
                           const keyspace::Transaction& tx) = 0;
  virtual void ResetStats() = 0;
  /// Microseconds since 1970, for TIME only: everything else uses the transaction's clock.
  virtual int64_t WallMicroseconds() = 0;
  /// Of the clock that ages and idle times are told by, which nobody sets.
  virtual int64_t MonotonicMs() = 0;
  /// How long the loop has worked for the client's command, which runs.
  virtual uint64_t WorkedNs(const Client& client) = 0;
  virtual uint64_t RandomU64() = 0;
  /// Stops the server after this command; nothing more is replied.
  virtual void Shutdown(bool save, bool now, bool force) = 0;
  /// Does nothing, and lets nobody do anything.
  virtual void Pause(uint64_t ms) = 0;
  /// Closes the store and opens it again, once nobody reads.
  virtual void ReopenStore() = 0;
  /// Whether expired keys that nobody asks for are removed.
  virtual void SetActiveExpire(bool active) = 0;
  /// Memory that is free goes back to the system. False if the allocator fails.
  virtual bool PurgeMemory() = 0;
  virtual MemoryFacts Memory() = 0;
  /// What the allocator says of itself, for people.
  virtual std::string AllocatorReport() = 0;
  /// Flushes and merges everything into one run, in the background.
  virtual void CompactEverything() = 0;
};

}  // namespace cordwood::commands
