#include "pipeline/process_host.h"

#include <algorithm>

#include "base/format.h"
#include "base/log.h"
#include "config/option_table.h"
#include "pipeline/memory_budget.h"

namespace cordwood::pipeline {
namespace {

// Whoever asks for requests that the memory budget does not hold is told so.
Status CheckFits(std::string_view name, const config::Config& config, uint64_t budget_bytes) {
  const RequestBounds bounds = RequestBoundsFor(budget_bytes);
  const auto check = [name](int64_t bytes, int64_t most, std::string_view share) -> Status {
    if (bytes <= most) return {};
    return Fail(ErrorCode::kInvalidArgument,
                Format("CONFIG SET failed (possibly related to argument '{}') - argument must be "
                       "at most {}, {} of the memory budget; raise maxmemory first",
                       name, most, share));
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
    : pipeline_(pipeline), facts_(std::move(facts)), cursors_(pipeline.env().RandomU64()) {
  pipeline_.SetClientMemory(
      ClientBytesFor(MemoryBudget(pipeline_.config(), facts_.available_memory_bytes)));
}

std::vector<commands::ClientView> ProcessHost::Clients() {
  std::vector<commands::ClientView> views;
  for (const auto& [id, session] : pipeline_.sessions()) {
    const ReplyQueue& replies = session->replies;
    views.push_back({.client = &session->client,
                     .query_buffer_bytes = session->parser.buffered_bytes(),
                     .query_buffer_free_bytes =
                         session->parser.memory_bytes() - session->parser.buffered_bytes(),
                     .output_bytes = replies.unsent_bytes(),
                     .output_list_length = replies.parts(),
                     .total_memory_bytes =
                         sizeof(Session) + session->parser.memory_bytes() + replies.memory_bytes(),
                     .blocked = false});
  }
  return views;
}

bool ProcessHost::KillClient(uint64_t id, const commands::Client& self) {
  Session* session = pipeline_.Find(id);
  // One that closes after its reply may take long to read it.
  if (session == nullptr || session->close_now) return false;
  if (id == self.id) {
    session->client.close_after_reply = true;
  } else {
    pipeline_.CloseSoon(*session);
  }
  return true;
}

std::vector<std::pair<std::string, std::string>> ProcessHost::ConfigGet(std::string_view pattern) {
  const std::string_view patterns[] = {pattern};
  return config::MatchOptions(pipeline_.config(), patterns);
}

Status ProcessHost::ConfigSet(
    const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  config::Config& config = pipeline_.config();
  config::Config changed = config;
  CW_TRY(config::ChangeOptions(changed, values));
  const uint64_t old_budget = MemoryBudget(config, facts_.available_memory_bytes);
  const uint64_t budget = MemoryBudget(changed, facts_.available_memory_bytes);
  for (const auto& [name, value] : values) CW_TRY(CheckFits(name, changed, budget));
  if (facts_.clients_max > 0 &&
      changed.maxclients > std::max(config.maxclients, facts_.clients_max)) {
    return Fail(ErrorCode::kInvalidArgument,
                Format("CONFIG SET failed (possibly related to argument 'maxclients') - The "
                       "operating system is not able to handle the specified number of clients, "
                       "try with {}",
                       facts_.clients_max));
  }
  FitRequests(changed, budget);
  config = std::move(changed);
  ApplyConfig();
  if (budget != old_budget) {
    pipeline_.keyspace().store().SetMemory(StoreOptionsFor(config, budget));
    pipeline_.SetClientMemory(ClientBytesFor(budget));
  }
  return {};
}

void ProcessHost::ApplyConfig() {
  const config::Config& config = pipeline_.config();
  SetLogLevel(config.loglevel);
  storage::Store& store = pipeline_.keyspace().store();
  store.SetDurability(DurabilityOf(config.appendfsync));
  store.SetMaxDiskBytes(static_cast<uint64_t>(config.max_disk));
  keyspace::KeyspaceOptions& options = pipeline_.keyspace().options();
  options.hash_max_inline_entries = static_cast<uint64_t>(config.hash_max_listpack_entries);
  options.hash_max_inline_value_bytes = static_cast<uint64_t>(config.hash_max_listpack_value);
  pipeline_.ApplyLimits();
}

void ProcessHost::ResetStats() {
  PipelineStats& stats = pipeline_.stats();
  const uint64_t sampled_ns = stats.sampled_ns;
  stats = {};
  stats.sampled_ns = sampled_ns;
  keyspace::KeyspaceStats& keys = pipeline_.keyspace().stats();
  keys.hits = 0;
  keys.misses = 0;
  keys.expired_keys = 0;
}

std::string ProcessHost::Info(const std::vector<std::string>& sections,
                              const keyspace::Transaction& tx) {
  return InfoText(pipeline_, facts_, sections, tx, cursors_.memory_bytes());
}

void ProcessHost::Shutdown(bool /*save*/, bool /*now*/, bool /*force*/) {
  // Everything acknowledged is on the disk already, so the options of Redis make no difference.
  shutdown_requested_ = true;
  pipeline_.StopInput();  // what stands behind it in the pipeline does not run
}

void ProcessHost::CompactEverything() {
  LogNotice("compacting everything");
  pipeline_.keyspace().store().CompactEverything([] { LogNotice("everything is compacted"); });
}

}  // namespace cordwood::pipeline
