// Options that act on a running server, from CONFIG SET to what clients see.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class Options : public ::testing::Test {
 protected:
  Options() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  void Set(std::string_view option, std::string_view value) {
    ASSERT_EQ(server_.Ask({"CONFIG", "SET", option, value}), "+OK\r\n") << option;
  }
  std::string Get(std::string_view option) {
    const std::string reply = server_.Ask({"CONFIG", "GET", option});
    const size_t end = reply.size() - 2;
    const size_t start = reply.rfind('\n', end - 1) + 1;
    return reply.substr(start, end - start);
  }
  // Overwrites one key, so that the store itself stays small.
  void Write(uint64_t bytes) {
    const std::string value(1 << 10, 'v');
    for (uint64_t done = 0; done < bytes; done += value.size()) {
      ASSERT_EQ(server_.Ask({"SET", "k", value}), "+OK\r\n");
    }
    server_.Settle();
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(Options, MaxmemorySetsTheSizeOfMemtables) {
  Write(64 << 10);
  EXPECT_GT(server_.InfoNumber("flushes"), 1);  // the tiny ones that the store began with
  Set("maxmemory", "150mb");
  EXPECT_EQ(server_.InfoNumber("maxmemory"), 150 << 20);
  Write(1 << 10);
  const int64_t before = server_.InfoNumber("flushes");
  Write(256 << 10);
  EXPECT_EQ(server_.InfoNumber("flushes"), before);
  EXPECT_GT(server_.InfoNumber("mem_memtables"), 256 << 10);
  Write(800 << 10);
  EXPECT_EQ(server_.InfoNumber("flushes"), before);  // a fifteenth is 10 MB
  Set("maxmemory", "1mb");
  Write(1 << 10);
  EXPECT_EQ(server_.InfoNumber("flushes"), before + 1);  // a megabyte is the least
}

TEST_F(Options, MaxmemorySetsTheSizeOfTheBlockCache) {
  // Blocks that no compression makes small.
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    std::string value(4000, '\0');
    for (char& byte : value) byte = static_cast<char>(env_.RandomU64());
    ASSERT_EQ(server_.Ask({"SET", key, value}), "+OK\r\n");
  }
  server_.Settle();
  const auto read_all = [&] {
    for (int i = 0; i < 2000; ++i) {
      ASSERT_EQ(server_.Ask({"STRLEN", "key:" + std::to_string(i)}), ":4000\r\n");
    }
  };
  read_all();
  EXPECT_LT(server_.InfoNumber("mem_block_cache"), 1 << 20);  // the tiny one
  Set("maxmemory", "64mb");
  read_all();
  EXPECT_GT(server_.InfoNumber("mem_block_cache"), 7 << 20);
  Set("maxmemory", "1mb");
  EXPECT_LE(server_.InfoNumber("mem_block_cache"), 4 << 20);  // the least that it has
}

TEST_F(Options, NotifyKeyspaceEventsSaysWhatTransactionsTell) {
  using keyspace::EventClass;
  const auto reports = [&](EventClass event_class) {
    return server_.keyspace().reports_events(event_class);
  };
  EXPECT_FALSE(reports(EventClass::kExpired));
  Set("notify-keyspace-events", "Ex");
  EXPECT_EQ(Get("notify-keyspace-events"), "xE");
  EXPECT_TRUE(reports(EventClass::kExpired));
  EXPECT_FALSE(reports(EventClass::kGeneric));
  Set("maxmemory", "100mb");
  EXPECT_TRUE(reports(EventClass::kExpired));
  Set("notify-keyspace-events", "");
  EXPECT_FALSE(reports(EventClass::kExpired));
}

TEST_F(Options, RequestsThatTheMemoryBudgetDoesNotHoldAreRefused) {
  Set("maxmemory", "256mb");
  EXPECT_EQ(server_.InfoNumber("effective_proto_max_bulk_len"), 32 << 20);
  EXPECT_EQ(server_.InfoNumber("effective_client_query_buffer_limit"), 64 << 20);
  EXPECT_EQ(server_.Ask({"CONFIG", "SET", "proto-max-bulk-len", "512mb"}),
            "-ERR CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument "
            "must be at most 33554432, an eighth of the memory budget; raise maxmemory first\r\n");
  EXPECT_EQ(server_.Ask({"CONFIG", "SET", "Client-Query-Buffer-Limit", "1gb"}),
            "-ERR CONFIG SET failed (possibly related to argument 'Client-Query-Buffer-Limit') - "
            "argument must be at most 67108864, a quarter of the memory budget; raise maxmemory "
            "first\r\n");
  EXPECT_EQ(Get("proto-max-bulk-len"), std::to_string(512 << 20));  // as it was
  // All or nothing.
  EXPECT_TRUE(server_.Ask({"CONFIG", "SET", "maxclients", "7", "proto-max-bulk-len", "512mb"})
                  .starts_with("-ERR "));
  EXPECT_NE(Get("maxclients"), "7");
  Set("proto-max-bulk-len", "32mb");
  Set("proto-max-bulk-len", "1mb");
  EXPECT_EQ(server_.Ask({"CONFIG", "SET", "maxmemory", "4gb", "proto-max-bulk-len", "512mb"}),
            "+OK\r\n");
  EXPECT_EQ(Get("proto-max-bulk-len"), std::to_string(512 << 20));
}

