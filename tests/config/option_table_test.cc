#include "config/option_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"

namespace cordwood::config {
namespace {

using Words = std::vector<std::string>;

Config MustSet(std::string_view name, const Words& words) {
  Config config;
  const Status status = SetOption(config, name, words);
  EXPECT_TRUE(status) << name << ": " << status.error().message();
  return config;
}

/// The value as it prints after it was set.
std::string Printed(std::string_view name, const Words& words) {
  return GetOption(MustSet(name, words), name).value_or("no such option");
}

std::string RefusalOf(std::string_view name, const Words& words) {
  Config config;
  const Status status = SetOption(config, name, words);
  if (status) return "accepted";
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  return status.error().message();
}

std::string ChangeRefusal(const std::vector<OptionChange>& changes, Config config = {}) {
  const Status status = ChangeOptions(config, changes);
  return status ? "accepted" : status.error().message();
}

TEST(OptionTable, NamesAreUniqueAndLowerCase) {
  std::set<std::string> names;
  for (const Option& option : AllOptions()) {
    for (const std::string& name : {option.name, option.alias}) {
      if (name.empty()) continue;
      EXPECT_TRUE(names.insert(name).second) << name;
      EXPECT_EQ(ToLower(name), name);
    }
  }
  EXPECT_GT(names.size(), 180u);
}

TEST(OptionTable, EveryDefaultReadsBackAsItself) {
  const Config defaults;
  for (const Option& option : AllOptions()) {
    const std::string text = option.get(defaults);
    EXPECT_EQ(Printed(option.name, {text}), text) << option.name;
    if (option.effect == Effect::kAccepted) {
      EXPECT_EQ(text, option.default_text) << option.name;
    }
    if (!option.alias.empty()) {
      EXPECT_EQ(GetOption(defaults, option.alias), text) << option.alias;
    }
  }
}

TEST(OptionTable, WhatActsReachesItsField) {
  EXPECT_EQ(MustSet("bind", {"127.0.0.1", "-::1"}).bind, (Words{"127.0.0.1", "-::1"}));
  EXPECT_EQ(MustSet("bind", {""}).bind, Words{});
  EXPECT_EQ(MustSet("port", {"0"}).port, 0);
  EXPECT_EQ(MustSet("tcp-backlog", {"100"}).tcp_backlog, 100);
  EXPECT_EQ(MustSet("tcp-keepalive", {"60"}).tcp_keepalive_seconds, 60);
  EXPECT_EQ(MustSet("timeout", {"30"}).timeout_seconds, 30);
  EXPECT_FALSE(MustSet("protected-mode", {"no"}).protected_mode);
  EXPECT_EQ(MustSet("requirepass", {"s3cret"}).requirepass, "s3cret");
  EXPECT_EQ(MustSet("maxclients", {"4294967295"}).maxclients, 4294967295);
  EXPECT_EQ(MustSet("proto-max-bulk-len", {"1gb"}).proto_max_bulk_len, 1 << 30);
  EXPECT_EQ(MustSet("client-query-buffer-limit", {"2mb"}).client_query_buffer_limit, 2 << 20);
  EXPECT_EQ(MustSet("dir", {"/data"}).dir, "/data");
  EXPECT_EQ(MustSet("loglevel", {"DEBUG"}).loglevel, LogLevel::kDebug);
  EXPECT_EQ(MustSet("loglevel", {"nothing"}).loglevel, LogLevel::kNothing);
  EXPECT_EQ(MustSet("logfile", {"/var/log/x"}).logfile, "/var/log/x");
  EXPECT_EQ(MustSet("databases", {"1"}).databases, 1);
  EXPECT_EQ(MustSet("appendfsync", {"everysec"}).appendfsync, AppendFsync::kEverySecond);
  EXPECT_EQ(MustSet("appendfsync", {"no"}).appendfsync, AppendFsync::kNo);
  EXPECT_EQ(MustSet("on-log-failure", {"read-only"}).on_log_failure, OnLogFailure::kReadOnly);
  EXPECT_EQ(MustSet("maxmemory", {"100mb"}).maxmemory, 100 << 20);
  EXPECT_EQ(MustSet("maxmemory-clients", {"1k"}).maxmemory_clients.bytes, 1000);
  EXPECT_EQ(MustSet("max-disk", {"5gb"}).max_disk, int64_t{5} << 30);
  EXPECT_EQ(MustSet("memtable-size", {"1mb"}).memtable_size, 1 << 20);
  EXPECT_EQ(MustSet("log-segment-size", {"1mb"}).log_segment_size, 1 << 20);
  EXPECT_EQ(MustSet("block-cache-size", {"8mb"}).block_cache_size, 8 << 20);
  EXPECT_EQ(MustSet("compaction-threads", {"4"}).compaction_threads, 4);
  EXPECT_EQ(Config().snapshot_max_seconds, 300);
  EXPECT_EQ(MustSet("snapshot-max-seconds", {"0"}).snapshot_max_seconds, 0);
  EXPECT_EQ(Config().tracking_table_max_keys, 1'000'000);
  EXPECT_EQ(MustSet("tracking-table-max-keys", {"7"}).tracking_table_max_keys, 7);
  EXPECT_EQ(MustSet("active-expire-effort", {"10"}).active_expire_effort, 10);
  EXPECT_EQ(MustSet("collection-max-inline-bytes", {"1k"}).collection_max_inline_bytes, 1000);
  EXPECT_EQ(MustSet("hash-max-listpack-entries", {"7"}).hash_max_listpack_entries, 7);
  EXPECT_EQ(MustSet("list-max-listpack-size", {"-3"}).list_max_listpack_size, -3);
  EXPECT_EQ(MustSet("list-max-ziplist-size", {"100"}).list_max_listpack_size, 100);
  EXPECT_EQ(MustSet("enable-debug-command", {"yes"}).enable_debug_command,
            AllowedFrom::kEverywhere);
  EXPECT_EQ(MustSet("enable-debug-command", {"local"}).enable_debug_command,
            AllowedFrom::kThisMachine);
  EXPECT_EQ(MustSet("hash-max-ziplist-value", {"1k"}).hash_max_listpack_value, 1000);
  EXPECT_EQ(MustSet("set-max-intset-entries", {"7"}).set_max_intset_entries, 7);
  EXPECT_EQ(MustSet("set-max-listpack-entries", {"8"}).set_max_listpack_entries, 8);
  EXPECT_EQ(MustSet("set-max-listpack-value", {"9"}).set_max_listpack_value, 9);
  EXPECT_EQ(MustSet("zset-max-listpack-entries", {"7"}).zset_max_listpack_entries, 7);
  EXPECT_EQ(MustSet("zset-max-ziplist-entries", {"8"}).zset_max_listpack_entries, 8);
  EXPECT_EQ(MustSet("zset-max-listpack-value", {"1k"}).zset_max_listpack_value, 1000);
  EXPECT_EQ(MustSet("zset-max-ziplist-value", {"9"}).zset_max_listpack_value, 9);
  EXPECT_EQ(MustSet("notify-keyspace-events", {"Kx"}).notify_keyspace_events,
            (KeyspaceEvents{.classes = "x", .by_key = true}));
}

TEST(OptionTable, NothingThatActsIsForgottenAbove) {
  // A new row needs a line in the test before this one. The limits of clients have their own, and
  // so does what is noted of commands.
  const auto acts = [](const Option& option) { return option.effect == Effect::kActs; };
  EXPECT_EQ(std::ranges::count_if(AllOptions(), acts), 47);
}

TEST(OptionTable, TheDefaultsAreDurableAndPrintAsRedisPrints) {
  const Config config;
  EXPECT_EQ(GetOption(config, "appendfsync"), "always");
  EXPECT_EQ(GetOption(config, "bind"), "* -::*");
  EXPECT_EQ(GetOption(config, "maxmemory"), "0");
  EXPECT_EQ(GetOption(config, "maxmemory-policy"), "noeviction");
  EXPECT_EQ(GetOption(config, "proto-max-bulk-len"), "536870912");
  EXPECT_EQ(GetOption(config, "save"), "");
  EXPECT_EQ(GetOption(config, "client-output-buffer-limit"),
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
  EXPECT_EQ(GetOption(config, "nonsense"), std::nullopt);
  EXPECT_EQ(GetOption(config, ""), std::nullopt);
}

TEST(OptionTable, DatabasesAreAsManyAsHaveGenerations) {
  EXPECT_EQ(MustSet("databases", {"65535"}).databases, 65535);
  EXPECT_NE(RefusalOf("databases", {"65536"}), "accepted");
}

/// What no option of the kind takes.
std::vector<std::string> GarbageFor(const Option& option) {
  switch (option.kind) {
    case Kind::kInteger:
      return {"", "x", "1x", "1.5", " 1", "0x10", "99999999999999999999", "1mb"};
    case Kind::kMemory:
      return {"", "x", "-1", "1x", "1.5", " 1", "0x10", "99999999999999999999", "-1mb"};
    case Kind::kYesNo:
      return {"", "maybe", "1", "true"};
    case Kind::kChoice:
      return {"", "no-such-choice", "1.5"};
    case Kind::kText:
    case Kind::kWords:
      break;
  }
  return {};
}

TEST(OptionTable, EveryNumberIsTakenWithinItsBoundsAndNowhereElse) {
  size_t numbers = 0;
  for (const Option& option : AllOptions()) {
    if (option.kind != Kind::kInteger && option.kind != Kind::kMemory) continue;
    ++numbers;
    const auto [min, max, or_zero] = option.bounds;
    const std::string bounds = "between " + std::to_string(min) + " and " + std::to_string(max);
    for (const int64_t value : {min, max}) {
      EXPECT_EQ(Printed(option.name, {std::to_string(value)}), std::to_string(value));
    }
    if (or_zero) {
      EXPECT_EQ(Printed(option.name, {"0"}), "0");
    }
    std::vector<int64_t> beyond;
    if (min > 0 || (min > INT64_MIN && option.kind == Kind::kInteger)) beyond.push_back(min - 1);
    if (min > 0 && !or_zero) beyond.push_back(0);
    if (max < INT64_MAX) beyond.push_back(max + 1);
    for (const int64_t value : beyond) {
      EXPECT_NE(RefusalOf(option.name, {std::to_string(value)}).find(bounds), std::string::npos)
          << option.name << ' ' << value;
      if (option.change == Change::kAtStart) continue;
      EXPECT_NE(ChangeRefusal({{option.name, std::to_string(value)}}).find(bounds),
                std::string::npos)
          << option.name << ' ' << value;
    }
  }
  EXPECT_GT(numbers, 60u);
}

TEST(OptionTable, GarbageIsRefusedByEveryOptionThatIsNoText) {
  size_t options = 0;
  for (const Option& option : AllOptions()) {
    for (const std::string& text : GarbageFor(option)) {
      EXPECT_NE(RefusalOf(option.name, {text}), "accepted") << option.name << " '" << text << "'";
      if (option.change == Change::kAtStart) continue;
      const std::string refusal = ChangeRefusal({{option.name, text}});
      EXPECT_TRUE(refusal.starts_with("CONFIG SET failed (possibly related to argument '" +
                                      option.name + "') - argument"))
          << refusal;
    }
    options += GarbageFor(option).empty() ? 0 : 1;
  }
  EXPECT_GE(options, 130u);
}

TEST(OptionTable, NamesAreFoundInAnyCase) {
  EXPECT_EQ(MustSet("MaxMemory", {"1"}).maxmemory, 1);
  EXPECT_EQ(GetOption(Config(), "PORT"), "6379");
}

TEST(OptionTable, BadValuesAreRefusedInTheWordsOfRedis) {
  EXPECT_EQ(RefusalOf("protected-mode", {"maybe"}), "argument must be 'yes' or 'no'");
  EXPECT_EQ(RefusalOf("port", {"x"}), "argument couldn't be parsed into an integer");
  EXPECT_EQ(RefusalOf("port", {"07"}), "argument couldn't be parsed into an integer");
  EXPECT_EQ(RefusalOf("port", {"65536"}), "argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(RefusalOf("port", {"-1"}), "argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(RefusalOf("maxclients", {"0"}), "argument must be between 1 and 4294967295 inclusive");
  EXPECT_EQ(RefusalOf("maxmemory", {"-1"}), "argument must be a memory value");
  EXPECT_EQ(RefusalOf("maxmemory", {"lots"}), "argument must be a memory value");
  EXPECT_EQ(RefusalOf("proto-max-bulk-len", {"1kb"}),
            "argument must be between 1048576 and 9223372036854775807 inclusive");
  EXPECT_EQ(RefusalOf("appendfsync", {"sometimes"}),
            "argument(s) must be one of the following: everysec, always, no");
  EXPECT_EQ(RefusalOf("oom-score-adj", {"x"}),
            "argument(s) must be one of the following: no, yes, relative, absolute");
  EXPECT_EQ(RefusalOf("rdbcompression", {"1"}), "argument must be 'yes' or 'no'");
  EXPECT_EQ(RefusalOf("slowlog-log-slower-than", {"-2"}),
            "argument must be between -1 and 9223372036854775807 inclusive");
  EXPECT_EQ(RefusalOf("repl-backlog-size", {"1x"}), "argument must be a memory value");
  EXPECT_EQ(RefusalOf("notify-keyspace-events", {"Kx!"}),
            "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
}

TEST(OptionTable, TheNumberOfWordsIsChecked) {
  EXPECT_EQ(RefusalOf("port", {}), "wrong number of arguments");
  EXPECT_EQ(RefusalOf("port", {"1", "2"}), "wrong number of arguments");
  EXPECT_EQ(RefusalOf("save", {}), "wrong number of arguments");
  EXPECT_EQ(RefusalOf("bind", Words(17, "::1")), "Too many bind addresses specified.");
}

TEST(OptionTable, UnknownNamesAreRefused) {
  EXPECT_EQ(RefusalOf("prot", {"7000"}), "Bad directive or wrong number of arguments");
  EXPECT_EQ(RefusalOf("", {"7000"}), "Bad directive or wrong number of arguments");
}

TEST(OptionTable, WhatWouldBreakAPromiseIsRefused) {
  EXPECT_EQ(RefusalOf("daemonize", {"yes"}), "not supported by Cordwood: the only value is 'no'");
  EXPECT_EQ(RefusalOf("daemonize", {"NO"}), "accepted");
  EXPECT_EQ(RefusalOf("unixsocket", {"/run/x.sock"}),
            "not supported by Cordwood: the only value is ''");
  EXPECT_EQ(RefusalOf("slaveof", {"10.0.0.1", "6379"}),
            "not supported by Cordwood: the only value is ''");
  EXPECT_NE(RefusalOf("cluster-enabled", {"yes"}), "accepted");
  EXPECT_NE(RefusalOf("tls-port", {"6380"}), "accepted");
  EXPECT_NE(RefusalOf("aclfile", {"/etc/users.acl"}), "accepted");
  EXPECT_EQ(RefusalOf("rename-command", {"FLUSHALL", ""}),
            "'rename-command' is not supported by Cordwood");
  EXPECT_EQ(RefusalOf("user", {"alice", "on"}), "'user' is not supported by Cordwood");
  EXPECT_EQ(RefusalOf("loadmodule", {"x.so"}), "'loadmodule' is not supported by Cordwood");
  EXPECT_EQ(RefusalOf("lua-replicate-commands", {"yes"}), "accepted");
}

TEST(OptionTable, OutputLimitsChangeOneClassOrSeveral) {
  EXPECT_EQ(Printed("client-output-buffer-limit", {"pubsub", "1mb", "512kb", "10"}),
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 524288 10");
  EXPECT_EQ(Printed("client-output-buffer-limit", {"normal 1 2 3 replica 4 5 6"}),
            "normal 1 2 3 slave 4 5 6 pubsub 33554432 8388608 60");
  EXPECT_EQ(RefusalOf("client-output-buffer-limit", {"normal", "1"}),
            "Wrong number of arguments in buffer limit configuration.");
  EXPECT_EQ(RefusalOf("client-output-buffer-limit", {"master", "0", "0", "0"}),
            "Invalid client class specified in buffer limit configuration.");
  EXPECT_EQ(RefusalOf("client-output-buffer-limit", {"normal", "0", "0", "-1"}),
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
}

TEST(OptionTable, TheShareOfClientsIsBytesOrAPercentage) {
  EXPECT_EQ(Printed("maxmemory-clients", {"1mb"}), "1048576");
  EXPECT_EQ(Printed("maxmemory-clients", {"7%"}), "7%");
  EXPECT_EQ(Printed("maxmemory-clients", {"100%"}), "100%");
  EXPECT_EQ(Printed("maxmemory-clients", {"0%"}), "0");
  EXPECT_EQ(RefusalOf("maxmemory-clients", {"101%"}),
            "percentage argument must be less or equal to 100");
  for (const std::string_view wrong : {"banana", "%", "x%", "-1%", "-1", ""}) {
    EXPECT_EQ(RefusalOf("maxmemory-clients", {std::string(wrong)}),
              "argument must be a memory or percent value")
        << wrong;
  }
}

TEST(OptionTable, ARefusedListChangesNothing) {
  Config config;
  const Words words = {"normal", "1", "1", "1", "nobody", "1", "1", "1"};
  EXPECT_FALSE(SetOption(config, "client-output-buffer-limit", words));
  EXPECT_EQ(config.client_output_buffer_limit[0], OutputBufferLimit{});
}

TEST(OptionTable, SavePointsComeInPairs) {
  EXPECT_EQ(Printed("save", {"900", "1", "300", "10"}), "900 1 300 10");
  EXPECT_EQ(Printed("save", {"900 1"}), "900 1");
  EXPECT_EQ(Printed("save", {""}), "");
  for (const Words& words : {Words{"900"}, Words{"0", "1"}, Words{"1", "-1"}, Words{"a", "1"}}) {
    EXPECT_EQ(RefusalOf("save", words), "Invalid save parameters");
  }
}

TEST(OptionTable, HzIsBroughtIntoItsRange) {
  EXPECT_EQ(Printed("hz", {"0"}), "1");
  EXPECT_EQ(Printed("hz", {"100000"}), "500");
}

TEST(OptionTable, ClassesOfEventsArePrintedInTheOrderOfRedis) {
  const std::string_view name = "notify-keyspace-events";
  EXPECT_EQ(Printed(name, {""}), "");
  EXPECT_EQ(Printed(name, {"Ex"}), "xE");
  EXPECT_EQ(Printed(name, {"KA"}), "AK");
  EXPECT_EQ(Printed(name, {"dtexzhsl$gEK"}), "AKE");
  EXPECT_EQ(Printed(name, {"KmEgnxx"}), "gxnKEm");
  EXPECT_EQ(Printed(name, {"K"}), "K");
  EXPECT_EQ(Printed(name, {"mA"}), "Am");
  // Redis forgets n beside A.
  EXPECT_EQ(Printed(name, {"mEnA"}), "AnEm");
}

TEST(OptionTable, AcceptedValuesAreNormalised) {
  EXPECT_EQ(Printed("maxmemory-policy", {"AllKeys-LRU"}), "allkeys-lru");
  EXPECT_EQ(Printed("repl-backlog-size", {"1mb"}), "1048576");
  EXPECT_EQ(Printed("appendonly", {"NO"}), "no");
  EXPECT_EQ(Printed("oom-score-adj-values", {"0", "100", "200"}), "0 100 200");
}

TEST(MatchOptions, GlobsMatchNamesAndAliasesOnce) {
  const std::vector<std::string_view> patterns = {"hash-max-*-ENTRIES", "hash-max-listpack-entries",
                                                  "nothing-like-it"};
  const std::vector<NameAndValue> expected = {{"hash-max-listpack-entries", "128"},
                                              {"hash-max-ziplist-entries", "128"}};
  EXPECT_EQ(MatchOptions(Config(), patterns), expected);
}

TEST(MatchOptions, AStarIsEverything) {
  const std::vector<std::string_view> patterns = {"*"};
  size_t names = 0;
  for (const Option& option : AllOptions()) names += option.alias.empty() ? 1 : 2;
  EXPECT_EQ(MatchOptions(Config(), patterns).size(), names);
}

TEST(MatchOptions, ANameIsToldAsItWasAskedFor) {
  const std::vector<std::string_view> name = {"MaxMemory"};
  EXPECT_EQ(MatchOptions(Config(), name), (std::vector<NameAndValue>{{"MaxMemory", "0"}}));
  const std::vector<std::string_view> pattern = {"MAXMEM?RY"};
  EXPECT_EQ(MatchOptions(Config(), pattern), (std::vector<NameAndValue>{{"maxmemory", "0"}}));
}

TEST(ChangeOptions, ChangesAllThatAreNamed) {
  Config config;
  const std::vector<OptionChange> changes = {{"maxmemory", "2mb"}, {"TIMEOUT", "5"}, {"save", ""}};
  ASSERT_TRUE(ChangeOptions(config, changes));
  EXPECT_EQ(config.maxmemory, 2 << 20);
  EXPECT_EQ(config.timeout_seconds, 5);
}

TEST(ChangeOptions, OneRefusalUndoesTheOthers) {
  Config config;
  const std::vector<OptionChange> changes = {{"maxmemory", "2mb"}, {"timeout", "soon"}};
  const Status status = ChangeOptions(config, changes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be "
            "parsed into an integer");
  EXPECT_EQ(config.maxmemory, 0);
}

TEST(ChangeOptions, RefusesWhatCannotBeChanged) {
  EXPECT_EQ(ChangeRefusal({{"Foo", "1"}}),
            "Unknown option or number of arguments for CONFIG SET - 'Foo'");
  EXPECT_EQ(ChangeRefusal({{"databases", "4"}}),
            "CONFIG SET failed (possibly related to argument 'databases') - can't set immutable "
            "config");
  EXPECT_EQ(ChangeRefusal({{"dir", "/tmp"}}),
            "CONFIG SET failed (possibly related to argument 'dir') - can't set protected config");
  EXPECT_EQ(ChangeRefusal({{"daemonize", "no"}}),
            "CONFIG SET failed (possibly related to argument 'daemonize') - can't set immutable "
            "config");
  EXPECT_EQ(ChangeRefusal({{"hash-max-listpack-value", "1"}, {"hash-max-ziplist-value", "2"}}),
            "CONFIG SET failed (possibly related to argument 'hash-max-ziplist-value') - duplicate "
            "parameter");
  EXPECT_EQ(ChangeRefusal({{"rename-command", "x"}}),
            "Unknown option or number of arguments for CONFIG SET - 'rename-command'");
}

TEST(AcceptedWithoutEffect, NamesWhatAsksForSomethingElse) {
  Config config;
  EXPECT_TRUE(AcceptedWithoutEffect(config).empty());
  ASSERT_TRUE(SetOption(config, "appendonly", Words{"yes"}));  // what happens anyway
  ASSERT_TRUE(SetOption(config, "save", Words{""}));
  ASSERT_TRUE(SetOption(config, "port", Words{"7000"}));
  EXPECT_TRUE(AcceptedWithoutEffect(config).empty());
  ASSERT_TRUE(SetOption(config, "save", Words{"900", "1"}));
  ASSERT_TRUE(SetOption(config, "lua-time-limit", Words{"100"}));
  EXPECT_EQ(AcceptedWithoutEffect(config), (Words{"busy-reply-threshold", "save"}));
}

}  // namespace
}  // namespace cordwood::config
