#include "pipeline/tables/tracking_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordwood::pipeline {
namespace {

// So many leave at once: what leaves looks at the clock now and then, and not within.
constexpr size_t kChangesAtOnce = 32;
constexpr int kEvictedAtOnce = 100;

}  // namespace

TrackingTable::TrackingTable(Env& env, keyspace::Keyspace& keyspace, const config::Config& config,
                             const Sessions& sessions, Outgoing& outgoing, Pushes& pushes)
    : keyspace_(keyspace),
      config_(config),
      sessions_(sessions),
      outgoing_(outgoing),
      invalidations_(sessions, pushes),
      random_(env.RandomU64()),
      keys_(random_.Next(), [this](SessionId client) { return Find(client) != nullptr; }) {}

// --- who tracks ---

/// Null: it does not track what it reads.
Session* TrackingTable::Find(SessionId client) const {
  const auto it = trackers_.find(client);
  if (it == trackers_.end() || it->second.session->client.tracking.broadcasts) return nullptr;
  return it->second.session;
}

bool TrackingTable::IsConnected(uint64_t client_id) const {
  const Session* const session = sessions_.Find(client_id);
  return session != nullptr && !session->closing();
}

void TrackingTable::Update(const commands::Client& client) {
  const commands::ClientTracking& tracking = client.tracking;
  if (!tracking.on) {
    Remove(client.id);
    return;
  }
  if (trackers_.empty()) keyspace_.AddChangeReader();
  Tracker& tracker = trackers_[client.id];
  tracker.session = sessions_.Find(client.id);
  CHECK(tracker.session != nullptr);
  std::erase_if(tracker.prefixes, [&](const std::string& prefix) {
    const bool gone = !tracking.prefixes.contains(prefix);
    if (gone) prefixes_.Remove(prefix, client.id);
    return gone;
  });
  for (const std::string& prefix : tracking.prefixes) {
    if (tracker.prefixes.insert(prefix).second) prefixes_.Add(prefix, client.id);
  }
}

void TrackingTable::Remove(SessionId client) {
  const auto it = trackers_.find(client);
  if (it == trackers_.end()) return;
  for (const std::string& prefix : it->second.prefixes) prefixes_.Remove(prefix, client);
  trackers_.erase(it);
  if (!trackers_.empty()) return;
  keys_.Clear();
  keyspace_.RemoveChangeReader();
}

// --- what they read ---

void TrackingTable::RememberReads(const commands::Client& client, const commands::Command& command,
                                  std::span<const std::string_view> argv,
                                  std::optional<size_t> own_changes) {
  if (!client.tracking.on || client.tracking.broadcasts) return;
  TrackedKeys::Reader reader = {.client = client.id};
  if (own_changes) reader.seen = {.seq = keyspace_.store().last_seq(), .change = *own_changes};
  commands::ForEachKey(command, argv, [&](size_t i, uint16_t access) {
    if ((access & commands::kNotKey) == 0) keys_.Add(argv[i], reader);
  });
}

void TrackingTable::RememberReadsOf(const Session& session, std::optional<size_t> own_changes) {
  const bool reads = (session.command->flags & commands::kReadOnly) != 0;
  if (!reads || !session.client.tracking.RemembersReads()) return;
  RememberReads(session.client, *session.command, session.argv(), own_changes);
}

void TrackingTable::RememberBeforehand(const Session& session) {
  RememberReadsOf(session, std::nullopt);
  const bool runs_queue = (session.command->flags & commands::kRunsQueue) != 0;
  if (!runs_queue || session.client.queue == nullptr) return;
  // What the commands of the queue change of the client's state is not known yet.
  for (const commands::CommandQueue::Queued& queued : session.client.queue->commands()) {
    if ((queued.command->flags & commands::kReadOnly) == 0) continue;
    const std::vector<std::string_view> argv(queued.argv.begin(), queued.argv.end());
    RememberReads(session.client, *queued.command, argv, std::nullopt);
  }
}

// --- what has changed ---