TEST_F(Options, ASmallerBudgetTakesSmallerRequests) {
  const SessionId client = server_.Connect();
  server_.SendCommand(client, {"PING"});
  EXPECT_EQ(server_.Receive(client), "+PONG\r\n");
  Set("maxmemory", "16mb");
  EXPECT_EQ(server_.InfoNumber("effective_proto_max_bulk_len"), 2 << 20);
  // Connections that are there already keep to it, too.
  server_.Send(client, "*2\r\n$4\r\nECHO\r\n$2097153\r\n");
  EXPECT_EQ(server_.Receive(client), "-ERR Protocol error: invalid bulk length\r\n");
}

TEST_F(Options, WhatASmallerBudgetTookALargerOneGivesBack) {
  const SessionId client = server_.Connect();
  Set("client-query-buffer-limit", "7mb");
  Set("maxmemory", "100");
  EXPECT_EQ(server_.InfoNumber("effective_proto_max_bulk_len"), 1 << 20);
  EXPECT_EQ(server_.InfoNumber("effective_client_query_buffer_limit"), 2 << 20);
  EXPECT_EQ(Get("proto-max-bulk-len"), std::to_string(512 << 20));
  EXPECT_EQ(Get("client-query-buffer-limit"), std::to_string(7 << 20));
  Set("maxmemory", "0");
  EXPECT_EQ(server_.InfoNumber("effective_proto_max_bulk_len"), 512 << 20);
  EXPECT_EQ(server_.InfoNumber("effective_client_query_buffer_limit"), 7 << 20);
  // The same connection takes what it took before.
  server_.SendCommand(client, {"SET", "k", std::string(5 << 20, 'v')});
  server_.Settle();
  EXPECT_EQ(server_.Receive(client), "+OK\r\n");
}

TEST_F(Options, ABudgetThatTheMachineDoesNotHaveIsRefused) {
  for (const std::string_view bytes : {"9223372036854775807", "100gb", "17179869185"}) {
    EXPECT_EQ(server_.Ask({"CONFIG", "SET", "maxmemory", bytes}),
              "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must "
              "be at most 17179869184, what this machine, or the control group of the process, has "
              "of memory; 0 takes half of it\r\n");
  }
  EXPECT_EQ(Get("maxmemory"), "0");
  Set("maxmemory", "17179869184");
}

TEST_F(Options, WithoutAPasswordNobodyHasToAuthenticate) {
  const SessionId admin = server_.Connect();
  Set("requirepass", "secret");
  const SessionId client = server_.Connect();
  server_.SendCommand(client, {"GET", "k"});
  EXPECT_EQ(server_.Receive(client), "-NOAUTH Authentication required.\r\n");
  server_.SendCommand(admin, {"CONFIG", "SET", "requirepass", ""});
  EXPECT_EQ(server_.Receive(admin), "+OK\r\n");
  server_.SendCommand(client, {"GET", "k"});
  EXPECT_EQ(server_.Receive(client), "$-1\r\n");
  server_.SendCommand(client, {"SET", "k", std::string(100 << 10, 'v')});
  server_.Settle();
  EXPECT_EQ(server_.Receive(client), "+OK\r\n");
}

TEST_F(Options, TimeoutClosesIdleClients) {
  const SessionId idle = server_.Connect();
  const SessionId active = server_.Connect();
  server_.SendCommand(idle, {"PING"});
  const auto tick = [&](int count) {
    for (int i = 0; i < count; ++i) {
      server_.Tick();
      server_.SendCommand(active, {"PING"});
    }
  };
  tick(100);
  EXPECT_FALSE(server_.Closed(idle));  // 0, the default: never
  server_.SendCommand(idle, {"PING"});
  Set("timeout", "3");
  tick(29);
  EXPECT_FALSE(server_.Closed(idle));
  tick(2);
  EXPECT_TRUE(server_.Closed(idle));
  EXPECT_FALSE(server_.Closed(active));
}

