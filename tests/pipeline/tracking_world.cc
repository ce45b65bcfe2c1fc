#include "tests/pipeline/tracking_world.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "protocol/command_writer.h"

namespace cordwood::pipeline {
namespace {

using protocol::Value;

constexpr int kFieldsOfTheLong = 800;  // read in several slices
// Keys whose names begin so may expire, and only they.
constexpr std::string_view kMayExpire = "e";
// And these are told of by prefix.
constexpr std::string_view kToldByPrefix = "s";
constexpr std::string_view kKeyNames[] = {"s0", "s1", "s2", "s3", "h", "l", "e0", "e1"};

std::vector<std::string_view> Views(const std::vector<std::string>& argv) {
  return {argv.begin(), argv.end()};
}

}  // namespace

TrackingWorld::TrackingWorld(uint64_t seed)
    : env_(seed), random_(seed), server_(env_, TinyStoreOptions()) {
  CHECK(server_.Start().has_value());
  for (int i = 0; i < 2; ++i) writers_.push_back(server_.Connect());
  for (const bool resp3 : {false, true}) readers_[resp3] = server_.Connect();
  server_.SendCommand(readers_[true], {"HELLO", "3"});
  std::vector<std::string> fill = {"HSET", "h"};
  for (int i = 0; i < kFieldsOfTheLong; ++i) {
    fill.push_back(Format("field:{}", i));
    fill.push_back(std::string(60, 'v'));
  }
  Write(writers_[0], fill);
  if (random_.OneIn(3)) Write(writers_[0], {"CONFIG", "SET", "tracking-table-max-keys", "3"});
  server_.Settle();
  for (int kind = 0; kind < kKinds; ++kind) {
    clients_.push_back(std::make_unique<CachingClient>());
    clients_.back()->kind = static_cast<Kind>(kind);
    Join(*clients_.back());
  }
  server_.Settle();
}

TrackingWorld::~TrackingWorld() = default;

// --- what clients do ---

void TrackingWorld::Join(CachingClient& client) {
  client.id = server_.Connect();
  client.told = client.id;
  if (client.kind == Kind::kRedirect) {
    client.told = server_.Connect();
    server_.SendCommand(client.told, {"SUBSCRIBE", "__redis__:invalidate"});
  } else {
    Send(client, {"HELLO", "3"}, {});
  }
  Argv argv = {"CLIENT", "TRACKING", "ON"};
  if (client.kind == Kind::kNoLoop) argv.emplace_back("NOLOOP");
  if (client.kind == Kind::kOptIn) argv.emplace_back("OPTIN");
  if (client.kind == Kind::kRedirect) {
    argv.insert(argv.end(), {"REDIRECT", Format("{}", client.told)});
  }
  if (client.kind == Kind::kBroadcast) {
    argv.insert(argv.end(), {"BCAST", "PREFIX", std::string(kToldByPrefix)});
  }
  Send(client, argv, {});
}

void TrackingWorld::Leave(CachingClient& client) {
  server_.Disconnect(client.id);
  if (client.told != client.id) server_.Disconnect(client.told);
  server_.Receive(client.id);
  server_.Receive(client.told);
  client.kept.clear();
  client.asked.clear();
  client.replies = protocol::ReplyReader();
  client.messages = protocol::ReplyReader();
  ++totals_.left;
  Join(client);
}

void TrackingWorld::Send(CachingClient& client, const Argv& argv, Asked asked) {
  client.asked.push_back(std::move(asked));
  server_.SendCommand(client.id, Views(argv));
}

void TrackingWorld::Write(SessionId id, const Argv& argv) { server_.SendCommand(id, Views(argv)); }

std::string TrackingWorld::RandomKey() {
  return std::string(kKeyNames[random_.Below(std::size(kKeyNames))]);
}

TrackingWorld::Argv TrackingWorld::ReadOf(const std::string& key) const {
  if (key == "h") return {"HGETALL", key};
  if (key == "l") return {"LRANGE", key, "0", "-1"};
  return {"GET", key};
}

void TrackingWorld::Read(CachingClient& client) {
  const std::string key = RandomKey();
  bool keep = client.kind != Kind::kBroadcast || key.starts_with(kToldByPrefix);
  if (client.kind == Kind::kOptIn) {
    keep = random_.OneIn(2);
    if (keep) Send(client, {"CLIENT", "CACHING", "YES"}, {});
  }
  Send(client, ReadOf(key), {.key = key, .keep = keep});
}

TrackingWorld::Argv TrackingWorld::RandomWrite(std::string* key) {
  *key = RandomKey();
  const std::string value = Format("value:{}", ++written_);
  if (*key == "h") return {"HSET", *key, Format("field:{}", random_.Below(3)), value};
  if (*key == "l") {
    if (random_.OneIn(2)) return {"RPUSH", *key, value};
    return {"LPOP", *key};
  }
  if (key->starts_with(kMayExpire) && random_.OneIn(2)) {
    return {"SET", *key, value, "PX", Format("{}", 1 + random_.Below(200))};
  }
  switch (random_.Below(6)) {
    case 0:
      return {"DEL", *key};
    case 1:
      return {"APPEND", *key, value};
    case 2:
      if (key->starts_with(kMayExpire)) return {"PEXPIRE", *key, "50"};
      return {"GETDEL", *key};
    default:
      return {"SET", *key, value};
  }
}

void TrackingWorld::RunTransaction(CachingClient& client) {
  Send(client, {"MULTI"}, {});
  Asked exec;
  std::string written;
  for (uint64_t left = 1 + random_.Below(4); left > 0; --left) {
    Asked asked;
    if (random_.OneIn(2)) {
      asked.key = RandomKey();
      // Of what it writes itself somewhere in it, one that is not told of it keeps nothing.
      asked.keep = client.kind != Kind::kOptIn && client.kind != Kind::kNoLoop &&
                   (client.kind != Kind::kBroadcast || asked.key.starts_with(kToldByPrefix));
      Send(client, ReadOf(asked.key), {});
    } else {
      const Argv argv = RandomWrite(&written);
      asked.written = written;
      Send(client, argv, {});
    }
    exec.of_exec.push_back(std::move(asked));
  }
  Send(client, {"EXEC"}, std::move(exec));
}

// --- what they are sent ---

void TrackingWorld::TakeIn(CachingClient& client) {
  // Of two connections either may be read first.
  const bool replies_first = random_.OneIn(2);
  if (replies_first) TakeInReplies(client);
  TakeInMessages(client);
  if (!replies_first) TakeInReplies(client);
}

void TrackingWorld::TakeInReplies(CachingClient& client) {
  client.replies.Feed(server_.Receive(client.id));
  while (true) {
    const Result<std::optional<Value>> reply = client.replies.Next();
    ASSERT_TRUE(reply.has_value());
    if (!*reply) return;
    if ((*reply)->type == Value::Type::kPush) {
      TakePush(client, **reply);
      continue;
    }
    ASSERT_FALSE(client.asked.empty());
    const Asked asked = std::move(client.asked.front());
    client.asked.pop_front();
    TakeReply(client, asked, **reply);
  }
}

void TrackingWorld::TakeInMessages(CachingClient& client) {
  if (client.told == client.id) return;
  client.messages.Feed(server_.Receive(client.told));
  while (true) {
    const Result<std::optional<Value>> message = client.messages.Next();
    ASSERT_TRUE(message.has_value());
    if (!*message) return;
    if ((*message)->items.at(0).text == "message") TakePush(client, **message);
  }
}

void TrackingWorld::TakeReply(CachingClient& client, const Asked& asked, const Value& reply) {
  if (!asked.of_exec.empty()) {
    ASSERT_EQ(reply.items.size(), asked.of_exec.size());
    for (size_t i = 0; i < reply.items.size(); ++i) {
      TakeReply(client, asked.of_exec[i], reply.items[i]);
    }
    return;
  }
  // One that knows of its own writes drops what it wrote, or keeps the new value of what it kept.
  if (client.kind == Kind::kNoLoop && !asked.written.empty()) client.kept.erase(asked.written);
  if (asked.keep && !asked.key.empty()) client.kept[asked.key] = reply;
}

void TrackingWorld::TakePush(CachingClient& client, const Value& push) {
  const Value& what = push.items.back();
  if (what.IsNull()) {
    ++totals_.all_invalidated;
    for (const std::string_view key : kKeyNames) Drop(client, std::string(key));
    return;
  }
  for (const Value& key : what.items) Drop(client, key.text);
}

void TrackingWorld::Drop(CachingClient& client, const std::string& key) {
  totals_.invalidated += client.kept.erase(key);
  if (client.told == client.id) return;
  // From another connection it may come before the reply that it is about.
  const auto drop = [&key](Asked& asked) {
    if (asked.key == key) asked.keep = false;
  };
  for (Asked& asked : client.asked) {
    drop(asked);
    for (Asked& of_exec : asked.of_exec) drop(of_exec);
  }
}

// --- comparing ---

void TrackingWorld::Compare(CachingClient& client, const std::string& key, const Value& visible,
                            std::string_view when) {
  const auto kept = client.kept.find(key);
  ASSERT_TRUE(kept->second == visible)
      << when << ", kind " << static_cast<int>(client.kind) << " keeps of " << key << " '"
      << kept->second.text << "' with " << kept->second.items.size() << " items, and there is '"
      << visible.text << "' with " << visible.items.size();
}

bool TrackingWorld::TryRead(SessionId reader, const std::string& key, Value& value) {
  protocol::ReplyReader reply;
  server_.Receive(reader);
  if (server_.pipeline().Find(reader)->held()) return false;
  const std::vector<std::string> argv = ReadOf(key);
  server_.SendCommand(reader, Views(argv));
  reply.Feed(server_.Receive(reader));
  const Result<std::optional<Value>> read = reply.Next();
  if (!read || !*read) return false;
  value = **read;
  return true;
}

void TrackingWorld::CompareAtD() {
  while (server_.RunLoop()) {
  }
  for (const auto& client : clients_) {
    TakeIn(*client);
    // What it is told stands behind replies that wait for more to become visible.
    if (!client->asked.empty()) continue;
    const std::map<std::string, Value> kept = client->kept;
    for (const auto& [key, value] : kept) {
      if (key.starts_with(kMayExpire)) continue;  // it expires before it is removed
      Value visible;
      const uint64_t seq = server_.keyspace().store().visible();
      if (!TryRead(readers_[client->kind != Kind::kRedirect], key, visible)) continue;
      if (seq != server_.keyspace().store().visible()) return;
      TakeIn(*client);
      if (!client->kept.contains(key)) continue;
      Compare(*client, key, visible, "at D");
      ++totals_.compared_at_d;
    }
  }
}

void TrackingWorld::CompareSettled() {
  const auto owes = [this] {
    for (const auto& client : clients_) {
      TakeIn(*client);
      if (!client->asked.empty()) return true;
    }
    return server_.pipeline().outgoing().bytes() > 0;
  };
  for (int waits = 0; waits < 100 && owes(); ++waits) server_.RunForMs(10);
  // All that may expire does, and is removed.
  for (int ticks = 0; ticks < 5; ++ticks) {
    server_.Tick();
    server_.RunForMs(2);
  }
  for (const auto& client : clients_) {
    TakeIn(*client);
    ASSERT_TRUE(client->asked.empty()) << "kind " << static_cast<int>(client->kind);
    for (const auto& [key, kept] : client->kept) {
      const SessionId reader = readers_[client->kind != Kind::kRedirect];
      Value visible;
      if (!TryRead(reader, key, visible)) {
        server_.Settle();
        protocol::ReplyReader reply;
        reply.Feed(server_.Receive(reader));
        visible = **reply.Next();
      }
      Compare(*client, key, visible, "settled");
      ++totals_.compared;
    }
  }
}

void TrackingWorld::Step() {
  CachingClient& client = *clients_[random_.Below(clients_.size())];
  const SessionId writer = writers_[random_.Below(writers_.size())];
  std::string key;
  switch (random_.Below(16)) {
    case 0:
      env_.StallSyncs(".wal", 1 + random_.Below(40));
      break;
    case 1:
      server_.RunForMs(1 + random_.Below(5));
      break;
    case 2:
      server_.Tick();
      break;
    case 3: {
      const Argv argv = RandomWrite(&key);
      Send(client, argv, {.written = key});
      break;
    }
    case 4:
      RunTransaction(client);
      break;
    case 5:
      if (random_.OneIn(20)) Leave(client);
      break;
    case 6:
      if (random_.OneIn(4)) Write(writer, {random_.OneIn(2) ? "FLUSHALL" : "FLUSHDB"});
      if (random_.OneIn(4)) Write(writer, {"SWAPDB", "0", "1"});
      break;
    case 7:
      Write(writer, {"RENAME", Format("s{}", random_.Below(4)), Format("s{}", random_.Below(4))});
      break;
    case 8:
      for (uint64_t steps = random_.Below(20); steps > 0; --steps) server_.Step();
      break;
    case 9:
    case 10:
    case 11:
      Write(writer, RandomWrite(&key));
      break;
    default:
      Read(client);
  }
}

void TrackingWorld::Run(int events) {
  for (int event = 0; event < events; ++event) {
    Step();
    if (random_.OneIn(5)) CompareAtD();
    if (random_.OneIn(50)) CompareSettled();
    for (const SessionId writer : writers_) server_.Receive(writer);
    if (::testing::Test::HasFailure()) return;
  }
  CompareSettled();
}

}  // namespace cordwood::pipeline
