#include "config/accepted_options.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/number.h"
#include "config/checked_texts.h"
#include "config/words.h"

namespace cordwood::config {
namespace {

struct Row {
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view default_text;
  Bounds bounds = {};
  std::string_view choices = {};
  std::string_view alias = {};
  Change change = Change::kAtRunTime;

  constexpr Row Alias(std::string_view older_name) const {
    Row row = *this;
    row.alias = older_name;
    return row;
  }
  constexpr Row AtStart() const {
    Row row = *this;
    row.change = Change::kAtStart;
    return row;
  }
};

constexpr Row YesNo(std::string_view name, std::string_view default_text) {
  return {.name = name, .kind = Kind::kYesNo, .default_text = default_text};
}
constexpr Row Integer(std::string_view name, std::string_view default_text, Bounds bounds = {}) {
  return {.name = name, .kind = Kind::kInteger, .default_text = default_text, .bounds = bounds};
}
constexpr Row Memory(std::string_view name, std::string_view default_text, Bounds bounds = {}) {
  return {.name = name, .kind = Kind::kMemory, .default_text = default_text, .bounds = bounds};
}
/// `choices` has a | between each two.
constexpr Row Choice(std::string_view name, std::string_view default_text,
                     std::string_view choices) {
  return {.name = name, .kind = Kind::kChoice, .default_text = default_text, .choices = choices};
}
constexpr Row Text(std::string_view name, std::string_view default_text) {
  return {.name = name, .kind = Kind::kText, .default_text = default_text};
}
constexpr Row Words(std::string_view name, std::string_view default_text) {
  return {.name = name, .kind = Kind::kWords, .default_text = default_text};
}

// clang-format off
constexpr Row kRows[] = {
    Choice("acl-pubsub-default", "resetchannels", "allchannels|resetchannels"),
    Integer("acllog-max-len", "128"),
    Integer("active-defrag-cycle-max", "25", {1, 99}),
    Integer("active-defrag-cycle-min", "1", {1, 99}),
    Memory("active-defrag-ignore-bytes", "104857600", {1}),
    Integer("active-defrag-max-scan-fields", "1000", {1}),
    Integer("active-defrag-threshold-lower", "10", {0, 1000}),
    Integer("active-defrag-threshold-upper", "100", {0, 1000}),
    YesNo("activedefrag", "no"),
    YesNo("activerehashing", "yes"),
    YesNo("always-show-logo", "no").AtStart(),
    YesNo("aof-load-truncated", "yes"),
    Text("aof-rewrite-cpulist", "").Alias("aof_rewrite_cpulist").AtStart(),
    YesNo("aof-rewrite-incremental-fsync", "yes"),
    YesNo("aof-timestamp-enabled", "no"),
    YesNo("aof-use-rdb-preamble", "yes"),
    Text("appenddirname", "appendonlydir").AtStart(),
    Text("appendfilename", "appendonly.aof").AtStart(),
    YesNo("appendonly", "yes"),
    Memory("auto-aof-rewrite-min-size", "67108864"),
    Integer("auto-aof-rewrite-percentage", "100", {0, kIntMax}),
    Text("bgsave-cpulist", "").Alias("bgsave_cpulist").AtStart(),
    Text("bind-source-addr", ""),
    Text("bio-cpulist", "").Alias("bio_cpulist").AtStart(),
    Integer("busy-reply-threshold", "5000").Alias("lua-time-limit"),
    YesNo("cluster-allow-pubsubshard-when-down", "yes"),
    YesNo("cluster-allow-reads-when-down", "no"),
    YesNo("cluster-allow-replica-migration", "yes"),
    Integer("cluster-announce-bus-port", "0", {0, 65535}),
    Text("cluster-announce-ip", ""),
    Integer("cluster-announce-port", "0", {0, 65535}),
    Integer("cluster-announce-tls-port", "0", {0, 65535}),
    Text("cluster-config-file", "nodes.conf").AtStart(),
    Memory("cluster-link-sendbuf-limit", "0"),
    Integer("cluster-migration-barrier", "1", {0, kIntMax}),
    Integer("cluster-node-timeout", "15000"),
    Integer("cluster-port", "0", {0, 65535}).AtStart(),
    Choice("cluster-preferred-endpoint-type", "ip", "ip|hostname|unknown-endpoint"),
    YesNo("cluster-replica-no-failover", "no").Alias("cluster-slave-no-failover"),
    Integer("cluster-replica-validity-factor", "10", {0, kIntMax})
        .Alias("cluster-slave-validity-factor"),
    YesNo("cluster-require-full-coverage", "yes"),
    YesNo("crash-log-enabled", "yes"),
    YesNo("crash-memcheck-enabled", "yes"),
    Text("dbfilename", "dump.rdb"),
    YesNo("disable-thp", "yes").AtStart(),
    YesNo("dynamic-hz", "yes"),
    Choice("enable-module-command", "no", "no|yes|local").AtStart(),
    Choice("enable-protected-configs", "no", "no|yes|local").AtStart(),
    Memory("hll-sparse-max-bytes", "3000"),
    Text("ignore-warnings", ""),
    Integer("io-threads", "1", {1, 128}).AtStart(),
    YesNo("io-threads-do-reads", "no").AtStart(),
    YesNo("jemalloc-bg-thread", "yes"),
    YesNo("lazyfree-lazy-eviction", "no"),
    YesNo("lazyfree-lazy-expire", "no"),
    YesNo("lazyfree-lazy-server-del", "no"),
    YesNo("lazyfree-lazy-user-del", "no"),
    YesNo("lazyfree-lazy-user-flush", "no"),
    Integer("lfu-decay-time", "1", {0, kIntMax}),
    Integer("lfu-log-factor", "10", {0, kIntMax}),
    Integer("list-compress-depth", "0", {0, kIntMax}),
    Text("locale-collate", ""),
    Text("masterauth", ""),
    Text("masteruser", ""),
    Integer("maxmemory-eviction-tenacity", "10", {0, 100}),
    Choice("maxmemory-policy", "noeviction",
           "volatile-lru|volatile-lfu|volatile-random|volatile-ttl|allkeys-lru|allkeys-lfu|"
           "allkeys-random|noeviction"),
    Integer("maxmemory-samples", "5", {1, kIntMax}),
    Integer("min-replicas-max-lag", "10", {0, kIntMax}).Alias("min-slaves-max-lag"),
    Integer("min-replicas-to-write", "0", {0, kIntMax}).Alias("min-slaves-to-write"),
    YesNo("no-appendfsync-on-rewrite", "no"),
    Choice("oom-score-adj", "no", "no|yes|relative|absolute"),
    Text("pidfile", "").AtStart(),
    Choice("propagation-error-behavior", "ignore", "ignore|panic|panic-on-replicas"),
    YesNo("rdb-del-sync-files", "no"),
    YesNo("rdb-save-incremental-fsync", "yes"),
    YesNo("rdbchecksum", "yes").AtStart(),
    YesNo("rdbcompression", "yes"),
    Memory("repl-backlog-size", "1048576", {1}),
    Integer("repl-backlog-ttl", "3600"),
    YesNo("repl-disable-tcp-nodelay", "no"),
    Choice("repl-diskless-load", "disabled", "disabled|on-empty-db|swapdb"),
    YesNo("repl-diskless-sync", "yes"),
    Integer("repl-diskless-sync-delay", "5", {0, kIntMax}),
    Integer("repl-diskless-sync-max-replicas", "0", {0, kIntMax}),
    Integer("repl-ping-replica-period", "10", {1, kIntMax}).Alias("repl-ping-slave-period"),
    Integer("repl-timeout", "60", {1, kIntMax}),
    Text("replica-announce-ip", "").Alias("slave-announce-ip"),
    Integer("replica-announce-port", "0", {0, 65535}).Alias("slave-announce-port"),
    YesNo("replica-announced", "yes"),
    YesNo("replica-ignore-disk-write-errors", "no"),
    YesNo("replica-ignore-maxmemory", "yes").Alias("slave-ignore-maxmemory"),
    YesNo("replica-lazy-flush", "no").Alias("slave-lazy-flush"),
    Integer("replica-priority", "100", {0, kIntMax}).Alias("slave-priority"),
    YesNo("replica-read-only", "yes").Alias("slave-read-only"),
    YesNo("replica-serve-stale-data", "yes").Alias("slave-serve-stale-data"),
    Choice("sanitize-dump-payload", "no", "no|yes|clients"),
    Text("server-cpulist", "").Alias("server_cpulist").AtStart(),
    YesNo("set-proc-title", "yes").AtStart(),
    Integer("shutdown-timeout", "10", {0, kIntMax}),
    Integer("socket-mark-id", "0", {0, kUintMax}).AtStart(),
    YesNo("stop-writes-on-bgsave-error", "yes"),
    Memory("stream-node-max-bytes", "4096"),
    Integer("stream-node-max-entries", "100"),
    Choice("supervised", "no", "upstart|systemd|auto|no").AtStart(),
    YesNo("syslog-enabled", "no").AtStart(),
    Choice("syslog-facility", "local0",
           "user|local0|local1|local2|local3|local4|local5|local6|local7").AtStart(),
    Text("syslog-ident", "redis").AtStart(),
    Choice("tls-auth-clients", "yes", "no|yes|optional"),
    Text("tls-ca-cert-dir", ""),
    Text("tls-ca-cert-file", ""),
    Text("tls-cert-file", ""),
    Text("tls-ciphers", ""),
    Text("tls-ciphersuites", ""),
    Text("tls-client-cert-file", ""),
    Text("tls-client-key-file", ""),
    Text("tls-client-key-file-pass", ""),
    YesNo("tls-cluster", "no"),
    Text("tls-dh-params-file", ""),
    Text("tls-key-file", ""),
    Text("tls-key-file-pass", ""),
    YesNo("tls-prefer-server-ciphers", "no"),
    Text("tls-protocols", ""),
    YesNo("tls-replication", "no"),
    Integer("tls-session-cache-size", "20480", {0, kIntMax}),
    Integer("tls-session-cache-timeout", "300", {0, kIntMax}),
    YesNo("tls-session-caching", "yes"),
};
// clang-format on

std::vector<std::string_view> SplitChoices(std::string_view choices) {
  std::vector<std::string_view> names;
  while (true) {
    const size_t end = choices.find('|');
    names.push_back(choices.substr(0, end));
    if (end == std::string_view::npos) return names;
    choices.remove_prefix(end + 1);
  }
}

Result<std::string> Normalise(const Row& row, std::span<const std::string> words) {
  switch (row.kind) {
    case Kind::kYesNo: {
      CW_ASSIGN(const bool value, ParseYesNo(words[0]));
      return value ? "yes" : "no";
    }
    case Kind::kInteger: {
      CW_ASSIGN(const int64_t value, ParseInteger(words[0], row.bounds));
      return std::to_string(value);
    }
    case Kind::kMemory: {
      CW_ASSIGN(const int64_t value, ParseMemory(words[0], row.bounds));
      return std::to_string(value);
    }
    case Kind::kChoice: {
      const std::vector<std::string_view> names = SplitChoices(row.choices);
      CW_ASSIGN(const size_t index, ParseChoice(words[0], names));
      return std::string(names[index]);
    }
    case Kind::kText:
      return words[0];
    case Kind::kWords:
      break;
  }
  return JoinWords(words);
}

Option OptionOf(const Row& row) {
  Option option =
      AcceptedOption(row.name, row.default_text,
                     [&row](std::span<const std::string> words) { return Normalise(row, words); });
  option.alias = row.alias;
  option.change = row.change;
  option.kind = row.kind;
  option.bounds = row.bounds;
  option.takes_words = row.kind == Kind::kWords;
  return option;
}

/// Pairs of seconds and changes; a single empty word is none.
Result<std::string> NormaliseSave(std::span<const std::string> words) {
  if (words.size() == 1 && words[0].empty()) return "";
  bool valid = words.size() % 2 == 0;
  for (size_t i = 0; valid && i < words.size(); ++i) {
    const std::optional<int64_t> value = ParseInt64(words[i]);
    valid = value && *value >= (i % 2 == 0 ? 1 : 0);
  }
  if (!valid) return Fail(ErrorCode::kInvalidArgument, "Invalid save parameters");
  return JoinWords(words);
}

/// Any number of rounds a second is understood, and brought into the range that makes sense.
Result<std::string> NormaliseHz(std::span<const std::string> words) {
  constexpr int64_t kHzMin = 1;
  constexpr int64_t kHzMax = 500;
  CW_ASSIGN(const int64_t rounds, ParseInteger(words[0], {.min = 0, .max = kIntMax}));
  return std::to_string(std::clamp(rounds, kHzMin, kHzMax));
}

}  // namespace

std::vector<Option> AcceptedOptions() {
  std::vector<Option> options;
  for (const Row& row : kRows) options.push_back(OptionOf(row));
  const auto add = [&options](std::string_view name, std::string_view default_text,
                              auto normalise) -> Option& {
    return options.emplace_back(AcceptedOption(name, default_text, normalise));
  };
  add("cluster-announce-hostname", "", NormaliseHostname);
  add("cluster-announce-human-nodename", "", NormaliseNodeName);
  add("oom-score-adj-values", "0 200 800", NormaliseOomScores).takes_words = true;
  add("proc-title-template", "{title} {listen-addr} {server-mode}", NormaliseTitleTemplate);
  add("shutdown-on-sigint", "default", NormaliseShutdownFlags).takes_words = true;
  add("shutdown-on-sigterm", "default", NormaliseShutdownFlags).takes_words = true;
  add("unixsocketperm", "0", NormalisePermissions).change = Change::kAtStart;
  options.push_back(AcceptedOption("hz", "10", NormaliseHz));
  options.push_back(AcceptedOption("save", "", NormaliseSave));
  options.back().takes_words = true;
  return options;
}

}  // namespace cordwood::config
