#include "pipeline/info/process_host.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "base/log.h"
#include "config/option_table.h"
#include "pipeline/info/client_views.h"
#include "pipeline/info/memory_budget.h"

namespace cordwood::pipeline {
namespace {

std::unexpected<Error> ChangeFailure(std::string_view option, std::string_view reason) {
  return Fail(ErrorCode::kInvalidArgument,
              Format("CONFIG SET failed (possibly related to argument '{}') - {}", option, reason));
}

void LogWithoutEffect(std::span<const config::OptionChange> changes) {
  for (const auto& [name, value] : changes) {
    const config::Option* const option = config::FindOption(name);
    if (option != nullptr && option->effect == config::Effect::kAccepted) {
      LogNotice(Format("CONFIG SET {}: it is remembered, and has no effect here", option->name));
    }
  }
}

// Whoever asks for requests that the memory budget does not hold is told so.
Status CheckFits(std::string_view name, const config::Config& config, uint64_t budget_bytes) {
  const RequestBounds bounds = RequestBoundsFor(budget_bytes);
  const auto check = [name](int64_t bytes, int64_t most, std::string_view share) -> Status {
    if (bytes <= most) return {};
    return ChangeFailure(
        name, Format("argument must be at most {}, {} of the memory budget; raise maxmemory first",
                     most, share));
  };
  const config::Option* const option = config::FindOption(name);
  if (option != nullptr && option->name == "proto-max-bulk-len") {
    return check(config.proto_max_bulk_len, bounds.argument_bytes, "an eighth");
  }
  if (option != nullptr && option->name == "client-query-buffer-limit") {
    return check(config.client_query_buffer_limit, bounds.request_bytes, "a quarter");
  }
  return {};
}

}  // namespace

ProcessHost::ProcessHost(Pipeline& pipeline, ProcessFacts facts)
    : pipeline_(pipeline),
      facts_(std::move(facts)),
      cursors_(pipeline.env().RandomU64()),
      memory_(pipeline, facts_, cursors_),
      services_{.commands = pipeline.table(),
                .blocked = pipeline.waiters(),
                .clients = *this,
                .cursors = cursors_,
                .monitoring = pipeline.monitoring(),
                .monitors = pipeline.monitors(),
                .process = *this,
                .pubsub = pipeline.subscribers(),
                .settings = *this,
                .tracking = pipeline.tracking(),
                .watches = pipeline.watches()} {
  ApplyBudget();
  pipeline_.EverySecond([this] { memory_.Sample(); });
}

std::vector<commands::ClientView> ProcessHost::All() {
  std::vector<commands::ClientView> views;
  for (const auto& [id, session] : pipeline_.sessions()) {
    views.push_back(ViewOf(pipeline_, *session));
  }
  return views;
}

void ProcessHost::Kill(uint64_t id, const commands::Client& self) {
  Session* const session = pipeline_.Find(id);
  if (session == nullptr) return;
  if (id == self.id) {
    session->client.close_after_reply = true;
  } else {
    // Also one that closes after its reply: it may take long to read that.
    pipeline_.CloseSoon(*session);
  }
}

bool ProcessHost::AllowsDebug(const commands::Client& client) {
  switch (pipeline_.config().enable_debug_command) {
    case config::AllowedFrom::kNowhere:
      return false;
    case config::AllowedFrom::kEverywhere:
      return true;
    case config::AllowedFrom::kThisMachine:
      return client.is_local;
  }
  return false;
}

std::vector<std::pair<std::string, std::string>> ProcessHost::Get(
    std::span<const std::string_view> patterns) {
  return config::MatchOptions(pipeline_.config(), patterns);
}

Status ProcessHost::Set(const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  config::Config& config = pipeline_.config();
  config::Config changed = config;
  CW_TRY(config::ChangeOptions(changed, values));
  const uint64_t old_budget = MemoryBudget(config, facts_.available_memory_bytes);
  const uint64_t budget = MemoryBudget(changed, facts_.available_memory_bytes);
  for (const auto& [name, value] : values) CW_TRY(CheckFits(name, changed, budget));
  if (const auto conflict = FindConflict(changed, facts_.available_memory_bytes)) {
    return ChangeFailure(conflict->option, conflict->reason);
  }
  if (facts_.clients_max > 0 &&
      changed.maxclients > std::max(config.maxclients, facts_.clients_max)) {
    return ChangeFailure("maxclients",
                         Format("The operating system is not able to handle the specified number "
                                "of clients, try with {}",
                                facts_.clients_max));
  }
  CW_TRY(MoveListener(changed));
  config = std::move(changed);
  LogWithoutEffect(values);
  ApplyConfig();
  ApplyBudget();
  if (budget != old_budget) {
    pipeline_.keyspace().store().SetMemory(StoreOptionsFor(config, budget));
  }
  return {};
}

Status ProcessHost::MoveListener(const config::Config& changed) {
  const config::Config& config = pipeline_.config();
  const bool other_port = changed.port != config.port;
  if ((!other_port && changed.bind == config.bind) || !facts_.listen) return {};
  const Status listening = facts_.listen(changed);
  if (listening) return {};
  LogWarning(Format("CONFIG SET: {}", listening.error().message()));
  return other_port ? ChangeFailure("port", "Unable to listen on this port. Check server logs.")
                    : ChangeFailure("bind", "Failed to bind to specified addresses.");
}

void ProcessHost::ApplyConfig() {
  const config::Config& config = pipeline_.config();
  SetLogLevel(config.loglevel);
  commands::CommandLogs& logs = pipeline_.monitoring().logs;
  const int64_t lengths[] = {config.slowlog_max_len, config.commandlog_large_request_max_len,
                             config.commandlog_large_reply_max_len};
  for (size_t i = 0; i < logs.size(); ++i) logs[i].Trim(static_cast<size_t>(lengths[i]));
  storage::Store& store = pipeline_.keyspace().store();
  store.SetDurability(DurabilityOf(config.appendfsync));
  store.SetMaxDiskBytes(static_cast<uint64_t>(config.max_disk));
}

void ProcessHost::ApplyBudget() {
  const config::Config& config = pipeline_.config();
  const uint64_t budget = MemoryBudget(config, facts_.available_memory_bytes);
  const RequestLimits limits = RequestLimitsFor(config, budget);
  if (limits.argument_bytes < static_cast<uint64_t>(config.proto_max_bulk_len) &&
      limits.argument_bytes != pipeline_.request_limits().argument_bytes) {
    LogNotice(
        Format("arguments are taken up to {} bytes, an eighth of the memory budget: less "
               "than proto-max-bulk-len",
               limits.argument_bytes));
  }
  pipeline_.SetRequestLimits(limits);
  pipeline_.SetClientMemory(ClientBytesFor(budget));
  pipeline_.SetClientLimit(ClientsLimit(config));
  pipeline_.keyspace().options() = KeyspaceOptionsFor(config, budget);
}

void ProcessHost::ResetStats() {
  PipelineStats& stats = pipeline_.stats();
  const uint64_t sampled_ns = stats.sampled_ns;
  stats = {};
  stats.sampled_ns = sampled_ns;
  pipeline_.monitoring().ResetStats();
  keyspace::KeyspaceStats& keys = pipeline_.keyspace().stats();
  keys.hits = 0;
  keys.misses = 0;
  keys.expired_keys = 0;
}

void ProcessHost::NoteFailedLogin(const commands::Client& client) {
  ++pipeline_.stats().failed_logins;
  if (const uint64_t failed = login_log_.Note(pipeline_.env().MonotonicNs())) {
    LogWarning(Format("wrong password: {} times since the last line, this time from {}", failed,
                      client.address));
  }
}

std::string ProcessHost::Info(const std::vector<std::string>& sections,
                              const keyspace::Transaction& tx) {
  return InfoText(pipeline_, facts_, sections, tx, memory_.Measure());
}

void ProcessHost::Shutdown(bool /*save*/, bool /*now*/, bool /*force*/) {
  // Everything acknowledged is on the disk already, so the options of Redis make no difference.
  shutdown_requested_ = true;
  pipeline_.StopInput();  // what stands behind it in the pipeline does not run
}

void ProcessHost::ReopenStore() {
  LogNotice("closing the store, to open it again");
  pipeline_.ReopenSoon([this](const Status& reopened) {
    if (!reopened) {
      LogWarning(Format("the store does not open again: {}", reopened.error().message()));
      if (facts_.give_up) facts_.give_up(reopened.error());
      CHECK(reopened.has_value());
    }
    ApplyConfig();
    ApplyBudget();
    const config::Config& config = pipeline_.config();
    pipeline_.keyspace().store().SetMemory(
        StoreOptionsFor(config, MemoryBudget(config, facts_.available_memory_bytes)));
  });
}

std::string ProcessHost::AllocatorReport() {
  if (facts_.allocator_report) return facts_.allocator_report();
  return "Stats not supported for the current allocator";
}

void ProcessHost::CompactEverything() {
  LogNotice("compacting everything");
  pipeline_.keyspace().store().CompactEverything([] { LogNotice("everything is compacted"); });
}

}  // namespace cordwood::pipeline
