#pragma once

// What commands ask of the process around them: other clients, configuration, INFO, shutting
// down. The pipeline implements it; tests have a small fake.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "commands/core/client.h"
#include "keyspace/core/transaction.h"

namespace cordwood::commands {

struct ClientView {
  const Client* client = nullptr;
  uint64_t query_buffer_bytes = 0;
  uint64_t query_buffer_free_bytes = 0;
  uint64_t output_bytes = 0;        // waiting to be sent, or for the log
  uint64_t output_list_length = 0;  // pieces of it
  uint64_t total_memory_bytes = 0;
  bool blocked = false;
};

class CommandTable;

class Host {
 public:
  virtual ~Host() = default;

  /// What the server can do.
  virtual const CommandTable& Commands() const = 0;

  // --- clients ---
  /// Every connection, in the order of their ids.
  virtual std::vector<ClientView> Clients() = 0;
  /// Closes a connection; `self`'s own is closed after its reply. False if there is none.
  virtual bool KillClient(uint64_t id, const Client& self) = 0;

  // --- configuration ---
  /// Pairs of name and value whose name matches one of the glob patterns, each once.
  virtual std::vector<std::pair<std::string, std::string>> ConfigGet(
      std::span<const std::string_view> patterns) = 0;
  /// Sets all or nothing. The error message is ready for "-ERR ...".
  virtual Status ConfigSet(
      const std::vector<std::pair<std::string_view, std::string_view>>& values) = 0;
  virtual void ResetStats() = 0;
  /// The longest string that a command may make, in bytes.
  virtual uint64_t MaxStringBytes() = 0;
  /// Empty: no password is needed.
  virtual const std::string& RequiredPassword() = 0;
  /// The client gave a wrong password or an unknown user.
  virtual void NoteFailedLogin(const Client& client) = 0;

  // --- the process ---
  /// INFO's text for the named sections (lower case; empty: the default ones), with the counts of
  /// keys that `tx` shows.
  virtual std::string Info(const std::vector<std::string>& sections,
                           const keyspace::Transaction& tx) = 0;
  /// Microseconds since 1970, for TIME only: everything else uses the transaction's clock.
  virtual int64_t WallMicroseconds() = 0;
  /// Of the clock that ages and idle times are told by, which nobody sets.
  virtual int64_t MonotonicMs() = 0;
  /// Stops the server after this command; nothing more is replied.
  virtual void Shutdown(bool save, bool now, bool force) = 0;
  virtual uint64_t RandomU64() = 0;
  /// Flushes and merges everything into one run, in the background.
  virtual void CompactEverything() = 0;

  // --- iteration cursors: a 64-bit number that stands for a place in the order of keys ---
  /// The cursor for "go on at the first key that is not smaller than `place`"; never 0.
  virtual uint64_t SaveCursor(std::string_view place) = 0;
  /// The scan with this cursor went on, or ended: it may be forgotten before others. 0 is none.
  virtual void SupersedeCursor(uint64_t cursor) = 0;
  /// The place of a cursor; empty, so the start, for one that is not known (any more).
  virtual std::string LoadCursor(uint64_t cursor) = 0;
};

}  // namespace cordwood::commands
