// What COMMAND tells of each row, beside what the packaged Redis 7.0 tells of the same command. The
// target is 7.2: what that changed is a table here, each row with its reason. A row that no longer
// differs has to go.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "protocol/reply_reader.h"
#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

using protocol::Value;

struct Difference {
  std::string_view command;
  std::string_view what;
  std::string_view reason;
};

constexpr Difference kSince70[] = {
    {"command|getkeys", "arity", "7.2 takes a command without arguments"},
    {"command|getkeysandflags", "arity", "7.2 takes a command without arguments"},
    {"client|setname", "tips", "7.2 tells clusters where to send it"},
    {"config|resetstat", "tips", "7.2 tells clusters where to send it"},
    {"config|rewrite", "tips", "7.2 tells clusters where to send it"},
    {"msetnx", "tips", "7.2 has no policy for it: it cannot be split"},
    {"randomkey", "tips", "7.2 tells that replies are not simply joined"},
    {"scan", "tips", "7.2 tells that replies are not simply joined"},
    {"psetex", "deprecated_since", "7.2 tells since when SET does it"},
    {"psetex", "doc_flags", "7.2 tells since when SET does it"},
    {"quit", "deprecated_since", "7.2 tells clients to close the connection"},
    {"quit", "doc_flags", "7.2 tells clients to close the connection"},
    {"setex", "deprecated_since", "7.2 tells since when SET does it"},
    {"setex", "doc_flags", "7.2 tells since when SET does it"},
    {"setnx", "deprecated_since", "7.2 tells since when SET does it"},
    {"setnx", "doc_flags", "7.2 tells since when SET does it"},
    {"client|kill", "arguments", "7.2 names addresses, and the choices of SKIPME"},
    {"client|list", "arguments", "7.2 names the types otherwise, and needs no block for ids"},
    {"client|pause", "since", "7.2 counts from the release"},
    {"client|reply", "arguments", "7.2 calls the choice action"},
    {"client|unblock", "arguments", "7.2 calls the choice unblock-type"},
    {"command|getkeys", "arguments", "7.2 has some"},
    {"command|getkeysandflags", "arguments", "7.2 has some"},
    {"config|get", "arguments", "7.2 needs no block for one argument"},
    {"config|set", "arguments", "7.2 calls its pairs data"},
    {"flushall", "arguments", "7.2 calls the choice flush-type"},
    {"flushdb", "arguments", "7.2 calls the choice flush-type"},
    {"hello", "arguments", "7.2 calls user and password auth"},
    {"hmset", "arguments", "7.2 calls its pairs data"},
    {"hset", "arguments", "7.2 calls its pairs data"},
    {"lcs", "arguments", "7.2 has another name than that of LEN for its operand"},
    {"mset", "arguments", "7.2 calls its pairs data"},
    {"msetnx", "arguments", "7.2 calls its pairs data"},
    {"shutdown", "arguments", "7.2 calls the choice save-selector"},
    {"wait", "categories", "7.2 knows that it blocks"},
    {"wait", "flags", "7.2 knows that it blocks, and lets scripts call it"},
    {"blmove", "flags", "7.2 lets scripts call it"},
    {"blpop", "flags", "7.2 lets scripts call it"},
    {"brpop", "flags", "7.2 lets scripts call it"},
    {"brpoplpush", "flags", "7.2 lets scripts call it"},
    {"bzpopmax", "flags", "7.2 lets scripts call it"},
    {"bzpopmin", "flags", "7.2 lets scripts call it"},
    {"zadd", "arguments", "7.2 calls its pairs data"},
    {"zrange", "arguments", "7.2 calls the operands limit"},
    {"zrangebylex", "arguments", "7.2 calls the operands limit"},
    {"zrangebyscore", "arguments", "7.2 calls the operands limit"},
    {"zrank", "arguments", "7.2 has WITHSCORE"},
    {"zrank", "arity", "7.2 has WITHSCORE"},
    {"zrevrangebylex", "arguments", "7.2 calls the operands limit"},
    {"zrevrangebyscore", "arguments", "7.2 calls the operands limit"},
    {"zrevrank", "arguments", "7.2 has WITHSCORE"},
    {"zrevrank", "arity", "7.2 has WITHSCORE"},
    {"geoadd", "arguments", "7.2 calls its triples data"},
    {"geodist", "arguments", "7.2 has units in small letters"},
    {"geohash", "arguments", "7.2 takes no member, too"},
    {"geopos", "arguments", "7.2 takes no member, too"},
    {"georadius", "arguments", "7.2 has units in small letters"},
    {"georadius_ro", "arguments", "7.2 has units in small letters"},
    {"georadiusbymember", "arguments", "7.2 has units in small letters"},
    {"georadiusbymember_ro", "arguments", "7.2 has units in small letters"},
    {"geosearch", "arguments", "7.2 has units in small letters"},
    {"geosearchstore", "arguments", "7.2 has units in small letters"},
    {"zrangestore", "arguments", "7.2 calls the operands limit"},
    {"waitaof", "", "new in 7.2"},
    {"client|no-touch", "", "new in 7.2"},
    {"client|setinfo", "", "new in 7.2"},
    {"commandlog", "", "of Valkey"},
    {"commandlog|get", "", "of Valkey"},
    {"commandlog|help", "", "of Valkey"},
    {"commandlog|len", "", "of Valkey"},
    {"commandlog|reset", "", "of Valkey"},
    {"compact", "", "ours"},
    {"digest", "", "new in 8.4"},
};

