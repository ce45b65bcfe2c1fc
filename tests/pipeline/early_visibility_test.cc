// Nobody learns of a write before it is durable, by whatever way: each command that writes, beside
// those who are told without asking, who wait for it, and who look.

#include <string>
#include <string_view>
#include <vector>

#include "tests/commands/event_cases.h"
#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kStallMs = 2000;
// A write may be in a group behind one that stalls, too.
constexpr uint64_t kEnoughMs = 3 * kStallMs;

/// Of what was looked for and is not there, reads tell at once.
bool TellsOfAWrite(std::string_view events) {
  constexpr std::string_view kBetween = ", ";
  constexpr std::string_view kMissed = "keymiss ";
  while (events.starts_with(kMissed)) {
    const size_t end = events.find(kBetween);
    events = end == std::string_view::npos ? "" : events.substr(end + kBetween.size());
  }
  return !events.empty();
}

class EarlyVisibility : public BlockingFixture {
 protected:
  struct Ear {
    std::string_view name;
    SessionId id = 0;
  };

  void SetUp() override {
    Start({.enable_debug_command = config::AllowedFrom::kEverywhere});
    a_ = server_->Connect();
    b_ = server_->Connect();
    c_ = server_->Connect();
    Ask(a_, {"CONFIG", "SET", "notify-keyspace-events", "KEg$lshzxetdn"});
    Add("subscriber", {"PSUBSCRIBE", "*"});
    Add("monitor", {"MONITOR"});
    Add("tracking client", {"CLIENT", "TRACKING", "ON", "BCAST"});
  }
  void Add(std::string_view name, const Argv& argv) {
    ears_.push_back({.name = name, .id = server_->Connect()});
    ASSERT_TRUE(Ask(ears_.back().id, {"HELLO", "3"}).starts_with('%'));
    const std::string reply = Ask(ears_.back().id, argv);
    ASSERT_FALSE(reply.starts_with('-')) << reply;
  }
  void ForgetWhatCame() {
    server_->Settle();
    for (const Ear& ear : ears_) server_->Receive(ear.id);
  }
  /// What somebody sees who asks at once, which no stalled sync keeps from an answer.
  std::string Seen(const std::vector<std::string>& keys) {
    std::string seen;
    for (const std::string& key : keys) {
      for (const Argv& argv :
           {Argv{"TYPE", key}, Argv{"PEXPIRETIME", key}, Argv{"OBJECT", "ENCODING", key},
            Argv{"STRLEN", key}, Argv{"HLEN", key}, Argv{"LLEN", key}, Argv{"SCARD", key},
            Argv{"ZCARD", key}}) {
        server_->SendCommand(b_, argv);
      }
    }
    server_->SendCommand(b_, {"DBSIZE"});
    seen += server_->Receive(b_);
    return seen;
  }
  void StepWithoutTime() {
    while (env_.Step()) server_->RunLoop();
    while (server_->RunLoop()) {
    }
  }
  /// Runs the command while the log stalls. Whether anybody was told of it in the end.
  void ExpectNobodyKnows(const Argv& argv) {
    ForgetWhatCame();
    const std::vector<std::string> words(argv.begin() + 1, argv.end());
    const std::string before = Seen(words);
    ForgetWhatCame();
    env_.StallSyncs(".wal", kStallMs);
    server_->SendCommand(a_, argv);
    StepWithoutTime();
    if (!server_->Receive(a_).empty()) return;  // it had nothing to write
    EXPECT_EQ(Seen(words), before);
    for (const Ear& ear : ears_) {
      const std::string heard = server_->Receive(ear.id);
      // The reader above reads, and MONITOR says so.
      if (ear.name != "monitor") {
        EXPECT_EQ(heard, "") << ear.name;
      } else {
        EXPECT_EQ(heard.find(Format("\"{}\"", argv[0])), std::string::npos) << heard;
      }
    }
    server_->RunForMs(kEnoughMs);
    for (const Ear& ear : ears_) {
      const std::string heard = Got(ear.id);
      EXPECT_TRUE(ear.name != "subscriber" || !heard.empty());
    }
    server_->Receive(a_);
  }

  std::vector<Ear> ears_;
};

TEST_F(EarlyVisibility, NobodyLearnsOfAWriteBeforeItIsDurable) {
  int cases = 0;
  for (const commands::EventCase& each : commands::EventCases()) {
    if (each.is_first) Ask(a_, {"FLUSHALL"});
    const Argv argv(each.argv.begin(), each.argv.end());
    SCOPED_TRACE(testing::PrintToString(each.argv));
    if (!TellsOfAWrite(each.events)) {
      Ask(a_, argv);
      continue;
    }
    ExpectNobodyKnows(argv);
    ++cases;
  }
  EXPECT_GT(cases, 100);
}

// Who waits is served by the newest state, and still hears nothing of it.
TEST_F(EarlyVisibility, NobodyIsServedWhatIsNotDurable) {
  const std::vector<std::pair<Argv, Argv>> cases = {
      {{"BLPOP", "k", "0"}, {"RPUSH", "k", "1"}},
      {{"BRPOP", "k", "0"}, {"LPUSH", "k", "1"}},
      {{"BLMOVE", "k", "to", "LEFT", "LEFT", "0"}, {"RPUSH", "k", "1"}},
      {{"BLMPOP", "0", "1", "k", "LEFT"}, {"RPUSH", "k", "1", "2"}},
      {{"BZPOPMIN", "k", "0"}, {"ZADD", "k", "1", "a"}},
      {{"BZPOPMAX", "k", "0"}, {"ZADD", "k", "1", "a"}},
      {{"BZMPOP", "0", "1", "k", "MIN"}, {"ZADD", "k", "1", "a", "2", "b"}},
  };
  for (const auto& [wait, write] : cases) {
    SCOPED_TRACE(testing::PrintToString(wait));
    Ask(a_, {"FLUSHALL"});
    EXPECT_EQ(Ask(c_, wait), "");
    ForgetWhatCame();
    env_.StallSyncs(".wal", kStallMs);
    server_->SendCommand(a_, write);
    StepWithoutTime();
    EXPECT_EQ(server_->Receive(c_), "");
    for (const Ear& ear : ears_) EXPECT_EQ(server_->Receive(ear.id), "") << ear.name;
    server_->RunForMs(kEnoughMs);
    EXPECT_NE(Got(c_), "");
    EXPECT_NE(Got(a_), "");
  }
}

}  // namespace
}  // namespace cordwood::pipeline
