#pragma once

// The clients that are told when what they have read no longer holds, and what they are told.
//
// A key is remembered when the read of it counts, at the latest: a read that goes on for long is
// remembered before it begins, and what its client is sent meanwhile stands behind its reply. A
// change leaves when it is visible, and only then is it looked up who has read its key. So whoever
// has read what was there before it is told.
//
// Changes are reported while there are such clients. Who becomes the first of them runs on the
// executor, and so sees whatever was written before.
//
// Ownership: refers to what it is given; sessions are forgotten before they are gone. Threads: the
// loop's.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/random.h"
#include "commands/core/tracking.h"
#include "config/config.h"
#include "keyspace/core/key_change.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/gate/outgoing.h"
#include "pipeline/tables/invalidations.h"
#include "pipeline/tables/tracked_keys.h"
#include "pipeline/tables/tracked_prefixes.h"

namespace cordwood::pipeline {

class TrackingTable final : public commands::Tracking {
 public:
  TrackingTable(Env& env, keyspace::Keyspace& keyspace, const config::Config& config,
                const Sessions& sessions, Outgoing& outgoing, Pushes& pushes);
  TrackingTable(const TrackingTable&) = delete;
  TrackingTable& operator=(const TrackingTable&) = delete;

  /// They are committed, in a batch that ends at `seq`. `writer` is the client that made them; 0:
  /// it was none.
  void Mark(const std::vector<keyspace::KeyChange>& changes, storage::Seq seq, SessionId writer) {
    if (!trackers_.empty()) Add(changes, seq, writer);
  }
  /// The session has run its command; `executed`: at the newest state.
  void NoteReadsOf(const Session& session, bool executed) {
    if (session.client.tracking.on) [[unlikely]]
      RememberReadsOf(session, executed ? std::optional(kAllChanges) : std::nullopt);
  }
  /// The session is about to run its command at a snapshot, beside others that write.
  void NoteLongReadOf(const Session& session) {
    if (session.client.tracking.on) [[unlikely]]
      RememberBeforehand(session);
  }
  /// At the end of a pass: clients are told what was collected. REQUIRES: no command is running.
  void EndPass() {
    if (prefixes_.has_changes()) Broadcast();
  }
  /// It holds more than it may, or has to free what it held.
  bool goes_on() const { return keys_.has_to_free() || IsOver(); }
  /// A small part of that. REQUIRES: goes_on(), and no command is running.
  void GoOn();
  /// The session will be gone.
  void Forget(const Session& session) { Remove(session.id()); }
  /// What may be remembered takes so much at most.
  void SetBytesMax(uint64_t bytes) { bytes_max_ = bytes; }

  size_t clients() const { return trackers_.size(); }
  const TrackedKeys& keys() const { return keys_; }
  const TrackedPrefixes& prefixes() const { return prefixes_; }

  // --- commands::Tracking ---
  bool IsConnected(uint64_t client_id) const override;
  void Update(const commands::Client& client) override;
  void RememberReads(const commands::Client& client, const commands::Command& command,
                     std::span<const std::string_view> argv,
                     std::optional<size_t> own_changes) override;
  void InvalidateAll() override;

 private:
  struct Tracker {
    Session* session = nullptr;
    std::set<std::string, std::less<>> prefixes;  // as they are registered
  };
  struct Change {
    std::string key;
    SessionId writer = 0;
    Moment moment;
  };

  Session* Find(SessionId client) const;
  void Add(const std::vector<keyspace::KeyChange>& changes, storage::Seq seq, SessionId writer);
  void RememberReadsOf(const Session& session, std::optional<size_t> own_changes);
  void RememberBeforehand(const Session& session);
  void Remove(SessionId client);
  void Invalidate(const Change& change);
  void Tell(std::string_view key, const TrackedKeys::Readers& readers);
  void TellAll();
  void Broadcast();
  bool IsOver() const;

  keyspace::Keyspace& keyspace_;
  const config::Config& config_;
  const Sessions& sessions_;
  Outgoing& outgoing_;
  Invalidations invalidations_;
  Random random_;
  std::map<SessionId, Tracker> trackers_;
  TrackedKeys keys_;
  TrackedPrefixes prefixes_;
  uint64_t bytes_max_ = UINT64_MAX;
};

}  // namespace cordwood::pipeline