/// What is told of each command: by its name, then by what it is about.
using Facts = std::map<std::string, std::map<std::string, std::string>>;

/// Sentences are everybody's own, and 7.0 has no texts to show instead of names.
bool IsLeftOut(const Value& key) { return key.text == "notes" || key.text == "display_text"; }

/// Without what is left out, at every depth. A map of RESP2 is an array of keys and values.
Value Cut(Value value) {
  const auto keys_and_values = [&](size_t i) { return i + 1 < value.items.size() && i % 2 == 0; };
  for (size_t i = 0; i < value.items.size(); ++i) {
    while (keys_and_values(i) && IsLeftOut(value.items[i])) {
      const auto at = value.items.begin() + static_cast<std::ptrdiff_t>(i);
      value.items.erase(at, at + 2);
    }
    if (i < value.items.size()) value.items[i] = Cut(std::move(value.items[i]));
  }
  return value;
}

std::string InOrder(Value set) {
  std::ranges::sort(set.items, {}, &Value::text);
  return ToText(set);
}

void TakeInfo(const Value& info, Facts& facts) {
  ASSERT_EQ(info.items.size(), 10U) << ToText(info);
  auto& about = facts[info.items[0].text];
  about["arity"] = ToText(info.items[1]);
  about["flags"] = InOrder(info.items[2]);
  about["first key"] = ToText(info.items[3]);
  about["last key"] = ToText(info.items[4]);
  about["step"] = ToText(info.items[5]);
  about["categories"] = InOrder(info.items[6]);
  about["tips"] = InOrder(info.items[7]);
  about["key specs"] = ToText(Cut(info.items[8]));
  about["kind of subcommands"] = Format("{}", static_cast<int>(info.items[9].type));
  for (const Value& subcommand : info.items[9].items) TakeInfo(subcommand, facts);
}

/// `docs` has names and maps.
void TakeDocs(const Value& docs, Facts& facts) {
  for (size_t i = 0; i + 1 < docs.items.size(); i += 2) {
    auto& about = facts[docs.items[i].text];
    const Value& map = docs.items[i + 1];
    for (size_t j = 0; j + 1 < map.items.size(); j += 2) {
      const std::string& what = map.items[j].text;
      const Value& told = map.items[j + 1];
      if (what == "subcommands") TakeDocs(told, facts);
      const bool is_fact = what == "since" || what == "group" || what == "arguments" ||
                           what == "doc_flags" || what == "deprecated_since";
      if (is_fact) about[what] = ToText(Cut(told));
    }
  }
}

Value Parse(std::string_view bytes) {
  protocol::ReplyReader reader;
  reader.Feed(bytes);
  const auto value = reader.Next();
  EXPECT_TRUE(value && *value) << bytes.substr(0, 100);
  return value && *value ? **value : Value();
}

class CommandOracle : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
    server_.emplace();
    if (Theirs({"INFO", "server"}).find("redis_version:7.0.") == std::string::npos) {
      GTEST_SKIP() << "redis-server is another version";
    }
    Theirs({"HELLO", Format("{}", GetParam())});
    runner_.UseResp(GetParam());
  }

  std::string Ours(const std::vector<std::string>& argv) {
    return runner_.Execute({argv.begin(), argv.end()});
  }
  std::string Theirs(const std::vector<std::string>& argv) { return server_->Run(argv); }

  static Facts FactsOf(
      const std::function<std::string(const std::vector<std::string>& argv)>& ask) {
    Facts facts;
    const Value infos = Parse(ask({"COMMAND", "INFO"}));
    for (const Value& info : infos.items) TakeInfo(info, facts);
    TakeDocs(Parse(ask({"COMMAND", "DOCS"})), facts);
    return facts;
  }

  std::optional<RedisServer> server_;
  CommandRunner runner_;
};

/// Rows that reply that something is not there tell of themselves that alone, and DEBUG has
/// subcommands of its own.
bool IsForWhatIsAbsent(std::string_view command) {
  constexpr std::string_view kNames[] = {"cluster",   "debug",  "failover", "function",
                                         "lastsave",  "module", "readonly", "readwrite",
                                         "replicaof", "role",   "slaveof"};
  const std::string_view name = command.substr(0, command.find('|'));
  return std::ranges::find(kNames, name) != std::end(kNames);
}

INSTANTIATE_TEST_SUITE_P(Resp, CommandOracle, testing::Values(2, 3));

