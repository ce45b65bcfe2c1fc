// Power loss judged on reply bytes. Each connection writes keys of its own, so its replies and its
// state after any number of its commands are known; an observer reads everybody's. After a crash:
//  - the state of every connection is that after a prefix of its commands,
//  - which holds every command whose reply arrived, and every value that the observer was shown.

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/random.h"
#include "protocol/command_writer.h"
#include "tests/pipeline/sim_server.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

using KeyState = std::map<std::string, std::string>;

constexpr int kClients = 4;
constexpr int kKeysEach = 12;

std::string Bulk(const std::optional<std::string>& value) {
  if (!value) return "$-1\r\n";
  return Format("${}\r\n{}\r\n", value->size(), *value);
}

// A client that knows what every one of its commands must answer.
struct Writer {
  SessionId session = 0;
  std::vector<KeyState> states = {{}};  // after 0, 1, 2, ... commands
  std::vector<std::string> replies;     // that its commands must get
  size_t acknowledged = 0;              // commands whose reply arrived
  std::string unread;                   // received, not matched yet
  size_t at_least = 0;                  // what the observer proved to be there
};

class World {
 public:
  World(uint64_t seed, config::AppendFsync appendfsync) : random_(seed) {
    config_.appendfsync = appendfsync;
    env_ = std::make_unique<support::SimEnv>(seed);
    for (int i = 0; i < kClients; ++i) writers_.emplace_back();
  }

  void Start() {
    server_ = std::make_unique<SimServer>(*env_, TinyStoreOptions(), config_);
    const Status started = server_->Start();
    if (!env_->frozen()) {
      ASSERT_TRUE(started) << started.error().message() << env_->Report();
    }
  }

  void Connect() {
    for (size_t i = 0; i < writers_.size(); ++i) {
      writers_[i].session = server_->Connect();
      writers_[i].states = {writers_[i].states.back()};
      writers_[i].replies.clear();
      writers_[i].acknowledged = 0;
      writers_[i].at_least = 0;
      writers_[i].unread.clear();
    }
    observer_ = server_->Connect();
    observed_key_.clear();
  }

  void Work(int rounds) {
    for (int round = 0; round < rounds && !env_->frozen(); ++round) {
      const size_t i = random_.Below(writers_.size());
      std::string bytes;
      const uint64_t pipelined = 1 + random_.Below(4);
      for (uint64_t n = 0; n < pipelined; ++n) AppendRandomCommand(i, bytes);
      server_->Send(writers_[i].session, bytes);
      for (uint64_t steps = random_.Below(30); steps > 0; --steps) server_->Step();
      if (random_.OneIn(20)) server_->Tick();
      if (random_.OneIn(3)) Observe();
      Collect();
      if (::testing::Test::HasFailure()) return;
    }
  }

  void Crash() {
    Collect();
    std::unique_ptr<support::SimEnv> next =
        random_.OneIn(4) ? env_->Kill() : env_->LosePower(random_.Next());
    server_.reset();
    env_ = std::move(next);
  }

  void Verify(bool lost_allowed) {
    for (size_t i = 0; i < writers_.size(); ++i) {
      Writer& writer = writers_[i];
      KeyState found;
      for (int k = 0; k < kKeysEach; ++k) {
        const std::string key = KeyOf(i, static_cast<uint64_t>(k));
        const std::string reply = server_->Ask({"GET", key});
        if (reply != "$-1\r\n") found[key] = reply;
      }
      const size_t least = lost_allowed ? 0 : std::max(writer.acknowledged, writer.at_least);
      size_t prefix = writer.states.size();
      for (size_t p = least; p < writer.states.size(); ++p) {
        if (writer.states[p] == found) prefix = p;
      }
      ASSERT_LT(prefix, writer.states.size())
          << "client " << i << ": no prefix of at least " << least << " of "
          << writer.states.size() - 1 << " commands explains the state" << env_->Report();
      writer.states = {found};
    }
  }

  support::SimEnv& env() { return *env_; }
  Random& random() { return random_; }

