#include "config/option_table.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/format.h"
#include "base/glob.h"
#include "base/number.h"
#include "config/accepted_options.h"
#include "config/monitoring_options.h"
#include "config/words.h"

namespace cordwood::config {
namespace {

// What the encoding of keys has initial generations for: docs/KEY_ENCODING.md.
constexpr int64_t kDatabasesMax = 65535;
constexpr int64_t kKb = 1 << 10;
constexpr int64_t kMb = 1 << 20;
constexpr int64_t kGb = 1 << 30;

Option BindOption() {
  Option option{.name = "bind", .takes_words = true};
  option.set = [](Config& config, std::span<const std::string> words) -> Status {
    constexpr size_t kAddressesMax = 16;
    if (words.size() > kAddressesMax) {
      return Fail(ErrorCode::kInvalidArgument, "Too many bind addresses specified.");
    }
    // One empty word is how to say: none.
    const bool none = words.size() == 1 && words[0].empty();
    config.bind.assign(words.begin(), none ? words.begin() : words.end());
    return {};
  };
  option.get = [](const Config& config) { return JoinWords(config.bind); };
  return option;
}

std::optional<ClientClass> ParseClientClass(std::string_view text) {
  if (EqualsIgnoreCase(text, "normal")) return ClientClass::kNormal;
  if (EqualsIgnoreCase(text, "replica") || EqualsIgnoreCase(text, "slave")) {
    return ClientClass::kReplica;
  }
  if (EqualsIgnoreCase(text, "pubsub")) return ClientClass::kPubsub;
  return std::nullopt;
}

/// Reads a class with its hard limit, soft limit and soft seconds into `limits`.
Status ParseOutputBufferLimit(std::span<const std::string> words,
                              std::array<OutputBufferLimit, kClientClassCount>& limits) {
  const std::optional<ClientClass> client_class = ParseClientClass(words[0]);
  if (!client_class) {
    return Fail(ErrorCode::kInvalidArgument,
                "Invalid client class specified in buffer limit configuration.");
  }
  const Result<int64_t> hard = ParseMemory(words[1], {});
  const Result<int64_t> soft = ParseMemory(words[2], {});
  const Result<int64_t> seconds = ParseInteger(words[3], {});
  if (!hard || !soft || !seconds) {
    return Fail(ErrorCode::kInvalidArgument,
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  }
  limits[static_cast<size_t>(*client_class)] = {
      .hard_bytes = *hard, .soft_bytes = *soft, .soft_seconds = *seconds};
  return {};
}

/// A number of bytes, or a percentage.
Option ClientsShareOption() {
  Option option{.name = "maxmemory-clients"};
  option.set = [](Config& config, std::span<const std::string> words) -> Status {
    const std::string_view text = words[0];
    if (text.size() > 1 && text.ends_with('%')) {
      const std::optional<int64_t> percent = ParseInt64(text.substr(0, text.size() - 1));
      if (percent && *percent > 100) {
        return Fail(ErrorCode::kInvalidArgument,
                    "percentage argument must be less or equal to 100");
      }
      if (percent && *percent >= 0) {
        config.maxmemory_clients = {.percent = *percent};
        return {};
      }
    }
    const Result<int64_t> bytes = ParseMemory(text, {});
    if (!bytes) {
      return Fail(ErrorCode::kInvalidArgument, "argument must be a memory or percent value");
    }
    config.maxmemory_clients = {.bytes = *bytes};
    return {};
  };
  option.get = [](const Config& config) {
    const MemoryShare& share = config.maxmemory_clients;
    return share.percent != 0 ? Format("{}%", share.percent) : Format("{}", share.bytes);
  };
  return option;
}

/// Any number of classes with their limits; those that are not named keep theirs.
Option OutputBufferLimitOption() {
  Option option{.name = "client-output-buffer-limit", .takes_words = true};
  option.set = [](Config& config, std::span<const std::string> words) -> Status {
    constexpr size_t kWordsOfAClass = 4;
    if (words.size() % kWordsOfAClass != 0) {
      return Fail(ErrorCode::kInvalidArgument,
                  "Wrong number of arguments in buffer limit configuration.");
    }
    auto limits = config.client_output_buffer_limit;
    for (size_t i = 0; i < words.size(); i += kWordsOfAClass) {
      CW_TRY(ParseOutputBufferLimit(words.subspan(i, kWordsOfAClass), limits));
    }
    config.client_output_buffer_limit = limits;
    return {};
  };
  option.get = [](const Config& config) {
    // Clients parse "slave", so Redis prints it to this day.
    constexpr std::array<std::string_view, kClientClassCount> kNames = {"normal", "slave",
                                                                        "pubsub"};
    std::string text;
    for (size_t i = 0; i < kClientClassCount; ++i) {
      const OutputBufferLimit& limit = config.client_output_buffer_limit[i];
      AppendFormat(text, "{}{} {} {} {}", i == 0 ? "" : " ", kNames[i], limit.hard_bytes,
                   limit.soft_bytes, limit.soft_seconds);
    }
    return text;
  };
  return option;
}

Option KeyspaceEventsOption() {
  Option option{.name = "notify-keyspace-events"};
  option.set = [](Config& config, std::span<const std::string> words) -> Status {
    CW_ASSIGN(config.notify_keyspace_events, ParseKeyspaceEvents(words[0]));
    return {};
  };
  option.get = [](const Config& config) { return config.notify_keyspace_events.ToText(); };
  return option;
}

void AddRedisOptions(std::vector<Option>& options) {
  const auto add = [&options](Option option) { options.push_back(std::move(option)); };

  add(BindOption());
  add(IntegerOption("port", &Config::port, {.max = 65535}));
  add(AtStart(IntegerOption("tcp-backlog", &Config::tcp_backlog, {.max = kIntMax})));
  add(IntegerOption("tcp-keepalive", &Config::tcp_keepalive_seconds, {.max = kIntMax}));
  add(IntegerOption("timeout", &Config::timeout_seconds, {.max = kIntMax}));

  add(YesNoOption("protected-mode", &Config::protected_mode));
  add(TextOption("requirepass", &Config::requirepass));
  add(AtStart(
      ChoiceOption("enable-debug-command", &Config::enable_debug_command, {"no", "yes", "local"})));
  add(IntegerOption("maxclients", &Config::maxclients, {.min = 1, .max = kUintMax}));
  add(MemoryOption("proto-max-bulk-len", &Config::proto_max_bulk_len, {.min = kMb}));
  add(MemoryOption("client-query-buffer-limit", &Config::client_query_buffer_limit, {.min = kMb}));
  add(OutputBufferLimitOption());

  add(AtStart(TextOption("dir", &Config::dir)));
  add(ChoiceOption("loglevel", &Config::loglevel,
                   {"debug", "verbose", "notice", "warning", "nothing"}));
  add(AtStart(TextOption("logfile", &Config::logfile)));
  add(AtStart(IntegerOption("databases", &Config::databases, {.min = 1, .max = kDatabasesMax})));

  add(ChoiceOption("appendfsync", &Config::appendfsync, {"everysec", "always", "no"}));
  add(MemoryOption("maxmemory", &Config::maxmemory));
  add(ClientsShareOption());
  add(IntegerOption("tracking-table-max-keys", &Config::tracking_table_max_keys));
  add(IntegerOption("active-expire-effort", &Config::active_expire_effort, {.min = 1, .max = 10}));
  add(WithAlias(IntegerOption("hash-max-listpack-entries", &Config::hash_max_listpack_entries),
                "hash-max-ziplist-entries"));
  add(WithAlias(MemoryOption("hash-max-listpack-value", &Config::hash_max_listpack_value),
                "hash-max-ziplist-value"));
  add(IntegerOption("set-max-intset-entries", &Config::set_max_intset_entries));
  add(IntegerOption("set-max-listpack-entries", &Config::set_max_listpack_entries));
  add(IntegerOption("set-max-listpack-value", &Config::set_max_listpack_value));
  add(WithAlias(IntegerOption("zset-max-listpack-entries", &Config::zset_max_listpack_entries),
                "zset-max-ziplist-entries"));
  add(WithAlias(MemoryOption("zset-max-listpack-value", &Config::zset_max_listpack_value),
                "zset-max-ziplist-value"));
  add(WithAlias(IntegerOption("list-max-listpack-size", &Config::list_max_listpack_size,
                              {.min = kIntMin, .max = kIntMax}),
                "list-max-ziplist-size"));
  add(KeyspaceEventsOption());
}

void AddOwnOptions(std::vector<Option>& options) {
  const auto add = [&options](Option option) { options.push_back(std::move(option)); };
  const Bounds buffer = {.min = 64 * kKb, .max = 4 * kGb};

  add(AtStart(ChoiceOption("on-log-failure", &Config::on_log_failure, {"exit", "read-only"})));
  add(MemoryOption("max-disk", &Config::max_disk, {.min = kMb, .or_zero = true}));
  add(AtStart(MemoryOption("memtable-size", &Config::memtable_size, buffer)));
  add(AtStart(MemoryOption("log-segment-size", &Config::log_segment_size, buffer)));
  add(AtStart(MemoryOption("block-cache-size", &Config::block_cache_size,
                           {.min = 64 * kKb, .or_zero = true})));
  add(AtStart(
      IntegerOption("compaction-threads", &Config::compaction_threads, {.min = 1, .max = 64})));
  add(MemoryOption("collection-max-inline-bytes", &Config::collection_max_inline_bytes,
                   {.max = 64 * kKb}));
  add(IntegerOption("snapshot-max-seconds", &Config::snapshot_max_seconds, {.max = kIntMax}));
}

void AddFixedOptions(std::vector<Option>& options) {
  options.push_back(FixedOption("aclfile", ""));
  options.push_back(FixedOption("cluster-enabled", "no"));
  options.push_back(FixedOption("daemonize", "no"));
  options.push_back(WithAlias(FixedOption("replicaof", ""), "slaveof"));
  options.push_back(FixedOption("tls-port", "0"));
  options.push_back(FixedOption("unixsocket", ""));
}

std::vector<Option> BuildTable() {
  std::vector<Option> options;
  AddRedisOptions(options);
  AddOwnOptions(options);
  AddFixedOptions(options);
  for (Option& option : MonitoringOptions()) options.push_back(std::move(option));
  for (Option& option : AcceptedOptions()) options.push_back(std::move(option));
  return options;
}

/// Directives of redis.conf that are no options and that must not be ignored.
bool IsRefusedDirective(std::string_view name) {
  constexpr std::string_view kNames[] = {"rename-command", "user", "loadmodule", "sentinel"};
  return std::ranges::any_of(kNames, [&](auto each) { return EqualsIgnoreCase(each, name); });
}

/// What Redis itself reads and forgets.
bool IsForgottenDirective(std::string_view name) {
  constexpr std::string_view kNames[] = {"list-max-ziplist-entries", "list-max-ziplist-value",
                                         "lua-replicate-commands"};
  return std::ranges::any_of(kNames, [&](auto each) { return EqualsIgnoreCase(each, name); });
}

std::unexpected<Error> ChangeFailure(std::string_view name, std::string_view reason) {
  return Fail(ErrorCode::kInvalidArgument,
              Format("CONFIG SET failed (possibly related to argument '{}') - {}", name, reason));
}

/// Finds the options of all changes, or says which of them cannot be made.
Result<std::vector<const Option*>> FindChangeable(std::span<const OptionChange> changes) {
  std::vector<const Option*> options;
  for (const auto& [name, value] : changes) {
    const Option* const option = FindOption(name);
    if (option == nullptr) {
      return Fail(ErrorCode::kInvalidArgument,
                  Format("Unknown option or number of arguments for CONFIG SET - '{}'", name));
    }
    if (option->name == "dir" || option->name == "dbfilename") {
      return ChangeFailure(name, "can't set protected config");
    }
    if (option->change == Change::kAtStart) {
      return ChangeFailure(name, "can't set immutable config");
    }
    if (std::ranges::find(options, option) != options.end()) {
      return ChangeFailure(name, "duplicate parameter");
    }
    options.push_back(option);
  }
  return options;
}

}  // namespace

std::span<const Option> AllOptions() {
  static const std::vector<Option> kTable = BuildTable();
  return kTable;
}

const Option* FindOption(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const Option& option : AllOptions()) {
    if (EqualsIgnoreCase(option.name, name) || EqualsIgnoreCase(option.alias, name)) return &option;
  }
  return nullptr;
}

Status SetOption(Config& config, std::string_view name, std::span<const std::string> words) {
  const Option* const option = FindOption(name);
  if (option == nullptr) {
    if (IsRefusedDirective(name)) {
      return Fail(ErrorCode::kInvalidArgument, Format("'{}' is not supported by Cordwood", name));
    }
    if (IsForgottenDirective(name) && words.size() == 1) return {};
    return Fail(ErrorCode::kInvalidArgument, "Bad directive or wrong number of arguments");
  }
  if (words.empty() || (words.size() > 1 && !option->takes_words)) {
    return Fail(ErrorCode::kInvalidArgument, "wrong number of arguments");
  }
  if (option->takes_words && words.size() == 1 && !words[0].empty()) {
    const std::optional<std::vector<std::string>> split = SplitWords(words[0]);
    if (!split) return Fail(ErrorCode::kInvalidArgument, "Unbalanced quotes in the argument");
    if (!split->empty()) return option->set(config, *split);
  }
  return option->set(config, words);
}

std::optional<std::string> GetOption(const Config& config, std::string_view name) {
  const Option* const option = FindOption(name);
  if (option == nullptr) return std::nullopt;
  return option->get(config);
}

std::vector<NameAndValue> MatchOptions(const Config& config,
                                       std::span<const std::string_view> patterns) {
  std::vector<NameAndValue> found;
  const auto add_if_asked = [&](const Option& option, std::string_view name) {
    if (name.empty()) return;
    for (const std::string_view pattern : patterns) {
      if (!GlobMatch(pattern, name, GlobCase::kIgnored)) continue;
      // One that is asked for by its name is told as it was written.
      found.emplace_back(EqualsIgnoreCase(pattern, name) ? pattern : name, option.get(config));
      return;
    }
  };
  for (const Option& option : AllOptions()) {
    add_if_asked(option, option.name);
    add_if_asked(option, option.alias);
  }
  return found;
}

Status ChangeOptions(Config& config, std::span<const OptionChange> changes) {
  CW_ASSIGN(const std::vector<const Option*> options, FindChangeable(changes));
  Config changed = config;
  for (size_t i = 0; i < changes.size(); ++i) {
    const auto& [name, value] = changes[i];
    const std::string word(value);
    if (const Status status = SetOption(changed, options[i]->name, {&word, 1}); !status) {
      return ChangeFailure(name, status.error().message());
    }
  }
  config = std::move(changed);
  return {};
}

std::vector<std::string> AcceptedWithoutEffect(const Config& config) {
  std::vector<std::string> names;
  for (const Option& option : AllOptions()) {
    if (option.effect == Effect::kAccepted && option.get(config) != option.default_text) {
      names.push_back(option.name);
    }
  }
  return names;
}

}  // namespace cordwood::config
