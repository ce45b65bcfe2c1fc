// The same random commands to the packaged Redis and to us: the bytes of all replies are equal,
// but for the rows of a table, each with its reason. Extended by adding forms to
// command_stream.cc.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"
#include "protocol/reply_reader.h"
#include "tests/commands/command_stream.h"
#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"
#include "tests/support/seeds.h"

namespace cordwood::commands {
namespace {

using protocol::Value;

constexpr size_t kBatch = 100;
constexpr size_t kHistory = 30;

/// How far replies may differ.
enum class Allowed : uint8_t {
  kOrder,  // the same elements in another order, once there are large hashes
  kPage,   // another page of a scan, once there are large hashes
  kItems,  // other elements, as many of them
  kSet,    // the same elements in another order
  kScan,   // a whole scan from 0: the same elements; else any page
  kRange,  // an error for what the packaged version takes
  kArity,  // the packaged version takes fewer arguments
};

struct Allowance {
  std::string_view command;
  Allowed allowed;
  std::string_view reason;
};

constexpr Allowance kAllowances[] = {
    {"hrandfield", Allowed::kItems, "the fields are chosen at random"},
    {"hgetall", Allowed::kOrder, "large hashes lie in the order of our hash function, or theirs"},
    {"hkeys", Allowed::kOrder, "as hgetall"},
    {"hvals", Allowed::kOrder, "as hgetall"},
    {"keys", Allowed::kSet, "ours are in order"},
    {"scan", Allowed::kScan, "as keys; cursors are ours"},
    {"randomkey", Allowed::kItems, "drawn at random"},
    {"memory", Allowed::kItems, "bytes in the store, not on the heap"},
    {"smembers", Allowed::kSet, "small sets lie in the order of insertion, or theirs of integers"},
    {"sinter", Allowed::kSet, "as smembers"},
    {"sunion", Allowed::kSet, "as smembers"},
    {"sdiff", Allowed::kSet, "as smembers"},
    {"spop", Allowed::kItems, "drawn at random; ours then gets what theirs has"},
    {"srandmember", Allowed::kItems, "drawn at random"},
    {"sscan", Allowed::kScan, "as smembers; COUNT is a hint, and cursors are ours"},
    {"zrank", Allowed::kArity, "7.2 has WITHSCORE"},
    {"zrevrank", Allowed::kArity, "7.2 has WITHSCORE"},
    {"zrandmember", Allowed::kItems, "drawn at random"},
    {"zscan", Allowed::kScan, "COUNT is a hint, and cursors are ours"},
    {"lpos", Allowed::kRange, "7.2 refuses the least rank"},
    {"hscan", Allowed::kPage, "as hgetall; COUNT is a hint, and cursors are ours"},
};

Value ParseReply(std::string_view bytes) {
  protocol::ReplyReader reader;
  reader.Feed(bytes);
  const auto value = reader.Next();
  EXPECT_TRUE(value && *value) << bytes;
  return value && *value ? **value : Value();
}

/// With every number as 7.2 prints it: the packaged version prints all 17 digits. And without the
/// sign of a zero, which Redis forgets in a listpack.
Value WithShortNumbers(Value value) {
  if (const std::optional<double> number = ParseDouble(value.text)) {
    value.text.clear();
    AppendDouble(value.text, *number == 0 ? 0 : *number);
  }
  if (value.number == 0) value.number = 0;
  for (Value& item : value.items) item = WithShortNumbers(std::move(item));
  return value;
}

/// The texts of the elements, of a pair of pairs together, in alphabetical order.
std::vector<std::string> Sorted(const Value& value, bool pairs) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < value.items.size(); ++i) {
    std::string text = ToText(value.items[i]);
    if (pairs && i + 1 < value.items.size()) text += " " + ToText(value.items[++i]);
    texts.push_back(std::move(text));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

bool SameButOrder(const Value& ours, const Value& theirs, bool pairs) {
  return ours.type == theirs.type && Sorted(ours, pairs) == Sorted(theirs, pairs);
}

bool IsPage(const Value& value) {
  return value.items.size() == 2 && value.items[0].type == Value::Type::kBulk &&
         value.items[1].type == Value::Type::kArray;
}

bool BothArePagesOfPairs(const Value& ours, const Value& theirs) {
  return IsPage(ours) && IsPage(theirs) && ours.items[1].items.size() % 2 == 0 &&
         theirs.items[1].items.size() % 2 == 0;
}

bool SameScan(const std::vector<std::string>& command, const Value& ours, const Value& theirs) {
  if (!IsPage(ours) || !IsPage(theirs)) return false;
  const bool whole = command[1] == "0" && ours.items[0].text == "0" && theirs.items[0].text == "0";
  return !whole || SameButOrder(ours.items[1], theirs.items[1], false);
}

bool MayDiffer(const std::vector<std::string>& command, const Value& our_value,
               const Value& their_value, bool has_hash_order) {
  const std::string name = ToLower(command[0]);
  for (const Allowance& row : kAllowances) {
    if (row.command != name) continue;
    switch (row.allowed) {
      case Allowed::kOrder:
        return has_hash_order && SameButOrder(our_value, their_value, name == "hgetall");
      case Allowed::kPage:
        return has_hash_order && BothArePagesOfPairs(our_value, their_value);
      case Allowed::kItems:
        return !our_value.IsError() && our_value.type == their_value.type &&
               our_value.items.size() == their_value.items.size();
      case Allowed::kSet:
        return SameButOrder(our_value, their_value, false);
      case Allowed::kScan:
        return SameScan(command, our_value, their_value);
      case Allowed::kArity:
        return their_value.text.starts_with("ERR wrong number of arguments");
      case Allowed::kRange:
        return our_value.text.starts_with("ERR value is out of range, value must between -9");
    }
  }
  return false;
}

/// The replies of EXEC, each as the reply of its command.
bool MayDifferEach(const std::vector<std::vector<std::string>>& commands, const Value& ours,
                   const Value& theirs) {
  if (ours.type != theirs.type || ours.items.size() != commands.size() ||
      theirs.items.size() != commands.size()) {
    return false;
  }
  for (size_t i = 0; i < commands.size(); ++i) {
    const bool same = ToText(ours.items[i]) == ToText(theirs.items[i]);
    if (!same && !MayDiffer(commands[i], ours.items[i], theirs.items[i], true)) return false;
  }
  return true;
}

std::string Quoted(std::string_view bytes) {
  Value value = {.type = Value::Type::kBulk, .text = std::string(bytes.substr(0, 400))};
  return ToText(value);
}

std::string Quoted(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& argument : command) text += Quoted(argument) + " ";
  return text;
}

class Differential {
 public:
  Differential(uint64_t seed, int resp, std::vector<CommandForms> families,
               const keyspace::KeyspaceOptions& options)
      : stream_(seed, std::move(families)), runner_({.seed = seed, .keyspace = options}) {
    runner_.UseResp(resp);
    if (resp == 3) server_.Run(std::vector<std::string>{"HELLO", "3"});
  }

