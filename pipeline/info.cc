#include "pipeline/info.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "commands/core/row.h"
#include "config/option_table.h"
#include "pipeline/memory_budget.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {
namespace {

struct Source {
  Pipeline& pipeline;
  const ProcessFacts& facts;
  storage::StoreStats store;
  ProcessFacts::Usage usage;
  const keyspace::Transaction& tx;
  uint64_t cursor_bytes = 0;
};

std::string HumanBytes(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "K", "M", "G", "T"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? Format("{}B", bytes) : Format("{:.2f}{}", value, kUnits[unit]);
}

double Ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

std::string Server(const Source& source) {
  Pipeline& pipeline = source.pipeline;
  const uint64_t uptime = (pipeline.env().MonotonicNs() - source.facts.started_ns) / 1'000'000'000;
  return Format(
      "redis_version:{}\r\ncordwood_version:{}\r\nredis_mode:standalone\r\nos:{}\r\n"
      "arch_bits:64\r\nmultiplexing_api:epoll\r\nprocess_id:{}\r\nrun_id:{}\r\ntcp_port:{}\r\n"
      "server_time_usec:{}\r\nclock_jumps:{}\r\nclock_distrusted_ms:{}\r\nuptime_in_seconds:{}"
      "\r\nuptime_in_days:{}\r\nhz:{}\r\n"
      "executable:{}\r\nconfig_file:{}\r\n",
      kRedisVersion, source.facts.version, source.facts.os, source.facts.process_id,
      source.facts.run_id, pipeline.config().port, pipeline.env().WallMs() * 1000,
      pipeline.expiry_clock().jumps(), pipeline.expiry_clock().distrusted_ms(), uptime,
      uptime / 86400, kTicksPerSecond, source.facts.executable, source.facts.config_file);
}

std::string Clients(const Source& source) {
  uint64_t largest_input = 0;
  uint64_t largest_output = 0;
  for (const auto& [id, session] : source.pipeline.sessions()) {
    largest_input = std::max<uint64_t>(largest_input, session->parser.memory_bytes());
    largest_output = std::max<uint64_t>(largest_output, session->replies.memory_bytes());
  }
  return Format(
      "connected_clients:{}\r\nmaxclients:{}\r\nclient_recent_max_input_buffer:{}\r\n"
      "client_recent_max_output_buffer:{}\r\nblocked_clients:0\r\n",
      source.pipeline.sessions().size(), source.pipeline.config().maxclients, largest_input,
      largest_output);
}

std::string Memory(const Source& source) {
  const storage::StoreStats& store = source.store;
  const uint64_t memtables = store.memtable_bytes + store.immutable_bytes;
  const uint64_t tables = store.tables.bytes + store.tables.summary_bytes;
  const uint64_t clients = source.pipeline.client_bytes();
  const uint64_t budget =
      MemoryBudget(source.pipeline.config(), source.facts.available_memory_bytes);
  const storage::StoreOptions shares = StoreOptionsFor(source.pipeline.config(), budget);
  const RequestLimits& limits = source.pipeline.request_limits();
  const uint64_t used = memtables + store.cache.used_bytes + tables + clients + source.cursor_bytes;
  return Format(
      "used_memory:{}\r\nused_memory_human:{}\r\nused_memory_rss:{}\r\nused_memory_rss_human:{}\r\n"
      "used_memory_peak_rss:{}\r\nmaxmemory:{}\r\nmaxmemory_human:{}\r\nmaxmemory_policy:noeviction"
      "\r\nmem_memtables:{}\r\nmem_block_cache:{}\r\nmem_filters_and_indexes:{}\r\n"
      "mem_clients_normal:{}\r\nmem_scan_cursors:{}\r\nmem_allocator:{}\r\n"
      "effective_memtable_size:{}\r\neffective_block_cache_size:{}\r\n"
      "effective_proto_max_bulk_len:{}\r\neffective_client_query_buffer_limit:{}\r\n",
      used, HumanBytes(used), source.usage.resident_bytes, HumanBytes(source.usage.resident_bytes),
      source.usage.peak_resident_bytes, budget, HumanBytes(budget), memtables,
      store.cache.used_bytes, tables, clients, source.cursor_bytes, source.facts.allocator,
      shares.memtable_bytes, shares.block_cache_bytes, limits.argument_bytes, limits.request_bytes);
}

std::string Persistence(const Source& source) {
  storage::Store& store = source.pipeline.keyspace().store();
  const char* state = !store.failure()       ? "failed"
                      : source.store.blocked ? "blocked"
                      : source.store.full    ? "full"
                                             : "ok";
  return Format(
      "loading:0\r\naof_enabled:1\r\naof_last_write_status:{}\r\nstorage_state:{}\r\n"
      "appendfsync:{}\r\nnewest_seq:{}\r\nvisible_seq:{}\r\nsynced_seq:{}\r\n"
      "recovery_replayed_groups:{}\r\nrecovery_truncated_bytes:{}\r\n",
      store.failure() ? "ok" : "err", state,
      config::GetOption(source.pipeline.config(), "appendfsync").value_or(""), store.last_seq(),
      store.visible(), store.synced(), source.store.recovered_groups, source.store.torn_bytes);
}

std::string Stats(const Source& source) {
  const PipelineStats& stats = source.pipeline.stats();
  const keyspace::KeyspaceStats& keys = source.pipeline.keyspace().stats();
  return Format(
      "total_connections_received:{}\r\ntotal_commands_processed:{}\r\n"
      "instantaneous_ops_per_sec:{:.0f}\r\ntotal_net_input_bytes:{}\r\ntotal_net_output_bytes:{}"
      "\r\ninstantaneous_input_kbps:{:.2f}\r\ninstantaneous_output_kbps:{:.2f}\r\n"
      "rejected_connections:{}\r\nexpired_keys:{}\r\nkeyspace_hits:{}\r\nkeyspace_misses:{}\r\n"
      "total_error_replies:{}\r\nclient_query_buffer_limit_disconnections:{}\r\n"
      "client_output_buffer_limit_disconnections:{}\r\nacl_access_denied_auth:{}\r\n"
      "reads_at_visible:{}\r\n"
      "commands_executed:{}\r\ncommand_reruns:{}\r\nblocking_reads:{}\r\nheld_for_admission:{}\r\n",
      stats.connections_received, stats.commands_processed, stats.ops_per_second, stats.input_bytes,
      stats.output_bytes, stats.input_bytes_per_second / 1024, stats.output_bytes_per_second / 1024,
      stats.rejected_connections, keys.expired_keys.load(), keys.hits.load(), keys.misses.load(),
      stats.error_replies, stats.query_buffer_disconnections, stats.output_buffer_disconnections,
      stats.failed_logins, stats.reads_at_visible, stats.executed, stats.reruns,
      stats.blocking_reads, stats.held_for_admission);
}

std::string Replication(const Source& source) {
  return Format("role:master\r\nconnected_slaves:0\r\nmaster_replid:{}\r\n", source.facts.run_id);
}

std::string Cpu(const Source& source) {
  return Format("used_cpu_sys:{:.6f}\r\nused_cpu_user:{:.6f}\r\n", source.usage.system_cpu_seconds,
                source.usage.user_cpu_seconds);
}

std::string CommandStatsText(const Source& source) {
  std::string text;
  for (const auto& [command, stats] : source.pipeline.stats().commands) {
    text += Format("cmdstat_{}:calls={},rejected_calls={},failed_calls={}\r\n", command->name,
                   stats.calls, stats.rejected_calls, stats.failed_calls);
  }
  return text;
}

std::string Keyspace(const Source& source) {
  std::string text;
  // A count is an estimate while some are unsettled, and may be below zero.
  const auto count = [&](int db, keyspace::CounterKind kind) {
    return std::max<int64_t>(source.tx.CountOf(db, kind), 0);
  };
  for (int db = 0; db < source.pipeline.keyspace().databases().count(); ++db) {
    const int64_t keys = count(db, keyspace::CounterKind::kKeys);
    if (keys == 0) continue;
    text +=
        Format("db{}:keys={},expires={}\r\n", db, keys, count(db, keyspace::CounterKind::kExpires));
  }
  return text;
}

std::string LogText(const storage::LogStats& log) {
  return Format(
      "log_segments:{}\r\nlog_bytes:{}\r\nlog_bytes_written:{}\r\nlog_groups:{}\r\n"
      "log_group_ops_mean:{:.1f}\r\nlog_group_ops_max:{}\r\nlog_syncs:{}\r\n"
      "log_sync_us_mean:{:.1f}\r\nlog_sync_us_max:{}\r\n",
      log.segments, log.segment_bytes, log.bytes_written, log.group_ops.count,
      Ratio(log.group_ops.total, log.group_ops.count), log.group_ops.max, log.sync_ns.count,
      Ratio(log.sync_ns.total, log.sync_ns.count) / 1000, log.sync_ns.max / 1000);
}

std::string Storage(const Source& source) {
  const storage::StoreStats& store = source.store;
  std::string text;
  uint64_t table_bytes = 0;
  for (size_t level = 0; level < store.levels.size(); ++level) {
    const storage::StoreStats::Level& stats = store.levels[level];
    table_bytes += stats.bytes;
    text += Format("level{}:runs={},files={},bytes={}\r\n", level, stats.runs, stats.files,
                   stats.bytes);
  }
  const storage::BackgroundStats& jobs = store.background;
  const uint64_t written = store.log.bytes_written + jobs.flush_bytes + jobs.merge_bytes_written;
  const uint64_t last = store.levels.empty() ? 0 : store.levels.back().bytes;
  text += Format(
      "table_bytes:{}\r\nentries_on_disk:{}\r\nunsettled:{}\r\nuser_bytes_written:{}\r\n"
      "write_amplification:{:.2f}\r\nspace_amplification:{:.2f}\r\nflushes:{}\r\nflush_bytes:{}\r\n"
      "merges:{}\r\nmerge_bytes_read:{}\r\nmerge_bytes_written:{}\r\nmemtables_waiting:{}\r\n"
      "compaction_debt:{:.2f}\r\nwrite_pressure:{:.2f}\r\n"
      "merge_limit_bytes_per_sec:{}\r\nballast_bytes:{}\r\nfiles_to_remove:{}\r\n"
      "cache_hits:{}\r\ncache_misses:{}\r\n",
      table_bytes, store.entries_on_disk, store.unsettled, store.user_bytes_written,
      Ratio(written, store.user_bytes_written), Ratio(table_bytes, last), jobs.flushes,
      jobs.flush_bytes, jobs.merges, jobs.merge_bytes_read, jobs.merge_bytes_written,
      store.immutable_memtables, store.compaction_debt, store.write_pressure, store.merge_limit,
      store.ballast_bytes, jobs.files_to_remove, store.cache.hits, store.cache.misses);
  return text + LogText(store.log);
}

struct Section {
  const char* name;   // as asked for
  const char* title;  // as printed
  bool by_default;
  std::string (*text)(const Source& source);
};

constexpr std::array<Section, 11> kSections = {{
    {"server", "Server", true, Server},
    {"clients", "Clients", true, Clients},
    {"memory", "Memory", true, Memory},
    {"persistence", "Persistence", true, Persistence},
    {"stats", "Stats", true, Stats},
    {"replication", "Replication", true, Replication},
    {"cpu", "CPU", true, Cpu},
    {"commandstats", "Commandstats", false, CommandStatsText},
    {"cluster", "Cluster", true,
     [](const Source&) { return std::string("cluster_enabled:0\r\n"); }},
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
                     uint64_t cursor_bytes) {
  const Source source{.pipeline = pipeline,
                      .facts = facts,
                      .store = pipeline.keyspace().store().Stats(),
                      .usage = facts.usage(),
                      .tx = tx,
                      .cursor_bytes = cursor_bytes};
  std::string text;
  for (const Section& section : kSections) {
    if (!Wanted(section, sections)) continue;
    if (!text.empty()) text += "\r\n";
    text += Format("# {}\r\n", section.title);
    text += section.text(source);
  }
  return text;
}

}  // namespace cordwood::pipeline
