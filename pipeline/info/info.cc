#include "pipeline/info/info.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "commands/core/redis_version.h"
#include "commands/core/row.h"
#include "config/option_table.h"
#include "pipeline/info/info_commands.h"
#include "pipeline/info/info_writer.h"
#include "pipeline/info/memory_budget.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {
namespace {

struct Source {
  Pipeline& pipeline;
  const ProcessFacts& facts;
  storage::StoreStats store;
  ProcessFacts::Usage usage;
  const keyspace::Transaction& tx;
  const commands::MemoryFacts& memory;
};

double Ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

void Server(const Source& source, InfoWriter& out) {
  Pipeline& pipeline = source.pipeline;
  const uint64_t uptime = (pipeline.env().MonotonicNs() - source.facts.started_ns) / 1'000'000'000;
  out.Add("redis_version", commands::kRedisVersion);
  out.Add("redis_git_sha1", "00000000");  // as of a build outside of its repository
  out.Add("redis_git_dirty", 0);
  out.Add("cordwood_version", source.facts.version);
  out.Add("redis_mode", "standalone");
  out.Add("os", source.facts.os);
  out.Add("arch_bits", 64);
  out.Add("multiplexing_api", "epoll");
  out.Add("process_id", source.facts.process_id);
  out.Add("run_id", source.facts.run_id);
  out.Add("tcp_port", pipeline.config().port);
  out.Add("server_time_usec", pipeline.env().WallMs() * 1000);
  out.Add("clock_jumps", pipeline.expiry_clock().jumps());
  out.Add("clock_distrusted_ms", pipeline.expiry_clock().distrusted_ms());
  out.Add("uptime_in_seconds", uptime);
  out.Add("uptime_in_days", uptime / 86400);
  out.Add("hz", kTicksPerSecond);
  out.Add("executable", source.facts.executable);
  out.Add("config_file", source.facts.config_file);
}

void Clients(const Source& source, InfoWriter& out) {
  uint64_t largest_input = 0;
  uint64_t largest_output = 0;
  for (const auto& [id, session] : source.pipeline.sessions()) {
    largest_input = std::max<uint64_t>(largest_input, session->parser.memory_bytes());
    largest_output = std::max<uint64_t>(largest_output, session->replies.memory_bytes());
  }
  out.Add("connected_clients", source.pipeline.sessions().size());
  out.Add("maxclients", source.pipeline.config().maxclients);
  out.Add("client_recent_max_input_buffer", largest_input);
  out.Add("client_recent_max_output_buffer", largest_output);
  const BlockedClients& blocked = source.pipeline.blocked();
  out.Add("tracking_clients", source.pipeline.tracking().clients());
  out.Add("blocked_clients", blocked.clients() + source.pipeline.pauses().size());
  out.Add("clients_in_timeout_table", blocked.timeouts());
  out.Add("total_blocking_keys", blocked.keys());
  out.Add("total_blocking_keys_on_nokey", blocked.keys_on_nokey());
}

void Memory(const Source& source, InfoWriter& out) {
  const commands::MemoryFacts& memory = source.memory;
  const storage::StoreOptions shares = StoreOptionsFor(source.pipeline.config(), memory.budget);
  const RequestLimits& limits = source.pipeline.request_limits();
  const auto add_with_human = [&out](std::string_view name, uint64_t bytes) {
    out.Add(name, bytes);
    out.Add(Format("{}_human", name), HumanBytes(bytes));
  };
  add_with_human("used_memory", memory.used());
  add_with_human("used_memory_rss", source.usage.resident_bytes);
  add_with_human("used_memory_peak", memory.peak);
  out.Add("used_memory_peak_perc", Format("{:.2f}%", Ratio(memory.used(), memory.peak) * 100));
  out.Add("used_memory_peak_rss", source.usage.peak_resident_bytes);
  out.Add("used_memory_startup", memory.startup);
  add_with_human("total_system_memory", source.facts.machine_memory_bytes);
  add_with_human("maxmemory", memory.budget);
  out.Add("maxmemory_policy", "noeviction");
  out.Add("mem_fragmentation_ratio",
          Format("{:.2f}", Ratio(source.usage.resident_bytes, memory.in_use())));
  out.Add("mem_memtables", memory.memtables);
  out.Add("mem_block_cache", memory.block_cache);
  out.Add("mem_filters_and_indexes", memory.filters_and_indexes);
  out.Add("mem_clients_normal", memory.clients);
  out.Add("mem_scan_cursors", memory.scan_cursors);
  out.Add("mem_tracking_table", memory.tracking_table);
  out.Add("mem_allocator", source.facts.allocator);
  out.Add("lazyfree_pending_objects", 0);
  out.Add("effective_memtable_size", shares.memtable_bytes);
  out.Add("effective_block_cache_size", shares.block_cache_bytes);
  out.Add("effective_proto_max_bulk_len", limits.argument_bytes);
  out.Add("effective_client_query_buffer_limit", limits.request_bytes);
}

void Persistence(const Source& source, InfoWriter& out) {
  storage::Store& store = source.pipeline.keyspace().store();
  const char* state = !store.failure()       ? "failed"
                      : source.store.blocked ? "blocked"
                      : source.store.full    ? "full"
                                             : "ok";
  out.Add("loading", 0);
  // What is saved is what the log has on stable storage.
  out.Add("rdb_changes_since_last_save", store.last_seq() - store.synced());
  out.Add("aof_enabled", 1);
  out.Add("aof_last_write_status", store.failure() ? "ok" : "err");
  out.Add("storage_state", state);
  out.Add("appendfsync", config::GetOption(source.pipeline.config(), "appendfsync").value_or(""));
  out.Add("newest_seq", store.last_seq());
  out.Add("visible_seq", store.visible());
  out.Add("synced_seq", store.synced());
  out.Add("recovery_replayed_groups", source.store.recovered_groups);
  out.Add("recovery_truncated_bytes", source.store.torn_bytes);
}

// Those that wait now count as if they were let go now.
void AddHeldWrites(const Source& source, InfoWriter& out) {
  storage::HeldWrites held = source.pipeline.stats().held_writes;
  const uint64_t now_ns = source.pipeline.env().MonotonicNs();
  for (const auto& [id, session] : source.pipeline.sessions()) {
    storage::HeldWrite write = session->held_write;
    held.LetGo(write, now_ns);
  }
  for (size_t i = 0; i < storage::kHeldReasons; ++i) {
    const auto reason = static_cast<storage::HeldFor>(i);
    const storage::HeldWrites::Count& count = held.of(reason);
    out.Add(Format("held_writes_{}", storage::NameOf(reason)),
            Format("count={},usec={},longest_usec={}", count.writes, count.total_ns / 1000,
                   count.longest_ns / 1000));
  }
}

/// What subscriptions and tracking know stands here.
void AddSubscriptions(const Pipeline& pipeline, InfoWriter& out) {
  using Kind = commands::SubscriptionKind;
  const Subscribers& subscribers = pipeline.subscribers();
  out.Add("pubsub_channels", subscribers.CountOf(Kind::kChannel));
  out.Add("pubsub_patterns", subscribers.CountOf(Kind::kPattern));
  out.Add("pubsubshard_channels", subscribers.CountOf(Kind::kShardChannel));
  const TrackingTable& tracking = pipeline.tracking();
  out.Add("tracking_total_keys", tracking.keys().size());
  out.Add("tracking_total_items", tracking.keys().items());
  out.Add("tracking_total_prefixes", tracking.prefixes().size());
}

void Stats(const Source& source, InfoWriter& out) {
  const PipelineStats& stats = source.pipeline.stats();
  const keyspace::KeyspaceStats& keys = source.pipeline.keyspace().stats();
  out.Add("total_connections_received", stats.connections_received);
  out.Add("total_commands_processed", stats.commands_processed);
  out.Add("instantaneous_ops_per_sec", Format("{:.0f}", stats.ops_per_second));
  out.Add("total_net_input_bytes", stats.input_bytes);
  out.Add("total_net_output_bytes", stats.output_bytes);
  out.Add("instantaneous_input_kbps", Format("{:.2f}", stats.input_bytes_per_second / 1024));
  out.Add("instantaneous_output_kbps", Format("{:.2f}", stats.output_bytes_per_second / 1024));
  out.Add("rejected_connections", stats.rejected_connections);
  out.Add("expired_keys", keys.expired_keys.load());
  out.Add("evicted_keys", 0);  // none ever is
  out.Add("keyspace_hits", keys.hits.load());
  out.Add("keyspace_misses", keys.misses.load());
  AddSubscriptions(source.pipeline, out);
  out.Add("total_error_replies", stats.error_replies);
  out.Add("client_query_buffer_limit_disconnections", stats.query_buffer_disconnections);
  out.Add("evicted_clients", stats.evicted_clients);
  out.Add("client_output_buffer_limit_disconnections", stats.output_buffer_disconnections);
  out.Add("acl_access_denied_auth", stats.failed_logins);
  out.Add("reads_at_visible", stats.reads_at_visible);
  out.Add("commands_executed", stats.executed);
  out.Add("command_reruns", stats.reruns);
  out.Add("own_runs", stats.own_runs);
  out.Add("long_writes", stats.long_writes);
  out.Add("long_writes_overtaken", stats.long_writes_overtaken);
  out.Add("longest_turn_usec", stats.longest_turn_ns / 1000);
  out.Add("held_for_admission", stats.held_for_admission);
  AddHeldWrites(source, out);
}

void Replication(const Source& source, InfoWriter& out) {
  out.Add("role", "master");
  out.Add("connected_slaves", 0);
  out.Add("master_replid", source.facts.run_id);
  out.Add("master_repl_offset", source.pipeline.keyspace().store().last_seq());
}

void Cpu(const Source& source, InfoWriter& out) {
  out.Add("used_cpu_sys", Format("{:.6f}", source.usage.system_cpu_seconds));
  out.Add("used_cpu_user", Format("{:.6f}", source.usage.user_cpu_seconds));
}

void CommandCounts(const Source& source, InfoWriter& out) {
  AddCommandStats(source.pipeline.monitoring(), out);
}

void Errors(const Source& source, InfoWriter& out) {
  AddErrorStats(source.pipeline.monitoring(), out);
}

void Latencies(const Source& source, InfoWriter& out) {
  const config::Config& config = source.pipeline.config();
  if (!config.latency_tracking) return;
  AddLatencyStats(source.pipeline.monitoring(), config.latency_tracking_info_percentiles, out);
}

void Cluster(const Source& /*source*/, InfoWriter& out) { out.Add("cluster_enabled", 0); }

void Keyspace(const Source& source, InfoWriter& out) {
  // A count is an estimate while some are unsettled, and may be below zero.
  const auto count = [&](int db, keyspace::CounterKind kind) {
    return std::max<int64_t>(source.tx.CountOf(db, kind), 0);
  };
  for (int db = 0; db < source.pipeline.keyspace().databases().count(); ++db) {
    const int64_t keys = count(db, keyspace::CounterKind::kKeys);
    if (keys == 0) continue;
    out.Add(Format("db{}", db),
            Format("keys={},expires={}", keys, count(db, keyspace::CounterKind::kExpires)));
  }
}

void AddLog(const storage::LogStats& log, InfoWriter& out) {
  out.Add("log_segments", log.segments);
  out.Add("log_segments_recycled", log.recycled);
  out.Add("log_bytes", log.segment_bytes);
  out.Add("log_bytes_written", log.bytes_written);
  out.Add("log_groups", log.group_ops.count);
  out.Add("log_group_ops_mean", Format("{:.1f}", Ratio(log.group_ops.total, log.group_ops.count)));
  out.Add("log_group_ops_max", log.group_ops.max);
  out.Add("log_syncs", log.sync_ns.count);
  out.Add("log_sync_us_mean", Format("{:.1f}", Ratio(log.sync_ns.total, log.sync_ns.count) / 1000));
  out.Add("log_sync_us_max", log.sync_ns.max / 1000);
}

void Storage(const Source& source, InfoWriter& out) {
  const storage::StoreStats& store = source.store;
  uint64_t table_bytes = 0;
  for (size_t level = 0; level < store.levels.size(); ++level) {
    const storage::StoreStats::Level& stats = store.levels[level];
    table_bytes += stats.bytes;
    out.Add(Format("level{}", level),
            Format("runs={},files={},bytes={}", stats.runs, stats.files, stats.bytes));
  }
  const storage::BackgroundStats& jobs = store.background;
  const uint64_t written = store.log.bytes_written + jobs.flush_bytes + jobs.merge_bytes_written;
  const uint64_t last = store.levels.empty() ? 0 : store.levels.back().bytes;
  out.Add("table_bytes", table_bytes);
  out.Add("entries_on_disk", store.entries_on_disk);
  out.Add("unsettled", store.unsettled);
  out.Add("user_bytes_written", store.user_bytes_written);
  out.Add("write_amplification", Format("{:.2f}", Ratio(written, store.user_bytes_written)));
  out.Add("space_amplification", Format("{:.2f}", Ratio(table_bytes, last)));
  out.Add("flushes", jobs.flushes);
  out.Add("flush_bytes", jobs.flush_bytes);
  out.Add("merges", jobs.merges);
  out.Add("merge_bytes_read", jobs.merge_bytes_read);
  out.Add("merge_bytes_written", jobs.merge_bytes_written);
  out.Add("memtables_waiting", store.immutable_memtables);
  out.Add("compaction_debt", Format("{:.2f}", store.compaction_debt));
  out.Add("write_pressure", Format("{:.2f}", store.write_pressure));
  out.Add("merge_limit_bytes_per_sec", store.merge_limit);
  out.Add("ballast_bytes", store.ballast_bytes);
  out.Add("files_to_remove", jobs.files_to_remove);
  out.Add("cache_hits", store.cache.hits);
  out.Add("cache_misses", store.cache.misses);
  AddLog(store.log, out);
}

struct Section {
  const char* name;   // as asked for
  const char* title;  // as printed
  bool by_default;
  void (*add)(const Source& source, InfoWriter& out);
};

constexpr std::array<Section, 13> kSections = {{
    {"server", "Server", true, Server},
    {"clients", "Clients", true, Clients},
    {"memory", "Memory", true, Memory},
    {"persistence", "Persistence", true, Persistence},
    {"stats", "Stats", true, Stats},
    {"replication", "Replication", true, Replication},
    {"cpu", "CPU", true, Cpu},
    {"commandstats", "Commandstats", false, CommandCounts},
    {"errorstats", "Errorstats", true, Errors},
    {"latencystats", "Latencystats", false, Latencies},
    {"cluster", "Cluster", true, Cluster},
    {"cordwood", "Cordwood", true, Storage},
    {"keyspace", "Keyspace", true, Keyspace},
}};

bool Wanted(const Section& section, const std::vector<std::string>& asked) {
  if (asked.empty()) return section.by_default;
  return std::any_of(asked.begin(), asked.end(), [&](const std::string& name) {
    return name == section.name || name == "all" || name == "everything" ||
           (name == "default" && section.by_default);
  });
}

}  // namespace

std::string InfoText(Pipeline& pipeline, const ProcessFacts& facts,
                     const std::vector<std::string>& sections, const keyspace::Transaction& tx,
                     const commands::MemoryFacts& memory) {
  const Source source{.pipeline = pipeline,
                      .facts = facts,
                      .store = pipeline.keyspace().store().Stats(),
                      .usage = facts.usage(),
                      .tx = tx,
                      .memory = memory};
  InfoWriter out;
  for (const Section& section : kSections) {
    if (!Wanted(section, sections)) continue;
    out.Begin(section.title);
    section.add(source, out);
  }
  return out.TakeText();
}

}  // namespace cordwood::pipeline
