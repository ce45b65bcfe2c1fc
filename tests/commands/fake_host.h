#pragma once

// A host for tests of commands: clients and configuration that the test fills in, and notes of
// what commands asked for.
//
// Threads: one.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "commands/core/blocked.h"
#include "commands/core/clients.h"
#include "commands/core/cursors.h"
#include "commands/core/host.h"
#include "commands/core/monitors.h"
#include "commands/core/process.h"
#include "commands/core/pubsub.h"
#include "commands/core/settings.h"
#include "commands/core/tracking.h"
#include "commands/core/watches.h"
#include "commands/monitoring/monitoring.h"

namespace cordwood::commands {

class FakeHost final : public Blocked,
                       public Clients,
                       public Cursors,
                       public Monitors,
                       public Process,
                       public PubSub,
                       public Settings,
                       public Tracking,
                       public Watches {
 public:
  FakeHost(uint64_t seed, const CommandTable& table)
      : services_{.commands = table,
                  .blocked = *this,
                  .clients = *this,
                  .cursors = *this,
                  .monitoring = monitoring_,
                  .monitors = *this,
                  .process = *this,
                  .pubsub = *this,
                  .settings = *this,
                  .tracking = *this,
                  .watches = *this},
        random_(seed) {}
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const Host& services() const { return services_; }
  Monitoring& monitoring() { return monitoring_; }

  // --- what the test fills in ---
  std::vector<ClientView> clients;
  std::map<std::string, std::string> config;
  std::string password;
  std::string info;
  int64_t wall_us = 0;
  uint64_t worked_ns = 0;
  MemoryFacts memory;
  int64_t monotonic_ms = 0;
  uint64_t max_string_bytes = 512 << 20;
  bool debug_allowed = true;
  bool synced = true;
  std::set<uint64_t> waiting;                     // clients
  std::set<std::pair<int, std::string>> awaited;  // keys

  uint64_t others_subscribed = 0;  // to each channel
  std::set<uint64_t> connected;    // clients that may be redirected to

  // --- what commands did ---
  std::map<std::pair<SubscriptionKind, std::string>, std::set<uint64_t>> subscribers;
  std::vector<std::pair<std::string, std::string>> published;
  std::set<uint64_t> monitors;
  std::vector<std::string> shown;
  std::vector<uint64_t> killed;
  int tracking_updates = 0;
  std::vector<std::string> remembered;  // keys that were read, by whoever tracks
  int invalidations_of_all = 0;
  std::vector<uint64_t> superseded_cursors;
  std::vector<std::vector<std::string>> info_asked;
  int stats_resets = 0;
  int compactions = 0;
  int failed_logins = 0;
  bool shut_down = false;
  uint64_t paused_ms = 0;
  bool active_expire = true;
  int purges = 0;
  std::vector<std::pair<uint64_t, PauseMode>> pauses;
  int unpauses = 0;
  int reopened = 0;
  bool purge_fails = false;
  std::vector<std::pair<uint64_t, Ending>> unblocked;

  std::vector<ClientView> All() override { return clients; }
  void Kill(uint64_t id, const Client& self) override;
  void PauseClients(uint64_t ms, PauseMode mode) override { pauses.emplace_back(ms, mode); }
  void UnpauseClients() override { ++unpauses; }
  std::vector<std::pair<std::string, std::string>> Get(
      std::span<const std::string_view> patterns) override;
  Status Set(const std::vector<std::pair<std::string_view, std::string_view>>& values) override;
  void ResetStats() override { ++stats_resets; }
  uint64_t MaxStringBytes() override { return max_string_bytes; }
  const std::string& RequiredPassword() override { return password; }
  void NoteFailedLogin(const Client& /*client*/) override { ++failed_logins; }
  std::string Info(const std::vector<std::string>& sections,
                   const keyspace::Transaction& tx) override;
  int64_t WallMicroseconds() override { return wall_us; }
  int64_t MonotonicMs() override { return monotonic_ms; }
  void Shutdown(bool save, bool now, bool force) override;
  uint64_t RandomU64() override { return random_.Next(); }
  uint64_t WorkedNs(const Client& /*client*/) override { return worked_ns += 1000; }
  bool AllowsDebug(const Client& /*client*/) override { return debug_allowed; }
  void ReopenStore() override { ++reopened; }
  void Pause(uint64_t ms) override { paused_ms += ms; }
  bool PurgeMemory() override { return ++purges > 0 && !purge_fails; }
  void SetActiveExpire(bool active) override { active_expire = active; }
  MemoryFacts Memory() override { return memory; }
  std::string AllocatorReport() override { return "an allocator"; }
  void CompactEverything() override { ++compactions; }
  uint64_t Save(std::string_view key) override;
  void Supersede(uint64_t cursor) override { superseded_cursors.push_back(cursor); }
  std::string Load(uint64_t cursor) const override;
  void Subscribe(const Client& client, SubscriptionKind kind, std::string_view name) override {
    subscribers[{kind, std::string(name)}].insert(client.id);
  }
  void Unsubscribe(const Client& client, SubscriptionKind kind, std::string_view name) override;
  uint64_t ReceiversBeside(const Client& /*client*/, SubscriptionKind /*kind*/,
                           std::string_view /*channel*/) const override {
    return others_subscribed;
  }
  void Publish(const Client& /*client*/, SubscriptionKind /*kind*/, std::string_view channel,
               std::string_view message) override {
    published.emplace_back(channel, message);
  }
  std::vector<std::string> NamesLike(SubscriptionKind kind,
                                     std::string_view pattern) const override;
  uint64_t SubscribersOf(SubscriptionKind kind, std::string_view name) const override;
  uint64_t CountOf(SubscriptionKind kind) const override { return NamesLike(kind, "*").size(); }
  void Start(const Client& client) override { monitors.insert(client.id); }
  void Stop(const Client& client) override { monitors.erase(client.id); }
  bool any() const override { return !monitors.empty(); }
  void Show(const Client& /*client*/, int /*db*/, const Command& command,
            std::span<const std::string_view> /*argv*/) override {
    shown.emplace_back(command.name);
  }
  bool IsConnected(uint64_t client_id) const override { return connected.contains(client_id); }
  void Update(const Client& /*client*/) override { ++tracking_updates; }
  void RememberReads(const Client& client, const Command& command,
                     std::span<const std::string_view> argv,
                     std::optional<size_t> own_changes) override;
  void InvalidateAll() override { ++invalidations_of_all; }
  void Watch(const Client& client, int db, std::string_view key, const KeyState& state) override;
  void Unwatch(const Client& client) override;
  bool IsSpoiled(const Client& client, int64_t now_ms) const override;
  std::vector<Watched> In(int db) const override;
  bool IsWaiting(uint64_t client_id) const override { return waiting.contains(client_id); }
  void Unblock(uint64_t client_id, Ending ending) override {
    unblocked.emplace_back(client_id, ending);
  }
  std::vector<std::string> AwaitedIn(int db) const override;
  bool IsSynced(const Client& /*client*/) const override { return synced; }
  /// What a transaction changed, once it is committed.
  void Mark(const std::vector<keyspace::KeyChange>& changes);

 private:
  Monitoring monitoring_;
  const Host services_;
  Random random_;
  std::map<uint64_t, std::string> cursors_;
  std::map<std::pair<int, std::string>, KeyState> watched_;  // by the one client that watches
  bool spoiled_ = false;
};

}  // namespace cordwood::commands