void TrackingTable::Add(const std::vector<keyspace::KeyChange>& changes, storage::Seq seq,
                        SessionId writer) {
  std::vector<Change> together;
  size_t bytes = 0;
  const auto add = [&] {
    outgoing_.Add(seq, bytes, [this, together = std::exchange(together, {})] {
      for (const Change& change : together) Invalidate(change);
    });
    bytes = 0;
  };
  Moment moment = {.seq = seq};
  for (const keyspace::KeyChange& change : changes) {
    // Whoever writes to what has expired knows nothing of that.
    const bool expired = change.kind == keyspace::KeyChange::Kind::kExpired;
    const SessionId changed_by = expired ? 0 : writer;
    const bool again = !together.empty() && together.back().key == change.key &&
                       together.back().writer == changed_by;
    if (again) {
      together.back().moment = moment;
    } else {
      if (together.size() == kChangesAtOnce) add();
      together.push_back({.key = std::string(change.key), .writer = changed_by, .moment = moment});
      bytes += sizeof(Change) + change.key.size();
    }
    ++moment.change;
  }
  if (!together.empty()) add();
}

void TrackingTable::Invalidate(const Change& change) {
  prefixes_.Note(change.key, change.writer);
  TrackedKeys::Readers readers = keys_.Take(change.key, change.moment);
  const Session* const writer = Find(change.writer);
  if (writer != nullptr && writer->client.tracking.no_loop) {
    const auto own = std::ranges::find(readers, change.writer, &TrackedKeys::Reader::client);
    if (own != readers.end()) {
      keys_.Add(change.key, *own);  // it keeps what it wrote, and others may write, too
      readers.erase(own);
    }
  }
  Tell(change.key, readers);
}

void TrackingTable::Tell(std::string_view key, const TrackedKeys::Readers& readers) {
  Invalidation invalidation(std::span(&key, 1));
  for (const TrackedKeys::Reader& reader : readers) {
    if (Session* const session = Find(reader.client)) invalidations_.Send(*session, invalidation);
  }
}

void TrackingTable::Broadcast() {
  prefixes_.TakeChanges(
      [this](const TrackedPrefixes::Clients& clients, const TrackedPrefixes::Changes& changes) {
        std::vector<std::string_view> keys;
        std::set<SessionId> writers;
        for (const auto& [key, writer] : changes) {
          keys.push_back(key);
          writers.insert(writer);
        }
        Invalidation of_all_changes(keys);
        for (const SessionId client : clients) {
          Session& session = *trackers_.at(client).session;
          if (!session.client.tracking.no_loop || !writers.contains(client)) {
            invalidations_.Send(session, of_all_changes);
            continue;
          }
          std::vector<std::string_view> of_others;
          for (const auto& [key, writer] : changes) {
            if (writer != client) of_others.push_back(key);
          }
          Invalidation invalidation(of_others);
          if (!of_others.empty()) invalidations_.Send(session, invalidation);
        }
      });
}

void TrackingTable::InvalidateAll() {
  if (!trackers_.empty()) outgoing_.Add(keyspace_.store().last_seq(), 0, [this] { TellAll(); });
}

void TrackingTable::TellAll() {
  keys_.Clear();
  Invalidation invalidation = Invalidation::OfAll();
  for (const auto& [client, tracker] : trackers_) {
    invalidations_.Send(*tracker.session, invalidation);
  }
}

// --- bounds ---

bool TrackingTable::IsOver() const {
  if (keys_.empty()) return false;
  const auto keys_max = static_cast<uint64_t>(config_.tracking_table_max_keys);
  return (keys_max != 0 && keys_.size() > keys_max) || keys_.memory_bytes() > bytes_max_;
}

void TrackingTable::GoOn() {
  if (keys_.has_to_free()) keys_.FreeSome();
  for (int evicted = 0; evicted < kEvictedAtOnce && IsOver(); ++evicted) {
    const TrackedKeys::Taken taken = keys_.TakeAny(random_.Next());
    Tell(taken.key, taken.readers);
  }
}

}  // namespace cordwood::pipeline
