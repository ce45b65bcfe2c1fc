#pragma once

// Answers what commands ask of the process: clients, configuration, INFO, shutting down.
//
// Ownership: refers to the pipeline and the configuration. Threads: the loop's.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "commands/core/clients.h"
#include "commands/core/host.h"
#include "commands/core/process.h"
#include "commands/core/settings.h"
#include "pipeline/info/info.h"
#include "pipeline/info/memory_use.h"
#include "pipeline/loop/log_throttle.h"
#include "pipeline/pipeline.h"
#include "pipeline/tables/cursor_table.h"

namespace cordwood::pipeline {

class ProcessHost final : public commands::Clients,
                          public commands::Process,
                          public commands::Settings {
 public:
  ProcessHost(Pipeline& pipeline, ProcessFacts facts);
  ProcessHost(const ProcessHost&) = delete;
  ProcessHost& operator=(const ProcessHost&) = delete;

  /// Set by SHUTDOWN: the loop stops after this pass.
  bool shutdown_requested() const { return shutdown_requested_; }

  /// What the pipeline's commands are given. Lives as long as this.
  const commands::Host& services() const { return services_; }

  // --- clients ---
  std::vector<commands::ClientView> All() override;
  void Kill(uint64_t id, const commands::Client& self) override;
  void PauseClients(uint64_t ms, commands::PauseMode mode) override {
    pipeline_.pauses().Begin(ms, mode);
  }
  void UnpauseClients() override { pipeline_.pauses().End(); }
  void NoteFailedLogin(const commands::Client& client) override;

  // --- settings ---
  std::vector<std::pair<std::string, std::string>> Get(
      std::span<const std::string_view> patterns) override;
  Status Set(const std::vector<std::pair<std::string_view, std::string_view>>& values) override;
  uint64_t MaxStringBytes() override { return pipeline_.request_limits().argument_bytes; }
  const std::string& RequiredPassword() override { return pipeline_.config().requirepass; }
  bool AllowsDebug(const commands::Client& client) override;

  // --- the process ---
  std::string Info(const std::vector<std::string>& sections,
                   const keyspace::Transaction& tx) override;
  void ResetStats() override;
  int64_t WallMicroseconds() override { return pipeline_.env().WallMs() * 1000; }
  int64_t MonotonicMs() override { return pipeline_.MonotonicMs(); }
  uint64_t WorkedNs(const commands::Client& client) override {
    return pipeline_.WorkedNs(client.id);
  }
  uint64_t RandomU64() override { return pipeline_.env().RandomU64(); }
  void Shutdown(bool save, bool now, bool force) override;
  void Pause(uint64_t ms) override {
    if (facts_.pause) facts_.pause(ms);
  }
  void ReopenStore() override;
  void SetActiveExpire(bool active) override { pipeline_.SetActiveExpire(active); }
  bool PurgeMemory() override { return !facts_.purge_memory || facts_.purge_memory(); }
  commands::MemoryFacts Memory() override { return memory_.Measure(); }
  std::string AllocatorReport() override;
  void CompactEverything() override;

 private:
  /// Listens elsewhere, if that is what changed.
  Status MoveListener(const config::Config& changed);
  /// Tells the running parts what changed.
  void ApplyConfig();
  /// The same of what depends on the memory budget too.
  void ApplyBudget();

  Pipeline& pipeline_;
  const ProcessFacts facts_;
  CursorTable cursors_;
  MemoryUse memory_;
  const commands::Host services_;
  LogThrottle login_log_;
  bool shutdown_requested_ = false;
};

}  // namespace cordwood::pipeline
