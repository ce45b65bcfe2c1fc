#pragma once

// Answers what commands ask of the process: clients, configuration, INFO, shutting down.
//
// Ownership: refers to the pipeline and the configuration. Threads: the loop's.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "commands/core/host.h"
#include "pipeline/cursor_table.h"
#include "pipeline/info.h"
#include "pipeline/log_throttle.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {

class ProcessHost final : public commands::Host {
 public:
  ProcessHost(Pipeline& pipeline, ProcessFacts facts);

  /// Set by SHUTDOWN: the loop stops after this pass.
  bool shutdown_requested() const { return shutdown_requested_; }

  const commands::CommandTable& Commands() const override { return pipeline_.table(); }
  std::vector<commands::ClientView> Clients() override;
  bool KillClient(uint64_t id, const commands::Client& self) override;
  std::vector<std::pair<std::string, std::string>> ConfigGet(
      std::span<const std::string_view> patterns) override;
  Status ConfigSet(
      const std::vector<std::pair<std::string_view, std::string_view>>& values) override;
  void ResetStats() override;
  uint64_t MaxStringBytes() override { return pipeline_.request_limits().argument_bytes; }
  const std::string& RequiredPassword() override { return pipeline_.config().requirepass; }
  void NoteFailedLogin(const commands::Client& client) override;
  std::string Info(const std::vector<std::string>& sections,
                   const keyspace::Transaction& tx) override;
  int64_t WallMicroseconds() override { return pipeline_.env().WallMs() * 1000; }
  int64_t MonotonicMs() override { return pipeline_.MonotonicMs(); }
  void Shutdown(bool save, bool now, bool force) override;
  uint64_t RandomU64() override { return pipeline_.env().RandomU64(); }
  void CompactEverything() override;
  uint64_t SaveCursor(std::string_view key) override { return cursors_.Save(key); }
  void SupersedeCursor(uint64_t cursor) override { cursors_.Supersede(cursor); }
  std::string LoadCursor(uint64_t cursor) override { return cursors_.Load(cursor); }

 private:
  /// Tells the running parts what changed.
  void ApplyConfig();
  /// The same of what depends on the memory budget too.
  void ApplyBudget();

  Pipeline& pipeline_;
  const ProcessFacts facts_;
  CursorTable cursors_;
  LogThrottle login_log_;
  bool shutdown_requested_ = false;
};

}  // namespace cordwood::pipeline