TEST_P(CommandOracle, TellsTheSameOfEachCommand) {
  const Facts ours = FactsOf([&](const std::vector<std::string>& argv) { return Ours(argv); });
  Facts theirs = FactsOf([&](const std::vector<std::string>& argv) { return Theirs(argv); });
  std::set<std::pair<std::string_view, std::string_view>> differences;
  for (const Difference& row : kSince70) differences.emplace(row.command, row.what);
  size_t compared = 0;
  for (const auto& [command, about] : ours) {
    if (IsForWhatIsAbsent(command)) continue;
    if (!theirs.contains(command)) {
      EXPECT_EQ(differences.erase({command, ""}), 1U) << "they have no " << command;
      continue;
    }
    auto& of_theirs = theirs[command];
    for (const auto& [what, text] : about) of_theirs.try_emplace(what);  // told by us alone
    for (const auto& [what, text] : of_theirs) {
      ++compared;
      const auto it = about.find(what);
      const std::string& of_ours = it != about.end() ? it->second : "";
      if (of_ours == text || differences.erase({command, what}) == 1) continue;
      ADD_FAILURE() << command << ": " << what << "\nredis: " << text << "\nours:  " << of_ours;
    }
  }
  for (const auto& [command, what] : differences) {
    ADD_FAILURE() << command << ": " << what << " does not differ, or is not there";
  }
  EXPECT_GT(compared, 1000U);
}

TEST_P(CommandOracle, FindsTheSameKeys) {
  const std::vector<std::vector<std::string>> requests = {
      {"SET", "k", "v"},
      {"set", "k", "v", "Get"},
      {"SET", "k", "v", "EX", "GET"},
      {"SET", "k"},
      {"GET", "a"},
      {"GET", "a", "b"},
      {"GETEX", "k", "PERSIST"},
      {"MSET", "a", "1", "b", "2"},
      {"MSET", "a", "1", "b"},
      {"MSET", "a"},
      {"MSETNX", "a", "1"},
      {"LCS", "a", "b", "LEN"},
      {"LCS", "a"},
      {"DEL", "a", "b", "a"},
      {"UNLINK", "a"},
      {"TOUCH", "a", "b"},
      {"EXISTS", "a"},
      {"COPY", "a", "b"},
      {"COPY", "a", "b", "DB", "x"},
      {"COPY", "a"},
      {"RENAME", "a", "b"},
      {"RENAMENX", "a", "b"},
      {"MOVE", "k", "1"},
      {"EXPIRE", "k", "1", "NX"},
      {"OBJECT", "encoding", "k"},
      {"OBJECT", "ENCODING"},
      {"OBJECT", "HELP"},
      {"OBJECT", "FOO", "k"},
      {"MEMORY", "USAGE", "k", "SAMPLES", "0"},
      {"HSET", "h", "f", "v"},
      {"HSET", "h", "f"},
      {"HRANDFIELD", "h"},
      {"HSCAN", "h", "0"},
      {"SADD", "s", "m"},
      {"SMOVE", "a", "b", "m"},
      {"SINTER", "a", "b"},
      {"SDIFFSTORE", "d", "a", "b"},
      {"SINTERSTORE", "d", "a"},
      {"SINTERCARD", "2", "a", "b", "LIMIT", "1"},
      {"SINTERCARD", "3", "a", "b"},
      {"SPOP", "s", "2"},
      {"KEYS", "*"},
      {"SCAN", "0"},
      {"SWAPDB", "0", "1"},
      {"PING", "x"},
      {"CLIENT", "ID"},
      {"CLIENT", "FOO"},
      {"CONFIG", "GET", "x"},
      {"COMMAND", "GETKEYS", "get", "a"},
      {"FOO", "x"},
      {"", "x"},
  };
  for (const char* subcommand : {"GETKEYS", "GETKEYSANDFLAGS"}) {
    for (const std::vector<std::string>& request : requests) {
      std::vector<std::string> argv = {"COMMAND", subcommand};
      argv.insert(argv.end(), request.begin(), request.end());
      EXPECT_EQ(Ours(argv), Theirs(argv)) << subcommand << " " << request[0];
    }
  }
}

TEST_P(CommandOracle, RepliesTheSameToOtherRequests) {
  const std::vector<std::vector<std::string>> requests = {
      {"COMMAND", "INFO", "nope"},
      {"COMMAND", "INFO", "get", "config|nope", "nope|get"},
      {"COMMAND", "INFO", "OBJECT|Freq"},
      {"COMMAND", "DOCS", "nope"},
      {"COMMAND", "LIST", "FILTERBY"},
      {"COMMAND", "LIST", "FILTERBY", "ACLCAT"},
      {"COMMAND", "LIST", "FILTERBY", "FOO", "x"},
      {"COMMAND", "LIST", "FOO"},
      {"COMMAND", "LIST", "FILTERBY", "MODULE", "x"},
      {"COMMAND", "LIST", "FILTERBY", "ACLCAT", "nope"},
      {"COMMAND", "LIST", "FILTERBY", "PATTERN", "get"},
      {"COMMAND", "LIST", "filterby", "pattern", "INCRBYF*"},
      {"COMMAND", "COUNT", "x"},
      {"COMMAND", "FOO"},
  };
  for (const std::vector<std::string>& request : requests) {
    EXPECT_EQ(Ours(request), Theirs(request)) << request[1] << " " << request.back();
  }
}

}  // namespace
}  // namespace cordwood::commands