  /// False after the first difference, which is a failure.
  bool RunBatch() {
    std::vector<std::vector<std::string>> commands;
    for (size_t i = 0; i < kBatch; ++i) commands.push_back(stream_.Next());
    const std::vector<std::string> theirs = server_.Run(commands);
    if (theirs.size() != commands.size()) {
      ADD_FAILURE() << "redis-server went away after " << Quoted(commands[theirs.size()]);
      return false;
    }
    for (size_t i = 0; i < kBatch; ++i) {
      if (!Compare(commands[i], theirs[i])) return false;
    }
    return true;
  }

 private:
  bool Compare(const std::vector<std::string>& command, const std::string& theirs) {
    const CommandRunner::Argv argv(command.begin(), command.end());
    const std::string ours = runner_.Execute(argv);
    history_.push_back(Quoted(command) + "-> " + Quoted(theirs));
    if (history_.size() > kHistory) history_.pop_front();
    if (theirs == "+QUEUED\r\n") queued_.push_back(command);
    if (ToLower(command[0]) == "multi" && theirs == "+OK\r\n") queued_.clear();
    if (ours == theirs) return true;
    const bool has_scores = ToLower(command[0]).starts_with("z");
    Value our_value = ParseReply(ours);
    Value their_value = ParseReply(theirs);
    if (has_scores) {
      our_value = WithShortNumbers(std::move(our_value));
      their_value = WithShortNumbers(std::move(their_value));
    }
    if (has_scores && ToText(our_value) == ToText(their_value)) return true;
    const bool may_differ = ToLower(command[0]) == "exec"
                                ? MayDifferEach(queued_, our_value, their_value)
                                : MayDiffer(command, our_value, their_value, HasHashOrder(command));
    if (may_differ) {
      if (ToLower(command[0]) == "spop") Exchange(command[1], our_value, their_value);
      return true;
    }
    std::string before;
    for (const std::string& line : history_) before += "  " + line + "\n";
    ADD_FAILURE() << "redis: " << Quoted(theirs) << "\nours:  " << Quoted(ours)
                  << "\nthe last commands, with the replies of redis:\n"
                  << before;
    return false;
  }

