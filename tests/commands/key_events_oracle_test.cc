// The same commands to the packaged Redis and to us: what is told of keys is the same, in the same
// order. Cases that are written down are compared with what Redis says of them.

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "base/format.h"
#include "base/number.h"
#include "protocol/reply_reader.h"
#include "tests/commands/command_stream.h"
#include "tests/commands/event_cases.h"
#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"
#include "tests/support/seeds.h"

namespace cordwood::commands {
namespace {

using Words = std::vector<std::string>;
using protocol::Value;

constexpr std::string_view kFence = "fence";

Value ValueOf(std::string_view bytes) {
  protocol::ReplyReader reader;
  reader.Feed(bytes);
  const auto value = reader.Next();
  CHECK(value && *value);
  return **value;
}

/// A redis-server of which a second connection is told all events.
class RedisTeller {
 public:
  explicit RedisTeller(std::string_view letters)
      : listener_(server_.Connect()), fence_(server_.Connect()) {
    const std::string events = "E" + std::string(letters);
    CHECK(server_.Run(Words{"CONFIG", "SET", "notify-keyspace-events", events}) == kOk);
    CHECK(server_.Run(Words{"DEBUG", "SET-ACTIVE-EXPIRE", "0"}) == kOk);
    listener_->Run(Words{"SUBSCRIBE", std::string(kFence)});
    listener_->Run(Words{"PSUBSCRIBE", "__keyevent@*__:*"});
  }

  std::string Run(const Words& command) { return server_.Run(command); }

  /// What was told since the last call. All that came before the fence is in front of it.
  std::string TakeEvents() {
    fence_->Run(Words{"PUBLISH", std::string(kFence), ""});
    std::string events;
    while (true) {
      const Value message = ValueOf(listener_->Next());
      if (message.items[0].text == "message") return events;
      // pmessage, the pattern, __keyevent@<db>__:<event>, the key
      std::string_view channel = message.items[2].text;
      channel.remove_prefix(channel.find('@') + 1);
      const size_t end = channel.find("__:");
      const int64_t db = ParseInt64(channel.substr(0, end)).value_or(-1);
      AppendEvent(channel.substr(end + 3), message.items[3].text, static_cast<int>(db), events);
    }
  }

 private:
  RedisServer server_;
  std::unique_ptr<RedisConnection> listener_;
  std::unique_ptr<RedisConnection> fence_;
};

std::string TextOf(const Words& command) {
  std::string text;
  for (const std::string& word : command) {
    text += ToText(Value{.type = Value::Type::kBulk, .text = word}) + " ";
  }
  return text;
}

TEST(KeyEventsOracle, TheCasesAreThoseOfRedis) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  RedisTeller redis(keyspace::kEventLetters);
  for (const EventCase& each : EventCases()) {
    if (each.is_first) redis.Run({"FLUSHALL"});
    const std::string reply = redis.Run(each.argv);
    EXPECT_EQ(redis.TakeEvents(), each.events) << TextOf(each.argv) << "-> " << reply;
  }
}

/// Random commands to both. That a key had expired is left out: here reads do not find out.
class Twins {
 public:
  Twins(uint64_t seed, std::vector<CommandForms> families, const keyspace::KeyspaceOptions& options)
      : stream_(seed, std::move(families)), ours_({.seed = seed, .keyspace = options}) {
    ours_.keyspace().SetReportedEvents(keyspace::EventsOf(kLetters));
  }

  /// False after the first difference, which is a failure.
  bool RunOne() {
    const Words command = stream_.Next();
    // What it takes is drawn: the two would no longer hold the same.
    if (ToLower(command[0]) == "spop") return true;
    const std::string their_reply = theirs_.Run(command);
    const std::string our_reply = ours_.Execute({command.begin(), command.end()});
    const std::string their_events = theirs_.TakeEvents();
    const std::string our_events = ours_.TakeEvents();
    history_.push_back(TextOf(command) + "-> " + their_reply.substr(0, 200));
    if (history_.size() > kHistory) history_.pop_front();
    if (our_events == their_events) return true;
    // 7.0 and 7.2 do not know the same arguments.
    if (our_reply.starts_with('-') != their_reply.starts_with('-')) return true;
    std::string before;
    for (const std::string& line : history_) before += "  " + line + "\n";
    ADD_FAILURE() << "redis: " << their_events << "\nours:  " << our_events
                  << "\nthe last commands, with the replies of redis:\n"
                  << before;
    return false;
  }

 private:
  static constexpr size_t kHistory = 20;
  static constexpr std::string_view kLetters = "g$lshznm";

  CommandStream stream_;
  CommandRunner ours_;
  RedisTeller theirs_{kLetters};
  std::deque<std::string> history_;
};

void CompareEvents(const std::vector<CommandForms>& families,
                   const keyspace::KeyspaceOptions& options = {}) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  for (const uint64_t seed : support::Seeds(3, 10'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Twins twins(seed, families, options);
    for (int i = 0; i < 1000; ++i) {
      if (!twins.RunOne()) return;
    }
  }
}

TEST(KeyEventsOracle, Strings) { CompareEvents({StringForms()}); }

TEST(KeyEventsOracle, Hashes) { CompareEvents({HashForms()}); }

TEST(KeyEventsOracle, Lists) { CompareEvents({ListForms()}); }

TEST(KeyEventsOracle, ListsInElements) { CompareEvents({ListForms()}, {.inline_bytes_max = 0}); }

TEST(KeyEventsOracle, Sets) { CompareEvents({SetForms()}); }

TEST(KeyEventsOracle, SortedSets) { CompareEvents({SortedSetForms(), SortedOperationForms()}); }

TEST(KeyEventsOracle, SortedSetsByName) { CompareEvents({LexForms()}); }

TEST(KeyEventsOracle, Geo) { CompareEvents({GeoForms()}); }

TEST(KeyEventsOracle, KeysAndTransactions) {
  CompareEvents({KeyForms(), TransactionForms(), HashForms(), StringForms()});
}

}  // namespace
}  // namespace cordwood::commands
