#include "tests/pipeline/blocking_world.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/format.h"
#include "base/number.h"
#include "protocol/command_writer.h"

namespace cordwood::pipeline {
namespace {

using support::PowerLoss;
using support::SimEnv;

constexpr size_t kPushers = 4;

std::string TextOf(size_t element) { return Format("e{}", element); }

/// The elements among the bulk strings of a reply.
std::vector<size_t> ElementsIn(std::string_view reply) {
  std::vector<size_t> elements;
  for (size_t at = reply.find("\r\ne"); at != std::string_view::npos;
       at = reply.find("\r\ne", at + 1)) {
    const std::string_view rest = reply.substr(at + 3);
    elements.push_back(ParseUint64(rest.substr(0, rest.find('\r'))).value());
  }
  return elements;
}

}  // namespace

void BlockingWorld::Totals::Add(const Totals& other) {
  delivered += other.delivered;
  moved += other.moved;
  timeouts += other.timeouts;
  unblocked += other.unblocked;
  gone += other.gone;
  missing += other.missing;
  power_losses += other.power_losses;
}

BlockingWorld::BlockingWorld(uint64_t seed, size_t clients, size_t keys)
    : random_(seed), keys_(keys), env_(std::make_unique<SimEnv>(seed)), clients_(clients) {}

BlockingWorld::~BlockingWorld() = default;

void BlockingWorld::Run(int lives, int events) {
  for (int life = 0; life < lives && !::testing::Test::HasFailure(); ++life) {
    Start();
    if (::testing::Test::HasFailure()) return;
    for (int i = 0; i < events; ++i) Event();
    if (life + 1 < lives) {
      Crash();
      continue;
    }
    BeQuiet();
    CheckQuiet();
    CheckLists();
    CheckNoTrace();
  }
}

void BlockingWorld::Start() {
  server_ = std::make_unique<SimServer>(*env_, TinyStoreOptions());
  ASSERT_TRUE(server_->Start());
  CheckLists();
  for (Client& client : clients_) {
    client = {.session = server_->Connect()};
    AskFor(client);
  }
  pushers_.assign(kPushers, {});
  for (Pusher& pusher : pushers_) pusher.session = server_->Connect();
  admin_ = server_->Connect();
}

std::string BlockingWorld::RandomKey() { return Format("k{}", random_.Below(keys_)); }

void BlockingWorld::Event() {
  Client& client = clients_[random_.Below(clients_.size())];
  switch (random_.Below(16)) {
    case 0:
      Leave(client, false);
      break;
    case 1:
      Leave(client, true);
      break;
    case 2:
      Unblock();
      break;
    case 3:
    case 4:
      server_->RunForMs(1 + random_.Below(20));
      break;
    case 5:
      server_->Tick();
      break;
    case 6:
    case 7:
    case 8:
      for (uint64_t steps = random_.Below(30); steps > 0 && server_->Step(); --steps) {
      }
      break;
    default:
      Push(pushers_[random_.Below(kPushers)]);
  }
  Collect();
  if (!client.asked) AskFor(client);
}

void BlockingWorld::AskFor(Client& client) {
  const std::string timeout = random_.OneIn(3) ? Format("0.0{}", 1 + random_.Below(99)) : "0";
  std::vector<std::string> argv;
  client.form = random_.OneIn(4) ? Form::kMove : Form::kPop;
  if (client.form == Form::kMove) {
    const bool left = random_.OneIn(2);
    argv = {"BLMOVE", RandomKey(), RandomKey(), left ? "LEFT" : "RIGHT", "LEFT", timeout};
  } else if (random_.OneIn(4)) {
    argv = {"BLMPOP", timeout, "2", RandomKey(), RandomKey(), "RIGHT", "COUNT", "1"};
  } else {
    argv = {random_.OneIn(2) ? "BLPOP" : "BRPOP"};
    for (uint64_t keys = 1 + random_.Below(3); keys > 0; --keys) argv.push_back(RandomKey());
    argv.push_back(timeout);
  }
  client.asked = true;
  server_->SendCommand(client.session, {argv.begin(), argv.end()});
  Collect(client);
}

void BlockingWorld::Push(Pusher& pusher) {
  if (!pusher.pushed.empty()) return;
  std::string bytes;
  const bool is_transaction = random_.OneIn(4);
  if (is_transaction) protocol::AppendCommand(bytes, std::vector<std::string_view>{"MULTI"});
  for (uint64_t commands = is_transaction ? 3 : 1; commands > 0; --commands) {
    std::vector<std::string> argv = {random_.OneIn(2) ? "LPUSH" : "RPUSH", RandomKey()};
    for (uint64_t values = 1 + random_.Below(3); values > 0; --values) {
      pusher.pushed.push_back(elements_.size());
      argv.push_back(TextOf(elements_.size()));
      elements_.emplace_back();
    }
    protocol::AppendCommand(bytes, std::vector<std::string_view>(argv.begin(), argv.end()));
  }
  if (is_transaction) protocol::AppendCommand(bytes, std::vector<std::string_view>{"EXEC"});
  server_->Send(pusher.session, bytes);
}

bool BlockingWorld::MayBeServed(const Client& client) const {
  const Session* const session = server_->pipeline().Find(client.session);
  return client.asked && client.form == Form::kPop && session->waiting == nullptr;
}

void BlockingWorld::Leave(Client& client, bool killed) {
  Collect(client);
  if (client.asked) ++totals_.gone;
  if (MayBeServed(client)) ++may_be_missing_;
  if (killed) {
    server_->SendCommand(admin_, {"CLIENT", "KILL", "ID", Format("{}", client.session)});
    EXPECT_TRUE(server_->Closed(client.session));
  } else {
    server_->Disconnect(client.session);
  }
  client = {.session = server_->Connect()};
}

void BlockingWorld::Unblock() {
  const Client& client = clients_[random_.Below(clients_.size())];
  server_->SendCommand(admin_, {"CLIENT", "UNBLOCK", Format("{}", client.session),
                                random_.OneIn(2) ? "ERROR" : "TIMEOUT"});
}

void BlockingWorld::Collect() {
  for (Client& client : clients_) Collect(client);
  for (Pusher& pusher : pushers_) Collect(pusher);
}

void BlockingWorld::Collect(Client& client) {
  const std::string reply = server_->Receive(client.session);
  if (reply.empty()) return;
  EXPECT_TRUE(client.asked) << reply;
  client.asked = false;
  const std::vector<size_t> elements = ElementsIn(reply);
  if (elements.empty()) {
    const bool is_error = reply.starts_with("-UNBLOCKED");
    EXPECT_TRUE(is_error || reply == "*-1\r\n") << reply;
    ++(is_error ? totals_.unblocked : totals_.timeouts);
    return;
  }
  EXPECT_EQ(elements.size(), 1u) << reply;
  if (client.form == Form::kMove) {
    ++totals_.moved;
    return;
  }
  ++totals_.delivered;
  Element& element = elements_.at(elements[0]);
  EXPECT_FALSE(element.delivered || element.missing) << "twice: " << elements[0];
  element.delivered = true;
}

void BlockingWorld::Collect(Pusher& pusher) {
  pusher.reply += server_->Receive(pusher.session);
  EXPECT_EQ(pusher.reply.find('-'), std::string::npos) << pusher.reply;
  // What MULTI and what is queued are answered with may come before the rest.
  if (pusher.reply.find(':') == std::string::npos) return;
  pusher.reply.clear();
  for (const size_t element : pusher.pushed) elements_[element].acknowledged = true;
  pusher.pushed.clear();
}

void BlockingWorld::Crash() {
  Collect();
  for (const Client& client : clients_) may_be_missing_ += MayBeServed(client) ? 1 : 0;
  const PowerLoss kinds[] = {PowerLoss::kRandom, PowerLoss::kDrop, PowerLoss::kKeep};
  std::unique_ptr<SimEnv> next = env_->LosePower(random_.Next(), kinds[random_.Below(3)]);
  ++totals_.power_losses;
  server_.reset();
  env_ = std::move(next);
}

void BlockingWorld::BeQuiet() {
  for (int i = 0; i < 30; ++i) {
    server_->RunForMs(10);
    server_->Tick();
  }
  server_->Settle();
  Collect();
  for (const Pusher& pusher : pushers_) EXPECT_TRUE(pusher.pushed.empty());
}

void BlockingWorld::CheckQuiet() {
  for (size_t key = 0; key < keys_; ++key) {
    const std::string name = Format("k{}", key);
    if (!server_->pipeline().blocked().NextInLine({0, name}, 0)) continue;
    EXPECT_EQ(server_->Ask({"LLEN", name}), ":0\r\n") << "somebody waits for " << name;
  }
  for (const Client& client : clients_) EXPECT_FALSE(MayBeServed(client));
}

void BlockingWorld::CheckLists() {
  std::vector<bool> found(elements_.size());
  for (size_t key = 0; key < keys_; ++key) {
    const std::string reply = server_->Ask({"LRANGE", Format("k{}", key), "0", "-1"});
    for (const size_t element : ElementsIn(reply)) {
      EXPECT_FALSE(found[element]) << element << " is there twice";
      EXPECT_FALSE(elements_[element].delivered) << element << " was delivered, and is back";
      EXPECT_FALSE(elements_[element].missing) << element << " is back";
      found[element] = true;
    }
  }
  for (size_t i = 0; i < elements_.size(); ++i) {
    Element& element = elements_[i];
    if (found[i] || element.delivered || element.missing) {
      element.acknowledged = true;  // what is there is kept
      continue;
    }
    element.missing = true;
    if (element.acknowledged) ++totals_.missing;
  }
  EXPECT_LE(totals_.missing, may_be_missing_);
}

void BlockingWorld::CheckNoTrace() {
  for (const Client& client : clients_) server_->Disconnect(client.session);
  const BlockedClients& blocked = server_->pipeline().blocked();
  EXPECT_EQ(blocked.clients(), 0u);
  EXPECT_EQ(blocked.keys(), 0u);
  EXPECT_EQ(blocked.timeouts(), 0u);
  EXPECT_FALSE(server_->keyspace().reports_signals());
}

}  // namespace cordwood::pipeline
