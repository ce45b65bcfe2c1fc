#pragma once

// Every option that acts, parsed: one field each, with its unit and default. Sizes are bytes
// unless the name says otherwise. option_table.h names, reads and prints them.
//
// A plain value, owned by whoever loaded it. Threads: as any value; the executor owns the
// server's one, and CONFIG SET runs there.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/keyspace_events.h"

namespace cordwood::config {

/// When a write is acknowledged.
enum class AppendFsync : uint8_t {
  kEverySecond,  // once the kernel has it; synced every second
  kAlways,       // once it is on stable storage
  kNo,           // once the kernel has it; synced when the kernel likes
};

/// What to do when the commit log cannot be written any more.
enum class OnLogFailure : uint8_t { kExit, kReadOnly };

/// Whose connections may run a command that is not for everybody.
enum class AllowedFrom : uint8_t { kNowhere, kEverywhere, kThisMachine };

enum class ClientClass : uint8_t { kNormal, kReplica, kPubsub };
inline constexpr size_t kClientClassCount = 3;

/// A client whose unsent replies exceed the hard limit, or the soft limit for that long, is
/// disconnected. 0: no limit.
struct OutputBufferLimit {
  int64_t hard_bytes = 0;
  int64_t soft_bytes = 0;
  int64_t soft_seconds = 0;

  friend bool operator==(const OutputBufferLimit&, const OutputBufferLimit&) = default;
};

/// Bytes, or so many percent of maxmemory.
struct MemoryShare {
  int64_t bytes = 0;
  int64_t percent = 0;  // 0: bytes count

  friend bool operator==(const MemoryShare&, const MemoryShare&) = default;
};

struct Config {
  // --- network ---
  /// Addresses to listen on; "*" and "::*" are all of a family, a leading '-' makes one optional.
  std::vector<std::string> bind = {"*", "-::*"};
  int64_t port = 6379;  // 0: do not listen on TCP
  int64_t tcp_backlog = 511;
  int64_t tcp_keepalive_seconds = 300;  // 0: off
  int64_t timeout_seconds = 0;          // an idle client is disconnected; 0: never

  // --- clients ---
  bool protected_mode = true;  // without a password, answer the local machine only
  std::string requirepass;     // of the default user; empty: none
  AllowedFrom enable_debug_command = AllowedFrom::kNowhere;
  int64_t maxclients = 10'000;
  int64_t proto_max_bulk_len = 512 << 20;       // the longest single argument
  int64_t client_query_buffer_limit = 1 << 30;  // unparsed bytes of one client
  std::array<OutputBufferLimit, kClientClassCount> client_output_buffer_limit = {{
      {},
      {.hard_bytes = 256 << 20, .soft_bytes = 64 << 20, .soft_seconds = 60},
      {.hard_bytes = 32 << 20, .soft_bytes = 8 << 20, .soft_seconds = 60},
  }};

  // --- the process ---
  std::string dir = ".";  // where the data is
  LogLevel loglevel = LogLevel::kNotice;
  std::string logfile;  // empty: standard output
  int64_t databases = 16;

  // --- durability ---
  AppendFsync appendfsync = AppendFsync::kAlways;
  OnLogFailure on_log_failure = OnLogFailure::kExit;

  // --- memory and disk ---
  MemoryShare maxmemory_clients;  // of all connections together; 0: only what the budget has
  int64_t maxmemory = 0;          // budget of caches, memtables and buffers; 0: from the machine
  int64_t max_disk = 0;           // bytes that `dir` may hold; 0: all there is
  int64_t memtable_size = 32 << 20;
  int64_t log_segment_size = 64 << 20;
  int64_t block_cache_size = 0;  // 0: what maxmemory leaves
  int64_t compaction_threads = 1;
  int64_t snapshot_max_seconds = 300;           // a long read that takes longer ends; 0: never
  int64_t tracking_table_max_keys = 1'000'000;  // that clients have read and keep; 0: no limit

  // --- what is noted of commands ---
  int64_t slowlog_log_slower_than_us = 10'000;       // negative: nothing
  int64_t slowlog_max_len = 128;                     // entries
  int64_t commandlog_request_larger_than = 1 << 20;  // negative: nothing
  int64_t commandlog_large_request_max_len = 128;
  int64_t commandlog_reply_larger_than = 1 << 20;  // the same
  int64_t commandlog_large_reply_max_len = 128;
  int64_t latency_monitor_threshold_ms = 0;  // 0: nothing
  bool latency_tracking = true;              // histograms of commands
  std::vector<double> latency_tracking_info_percentiles = {50, 99, 99.9};

  // --- data ---
  int64_t active_expire_effort = 1;  // 1 to 10: share of time given to deleting the expired
  int64_t collection_max_inline_bytes = 512;  // of the items that lie in their key's record
  // What OBJECT ENCODING calls a listpack: fields, and bytes of the longest field or value.
  int64_t hash_max_listpack_entries = 128;
  int64_t hash_max_listpack_value = 64;
  // The same of sets; and what it calls an intset: so many members, all of them integers.
  int64_t set_max_intset_entries = 512;
  int64_t set_max_listpack_entries = 128;
  int64_t set_max_listpack_value = 64;
  // And of sorted sets.
  int64_t zset_max_listpack_entries = 128;
  int64_t zset_max_listpack_value = 64;
  int64_t list_max_listpack_size = -2;  // of a list elements, or -1 to -5: 4 KiB to 64 KiB

  // --- what is told ---
  KeyspaceEvents notify_keyspace_events;

  /// Values of options that are accepted without effect, by name, as far as they were set.
  std::map<std::string, std::string, std::less<>> accepted;
};

}  // namespace cordwood::config