TEST_F(Options, TimeoutCountsFromTheReply) {
  Set("timeout", "1");
  const SessionId client = server_.Connect();
  env_.StallSyncs(".wal", 5000);
  server_.SendCommand(client, {"SET", "k", "v"});
  env_.RunForMs(4000);
  server_.Tick();
  EXPECT_FALSE(server_.Closed(client));  // it is not the one who is idle
  env_.RunForMs(2000);
  server_.Settle();
  EXPECT_EQ(server_.Receive(client), "+OK\r\n");
  server_.Tick();
  EXPECT_FALSE(server_.Closed(client));
  env_.AdvanceMs(1000);
  server_.Tick();
  EXPECT_TRUE(server_.Closed(client));
}

TEST_F(Options, TheOutputBufferLimitOfNormalClientsClosesThoseBeyondIt) {
  ASSERT_EQ(server_.Ask({"SET", "big", std::string(20'000, 'v')}), "+OK\r\n");
  const auto ask_for = [&](SessionId client, int replies) {
    // They wait for the sync of the connection's own write.
    server_.SendCommand(client, {"SET", "k", "v"});
    for (int i = 0; i < replies; ++i) server_.SendCommand(client, {"GET", "big"});
  };
  env_.StallSyncs(".wal", 60'000);
  const SessionId before = server_.Connect();
  ask_for(before, 20);
  server_.Tick();
  EXPECT_FALSE(server_.Closed(before));  // 0, the default: no limit
  env_.RunForMs(61'000);
  server_.Settle();
  Set("client-output-buffer-limit", "normal 100kb 0 0");
  env_.StallSyncs(".wal", 60'000);
  const SessionId below = server_.Connect();
  const SessionId beyond = server_.Connect();
  ask_for(below, 4);
  ask_for(beyond, 6);
  server_.Tick();
  EXPECT_FALSE(server_.Closed(below));
  EXPECT_TRUE(server_.Closed(beyond));
  env_.RunForMs(61'000);
  server_.Settle();
  EXPECT_EQ(server_.InfoNumber("client_output_buffer_limit_disconnections"), 1);
}

TEST(OptionsOfExpiry, ActiveExpireEffortSetsHowManyKeysATurnRemoves) {
  support::SimEnv env(1);
  SimServer server(env, {});  // one memtable holds it all: no block is cold
  ASSERT_TRUE(server.Start());
  const SessionId client = server.Connect();
  for (int i = 0; i < 12'000; ++i) {
    server.SendCommand(client, {"SET", "key:" + std::to_string(i), "v", "PX", "1"});
  }
  server.Settle();
  env.AdvanceMs(10);
  const auto expired = [&] { return server.keyspace().stats().expired_keys.load(); };
  server.pipeline().Tick();
  EXPECT_EQ(expired(), 250u);
  server.config().active_expire_effort = 4;
  server.pipeline().Turn();
  EXPECT_EQ(expired(), 1250u);
  server.Settle();
  EXPECT_EQ(expired(), 12'000u) << "it goes on while there is more";
}

TEST_F(Options, TheLimitsOfSmallHashesSetWhenOneIsKeptByItsElements) {
  const auto encoding = [&](std::string_view key) {
    return server_.Ask({"OBJECT", "ENCODING", key});
  };
  const std::string small = "$8\r\nlistpack\r\n";
  const std::string large = "$9\r\nhashtable\r\n";
  EXPECT_EQ(server_.Ask({"HSET", "a", "f", std::string(64, 'v')}), ":1\r\n");
  EXPECT_EQ(server_.Ask({"HSET", "b", "f", std::string(65, 'v')}), ":1\r\n");
  EXPECT_EQ(encoding("a"), small);
  EXPECT_EQ(encoding("b"), large);
  Set("hash-max-listpack-value", "100");
  EXPECT_EQ(server_.Ask({"HSET", "c", "f", std::string(100, 'v')}), ":1\r\n");
  EXPECT_EQ(server_.Ask({"HSET", "d", std::string(101, 'f'), "v"}), ":1\r\n");
  EXPECT_EQ(encoding("c"), small);
  EXPECT_EQ(encoding("d"), large);
  Set("hash-max-listpack-entries", "2");
  EXPECT_EQ(server_.Ask({"HSET", "e", "1", "v", "2", "v"}), ":2\r\n");
  EXPECT_EQ(encoding("e"), small);
  EXPECT_EQ(server_.Ask({"HSET", "e", "3", "v"}), ":1\r\n");
  EXPECT_EQ(encoding("e"), large);
}

TEST_F(Options, TheLimitsOfSmallSetsSetWhatOneIsKeptBy) {
  const auto encoding = [&](std::string_view key) {
    return server_.Ask({"OBJECT", "ENCODING", key});
  };
  const std::string integers = "$6\r\nintset\r\n";
  const std::string small = "$8\r\nlistpack\r\n";
  const std::string large = "$9\r\nhashtable\r\n";
  Set("set-max-intset-entries", "2");
  EXPECT_EQ(server_.Ask({"SADD", "a", "1", "2"}), ":2\r\n");
  EXPECT_EQ(encoding("a"), integers);
  EXPECT_EQ(server_.Ask({"SADD", "a", "3"}), ":1\r\n");
  EXPECT_EQ(encoding("a"), large);
  Set("set-max-listpack-entries", "3");
  EXPECT_EQ(server_.Ask({"SADD", "b", "x", "2", "3"}), ":3\r\n");
  EXPECT_EQ(encoding("b"), small);
  EXPECT_EQ(server_.Ask({"SADD", "b", "4"}), ":1\r\n");
  EXPECT_EQ(encoding("b"), large);
  Set("set-max-listpack-value", "5");
  EXPECT_EQ(server_.Ask({"SADD", "c", "12345"}), ":1\r\n");
  EXPECT_EQ(server_.Ask({"SADD", "c", "abcde"}), ":1\r\n");
  EXPECT_EQ(encoding("c"), small);
  EXPECT_EQ(server_.Ask({"SADD", "d", "abcdef"}), ":1\r\n");
  EXPECT_EQ(encoding("d"), large);
}

TEST_F(Options, TheLimitsOfSmallSortedSetsSetWhatOneIsKeptBy) {
  const auto encoding = [&](std::string_view key) {
    return server_.Ask({"OBJECT", "ENCODING", key});
  };
  const std::string small = "$8\r\nlistpack\r\n";
  const std::string large = "$8\r\nskiplist\r\n";
  Set("zset-max-listpack-entries", "2");
  EXPECT_EQ(server_.Ask({"ZADD", "a", "1", "x", "2", "y"}), ":2\r\n");
  EXPECT_EQ(encoding("a"), small);
  EXPECT_EQ(server_.Ask({"ZADD", "a", "3", "z"}), ":1\r\n");
  EXPECT_EQ(encoding("a"), large);
  Set("zset-max-listpack-value", "5");
  EXPECT_EQ(server_.Ask({"ZADD", "b", "1", "abcde"}), ":1\r\n");
  EXPECT_EQ(encoding("b"), small);
  EXPECT_EQ(server_.Ask({"ZADD", "c", "1", "abcdef"}), ":1\r\n");
  EXPECT_EQ(encoding("c"), large);
}

TEST_F(Options, TheLimitOfSmallListsActsAsTheyGrowAndShrink) {
  const auto encoding = [&] { return server_.Ask({"OBJECT", "ENCODING", "l"}); };
  const std::string small = "$8\r\nlistpack\r\n";
  const std::string large = "$9\r\nquicklist\r\n";
  Set("list-max-listpack-size", "4");
  EXPECT_EQ(server_.Ask({"RPUSH", "l", "a", "b", "c", "d"}), ":4\r\n");
  EXPECT_EQ(encoding(), small);
  EXPECT_EQ(server_.Ask({"RPUSH", "l", "e"}), ":5\r\n");
  EXPECT_EQ(encoding(), large);
  EXPECT_EQ(server_.Ask({"LPOP", "l", "2"}), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(encoding(), large);
  EXPECT_EQ(server_.Ask({"LPOP", "l"}), "$1\r\nc\r\n");
  EXPECT_EQ(encoding(), small) << "at half of it";
  Set("list-max-listpack-size", "-1");
  EXPECT_EQ(server_.Ask({"LPUSH", "l", std::string(5000, 'v')}), ":3\r\n");
  EXPECT_EQ(encoding(), large);
}

TEST_F(Options, TheBytesOfCollectionsInlineSetWhenOneIsKeptByItsElements) {
  const auto objects = [&] {
    return server_.keyspace().NewestCount(0, keyspace::CounterKind::kObjects);
  };
  const auto fill = [&](std::string_view key) {
    for (const std::string_view field : {"f", "g", "h"}) {
      EXPECT_EQ(server_.Ask({"HSET", key, field, std::string(30, 'v')}), ":1\r\n");
    }
  };
  fill("a");
  EXPECT_EQ(objects(), 0);
  Set("collection-max-inline-bytes", "80");
  fill("b");
  EXPECT_EQ(objects(), 1);
}

}  // namespace
}  // namespace cordwood::pipeline