 private:
  static std::string KeyOf(size_t writer, uint64_t key) { return Format("c{}:{}", writer, key); }

  void AppendRandomCommand(size_t i, std::string& bytes) {
    Writer& writer = writers_[i];
    KeyState state = writer.states.back();
    const std::string key = KeyOf(i, random_.Below(kKeysEach));
    const uint64_t choice = random_.Below(10);
    std::string reply;
    if (choice < 5) {
      const std::string value =
          Format("{}.{}", next_value_++, std::string(random_.Below(200), 'x'));
      protocol::AppendCommand(bytes, std::vector<std::string_view>{"SET", key, value});
      state[key] = Bulk(value);
      reply = "+OK\r\n";
    } else if (choice < 7) {
      protocol::AppendCommand(bytes, std::vector<std::string_view>{"DEL", key});
      reply = Format(":{}\r\n", state.erase(key));
    } else {
      protocol::AppendCommand(bytes, std::vector<std::string_view>{"GET", key});
      const auto found = state.find(key);
      reply = found == state.end() ? "$-1\r\n" : found->second;
    }
    writer.states.push_back(std::move(state));
    writer.replies.push_back(std::move(reply));
  }

  // Matches what arrived with what had to.
  void Collect() {
    for (Writer& writer : writers_) {
      writer.unread += server_->Receive(writer.session);
      while (writer.acknowledged < writer.replies.size()) {
        const std::string& expected = writer.replies[writer.acknowledged];
        if (writer.unread.size() < expected.size()) break;
        ASSERT_EQ(writer.unread.substr(0, expected.size()), expected);
        writer.unread.erase(0, expected.size());
        ++writer.acknowledged;
      }
    }
  }

  // What a plain read shows can never be taken back.
  void Observe() {
    if (observed_key_.empty()) {
      observed_writer_ = random_.Below(writers_.size());
      observed_key_ = KeyOf(observed_writer_, random_.Below(kKeysEach));
      server_->SendCommand(observer_, {"GET", observed_key_});
    }
    const std::string reply = server_->Receive(observer_);
    if (reply.empty()) return;  // its block is being fetched
    const std::string key = std::exchange(observed_key_, {});
    if (reply == "$-1\r\n") return;
    Writer& writer = writers_[observed_writer_];
    for (size_t p = 0; p < writer.states.size(); ++p) {
      const auto found = writer.states[p].find(key);
      if (found == writer.states[p].end() || found->second != reply) continue;
      writer.at_least = std::max(writer.at_least, p);
      return;
    }
    ADD_FAILURE() << "the observer saw what nobody wrote: " << reply;
  }

  config::Config config_;
  Random random_;
  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;
  std::vector<Writer> writers_;
  SessionId observer_ = 0;
  size_t observed_writer_ = 0;
  std::string observed_key_;  // asked for, not answered yet
  uint64_t next_value_ = 0;
};

void RunSeed(uint64_t seed, config::AppendFsync appendfsync) {
  SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
  World world(seed, appendfsync);
  const bool lost_allowed = appendfsync != config::AppendFsync::kAlways;
  for (int crash = 0; crash < 4; ++crash) {
    world.Start();
    if (::testing::Test::HasFailure()) return;
    world.Verify(lost_allowed);
    if (::testing::Test::HasFailure()) return;
    world.Connect();
    if (world.random().OneIn(2)) {
      world.env().CrashAtCall(world.env().Calls() + 1 + world.random().Below(400));
    }
    world.Work(static_cast<int>(world.random().Below(80)));
    if (::testing::Test::HasFailure()) return;
    world.Crash();
  }
}

TEST(PowerLoss, LosesNothingThatWasAcknowledgedOrShown) {
  for (const uint64_t seed : support::Seeds(100, 2000)) {
    RunSeed(seed, config::AppendFsync::kAlways);
    if (HasFailure()) return;
  }
}

TEST(PowerLoss, AnEverySecondServerStartsWithAPrefix) {
  for (const uint64_t seed : support::Seeds(40, 500)) {
    RunSeed(seed, config::AppendFsync::kEverySecond);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace cordwood::pipeline