  /// Both have lost as many members, but not the same: ours gets what theirs has.
  void Exchange(const std::string& key, const Value& our_value, const Value& their_value) {
    const auto items = [](const Value& value) {
      return value.items.empty() ? std::vector<Value>{value} : value.items;
    };
    for (const Value& item : items(our_value)) runner_.Execute({"SADD", key, item.text});
    for (const Value& item : items(their_value)) runner_.Execute({"SREM", key, item.text});
  }

  /// Whether there is a hash that one of the two keeps in the order of a hash function.
  bool HasHashOrder(const std::vector<std::string>& command) {
    if (runner_.keyspace().NewestCount(0, keyspace::CounterKind::kObjects) > 0) return true;
    if (command.size() < 2) return false;
    return runner_.Execute({"OBJECT", "ENCODING", command[1]}) == "$9\r\nhashtable\r\n";
  }

  CommandStream stream_;
  RedisServer server_;
  CommandRunner runner_;
  std::deque<std::string> history_;
  std::vector<std::vector<std::string>> queued_;  // since MULTI
};

void Compare(int resp, const std::vector<CommandForms>& families,
             const keyspace::KeyspaceOptions& options = {}) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  for (const uint64_t seed : support::Seeds(20, 10'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Differential differential(seed, resp, families, options);
    for (int batch = 0; batch < 60; ++batch) {
      if (!differential.RunBatch()) return;
    }
  }
}

TEST(DifferentialWithRedis, Strings) { Compare(2, {StringForms()}); }

TEST(DifferentialWithRedis, Hashes) { Compare(2, {HashForms()}); }

TEST(DifferentialWithRedis, Sets) { Compare(2, {SetForms()}); }

TEST(DifferentialWithRedis, SetsInResp3) { Compare(3, {SetForms()}); }

TEST(DifferentialWithRedis, SortedSets) { Compare(2, {SortedSetForms()}); }

TEST(DifferentialWithRedis, SortedSetsInElements) {
  Compare(2, {SortedSetForms()}, {.inline_bytes_max = 0});
}

TEST(DifferentialWithRedis, SortedSetsInResp3) { Compare(3, {SortedSetForms()}); }

TEST(DifferentialWithRedis, SortedOperations) { Compare(2, {SortedOperationForms()}); }

TEST(DifferentialWithRedis, SortedOperationsInElements) {
  Compare(3, {SortedOperationForms()}, {.inline_bytes_max = 0});
}

TEST(DifferentialWithRedis, Geo) { Compare(2, {GeoForms()}); }

TEST(DifferentialWithRedis, GeoInElements) { Compare(3, {GeoForms()}, {.inline_bytes_max = 0}); }

TEST(DifferentialWithRedis, SortedSetsByName) { Compare(2, {LexForms()}); }

TEST(DifferentialWithRedis, SortedSetsByNameInElements) {
  Compare(3, {LexForms()}, {.inline_bytes_max = 0});
}

TEST(DifferentialWithRedis, Lists) { Compare(2, {ListForms()}); }

TEST(DifferentialWithRedis, ListsInElements) { Compare(2, {ListForms()}, {.inline_bytes_max = 0}); }

TEST(DifferentialWithRedis, ListsInResp3) { Compare(3, {ListForms(), TransactionForms()}); }

TEST(DifferentialWithRedis, Keys) { Compare(2, {KeyForms()}); }

TEST(DifferentialWithRedis, Transactions) {
  Compare(2, {TransactionForms(), KeyForms(), HashForms()});
}

TEST(DifferentialWithRedis, TransactionsInResp3) { Compare(3, {TransactionForms(), KeyForms()}); }

TEST(DifferentialWithRedis, KeysInResp3) { Compare(3, {KeyForms()}); }

TEST(DifferentialWithRedis, StringsAndHashesInResp3) { Compare(3, {StringForms(), HashForms()}); }

}  // namespace
}  // namespace cordwood::commands
