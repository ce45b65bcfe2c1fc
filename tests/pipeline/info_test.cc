// What INFO and CLIENT LIST say after things of which it is known what they should say.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/number.h"
#include "commands/core/redis_version.h"
#include "protocol/command_writer.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using Fields = std::map<std::string, std::string>;
using Words = std::vector<std::string_view>;

int64_t Number(const Fields& fields, const std::string& name) {
  const auto found = fields.find(name);
  EXPECT_NE(found, fields.end()) << name;
  if (found == fields.end()) return -1;
  const std::optional<int64_t> number = ParseInt64(found->second);
  EXPECT_TRUE(number.has_value()) << name << " is " << found->second;
  return number.value_or(-1);
}

double Decimal(const Fields& fields, const std::string& name) {
  return ParseDouble(fields.at(name)).value_or(-1);
}

// One of the numbers of a line like runs=1,files=2,bytes=3.
int64_t PartOf(const std::string& line, const std::string& name) {
  const size_t start = line.find(name + "=") + name.size() + 1;
  return ParseInt64(line.substr(start, line.find_first_of(", \n", start) - start)).value_or(-1);
}

// Over all levels.
int64_t SumOfLevels(const Fields& fields, const std::string& part) {
  int64_t sum = 0;
  for (const auto& [name, value] : fields) {
    if (name.starts_with("level")) sum += PartOf(value, part);
  }
  return sum;
}

class InfoTest : public ::testing::Test {
 protected:
  InfoTest() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  // On one connection, so that counters grow by its commands alone.
  std::string Run(const Words& argv) {
    if (client_ == 0) client_ = server_.Connect();
    server_.SendCommand(client_, argv);
    server_.Settle();
    return server_.Receive(client_);
  }
  void Set(std::string_view key, std::string_view value) {
    ASSERT_EQ(Run({"SET", key, value}), "+OK\r\n");
  }
  void SetMany(int count, size_t value_bytes) {
    for (int i = 0; i < count; ++i) {
      std::string value(value_bytes, '\0');
      for (char& byte : value) byte = static_cast<char>(env_.RandomU64());
      Set("key:" + std::to_string(i), value);
    }
  }
  // The difference that `act` makes to a field, without what INFO itself does to it.
  template <typename Act>
  std::map<std::string, int64_t> GrowthBy(const Act& act) {
    const Fields before = server_.Info();
    act();
    const Fields after = server_.Info();
    std::map<std::string, int64_t> growth;
    for (const auto& [name, value] : after) {
      const std::optional<int64_t> now = ParseInt64(value);
      const auto then = before.find(name);
      if (now && then != before.end()) growth[name] = *now - ParseInt64(then->second).value_or(0);
    }
    growth["total_connections_received"] -= 1;
    growth["total_commands_processed"] -= 1;
    growth["reads_at_visible"] -= 1;
    return growth;
  }
  void Compact() {
    ASSERT_EQ(Run({"COMPACT"}), "+OK\r\n");
    server_.Settle();
  }

  int64_t FileBytes(std::string_view ending) const {
    size_t bytes = 0;
    for (const std::string& path : env_.Paths("data")) {
      if (path.ends_with(ending)) bytes += env_.ReadRaw(path)->size();
    }
    return static_cast<int64_t>(bytes);
  }
  int64_t FileCount(std::string_view ending) const {
    return std::ranges::count_if(
        env_.Paths("data"), [ending](const std::string& path) { return path.ends_with(ending); });
  }

  support::SimEnv env_;
  SimServer server_;
  SessionId client_ = 0;
};

TEST(InfoOfTheProcess, IsPassedOn) {
  support::SimEnv env(1);
  SimServer server(env, TinyStoreOptions());
  server.config().port = 7000;
  server.facts() = {.version = "1.2.3",
                    .os = "an os",
                    .run_id = "abc",
                    .executable = "/bin/server",
                    .config_file = "/etc/file",
                    .allocator = "an allocator",
                    .process_id = 17,
                    .available_memory_bytes = 100 << 20,
                    .started_ns = env.MonotonicNs(),
                    .usage = [] {
                      return ProcessFacts::Usage{.resident_bytes = 3 << 20,
                                                 .peak_resident_bytes = 5 << 20,
                                                 .user_cpu_seconds = 1.5,
                                                 .system_cpu_seconds = 2.25};
                    }};
  ASSERT_TRUE(server.Start());
  env.AdvanceMs(90'061'000);
  const Fields info = server.Info();
  EXPECT_EQ(info.at("redis_version"), commands::kRedisVersion);
  EXPECT_EQ(info.at("cordwood_version"), "1.2.3");
  EXPECT_EQ(info.at("os"), "an os");
  EXPECT_EQ(info.at("run_id"), "abc");
  EXPECT_EQ(info.at("executable"), "/bin/server");
  EXPECT_EQ(info.at("config_file"), "/etc/file");
  EXPECT_EQ(info.at("mem_allocator"), "an allocator");
  EXPECT_EQ(Number(info, "process_id"), 17);
  EXPECT_EQ(Number(info, "tcp_port"), 7000);
  EXPECT_EQ(Number(info, "maxmemory"), 50 << 20);  // half of it
  EXPECT_EQ(Number(info, "used_memory_rss"), 3 << 20);
  EXPECT_EQ(info.at("used_memory_rss_human"), "3.00M");
  EXPECT_EQ(Number(info, "used_memory_peak_rss"), 5 << 20);
  EXPECT_EQ(info.at("used_cpu_user"), "1.500000");
  EXPECT_EQ(info.at("used_cpu_sys"), "2.250000");
  EXPECT_EQ(Number(info, "uptime_in_seconds"), 90'061);
  EXPECT_EQ(Number(info, "uptime_in_days"), 1);
  EXPECT_EQ(Number(info, "server_time_usec") / 1'000'000, env.WallMs() / 1000);
}

TEST_F(InfoTest, CommandsAreCounted) {
  auto growth = GrowthBy([&] {
    EXPECT_EQ(Run({"SET", "k", "v"}), "+OK\r\n");
    EXPECT_EQ(Run({"GET", "k"}), "$1\r\nv\r\n");
    EXPECT_EQ(Run({"GET", "missing"}), "$-1\r\n");
    EXPECT_EQ(Run({"MGET", "k", "k", "missing"}), "*3\r\n$1\r\nv\r\n$1\r\nv\r\n$-1\r\n");
    EXPECT_TRUE(Run({"INCR", "k"}).starts_with("-ERR "));
    EXPECT_TRUE(Run({"NOSUCH"}).starts_with("-ERR "));
    EXPECT_TRUE(Run({"GET"}).starts_with("-ERR "));
  });
  EXPECT_EQ(growth["total_connections_received"], 1);
  EXPECT_EQ(growth["connected_clients"], 1);
  EXPECT_EQ(growth["total_commands_processed"], 5);
  EXPECT_EQ(growth["commands_executed"], 2);
  EXPECT_EQ(growth["reads_at_visible"], 3);
  EXPECT_EQ(growth["keyspace_hits"], 3);
  EXPECT_EQ(growth["keyspace_misses"], 2);
  EXPECT_EQ(growth["total_error_replies"], 3);
  const Fields info = server_.Info();
  EXPECT_EQ(info.at("cmdstat_get"),
            "calls=2,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0");
  EXPECT_EQ(info.at("cmdstat_mget"),
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(info.at("cmdstat_set"),
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(info.at("cmdstat_incr"),
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1");
  server_.Disconnect(client_);
  EXPECT_EQ(server_.InfoNumber("connected_clients"), 1);  // INFO's own
}

TEST_F(InfoTest, RefusedCommandsAreCounted) {
  auto growth = GrowthBy([&] {
    server_.config().requirepass = "secret";
    client_ = server_.Connect();
    server_.config().requirepass.clear();  // for INFO
    EXPECT_TRUE(Run({"GET", "k"}).starts_with("-NOAUTH "));
    EXPECT_TRUE(Run({"GET"}).starts_with("-ERR wrong number"));
    EXPECT_TRUE(Run({"NOPE"}).starts_with("-ERR unknown command"));
    server_.Send(client_, "*x\r\n");
    EXPECT_TRUE(server_.Receive(client_).starts_with("-ERR Protocol error"));
  });
  EXPECT_EQ(growth["total_commands_processed"], 0);
  EXPECT_EQ(growth["total_error_replies"], 4);
  EXPECT_EQ(server_.Info().at("cmdstat_get"),
            "calls=0,usec=0,usec_per_call=0.00,rejected_calls=2,failed_calls=0");
}

TEST_F(InfoTest, BytesOfTheNetAreCounted) {
  std::string request;
  protocol::AppendCommand(request, Words{"INFO", "everything"});
  const int64_t info_request = static_cast<int64_t>(request.size());
  const SessionId client = server_.Connect();
  const auto info = [&] {
    server_.SendCommand(client, {"INFO", "everything"});
    return server_.Receive(client);
  };
  const auto field = [](const std::string& text, const std::string& name) {
    const size_t start = text.find(name) + name.size() + 1;
    return ParseInt64(text.substr(start, text.find('\r', start) - start)).value();
  };
  const std::string before = info();
  server_.Send(client, "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(server_.Receive(client), "+PONG\r\n");
  const std::string after = info();
  EXPECT_EQ(field(after, "total_net_input_bytes") - field(before, "total_net_input_bytes"),
            14 + info_request);
  EXPECT_EQ(field(after, "total_net_output_bytes") - field(before, "total_net_output_bytes"),
            static_cast<int64_t>(before.size()) + 7);
}

TEST_F(InfoTest, RatesAreThoseOfTheLastSecond) {
  for (int i = 0; i < 20; ++i) server_.Tick();
  for (int i = 0; i < 300; ++i) Run({"PING"});
  env_.AdvanceMs(900);
  server_.Tick();
  const int64_t rate = server_.InfoNumber("instantaneous_ops_per_sec");
  EXPECT_GE(rate, 150);
  EXPECT_LE(rate, 300);
  for (int i = 0; i < 20; ++i) server_.Tick();
  EXPECT_LE(server_.InfoNumber("instantaneous_ops_per_sec"), 1);
}

TEST_F(InfoTest, ResetstatSetsCountersBack) {
  Set("k", "v");
  Run({"GET", "k"});
  Run({"GET", "missing"});
  Run({"NOSUCH"});
  EXPECT_EQ(Run({"CONFIG", "RESETSTAT"}), "+OK\r\n");
  const Fields info = server_.Info();
  EXPECT_EQ(Number(info, "total_connections_received"), 1);  // INFO's own
  EXPECT_EQ(Number(info, "total_commands_processed"), 1);    // RESETSTAT
  for (const char* name : {"keyspace_hits", "keyspace_misses", "total_error_replies"}) {
    EXPECT_EQ(Number(info, name), 0) << name;
  }
  EXPECT_FALSE(info.contains("cmdstat_get"));
}

TEST_F(InfoTest, KeysAreCountedByDatabase) {
  EXPECT_FALSE(server_.Info().contains("db0"));
  Set("a", "1");
  Set("b", "1");
  EXPECT_EQ(Run({"SET", "c", "1", "PX", "1000"}), "+OK\r\n");
  EXPECT_EQ(Run({"SELECT", "3"}), "+OK\r\n");
  Set("a", "1");
  Fields info = server_.Info();
  EXPECT_EQ(info.at("db0"), "keys=3,expires=1");
  EXPECT_EQ(info.at("db3"), "keys=1,expires=0");
  EXPECT_FALSE(info.contains("db1"));
  env_.AdvanceMs(1001);
  server_.Tick();
  server_.Settle();
  info = server_.Info();
  EXPECT_EQ(info.at("db0"), "keys=2,expires=0");
  EXPECT_EQ(Number(info, "expired_keys"), 1);
}

TEST_F(InfoTest, SeqsLieApartWhileAGroupIsUnderWay) {
  Set("k", "v");
  Fields info = server_.Info();
  const int64_t seq = Number(info, "newest_seq");
  EXPECT_GT(seq, 0);
  EXPECT_EQ(Number(info, "visible_seq"), seq);
  EXPECT_EQ(Number(info, "synced_seq"), seq);
  EXPECT_EQ(info.at("appendfsync"), "always");
  EXPECT_EQ(info.at("storage_state"), "ok");
  EXPECT_EQ(info.at("aof_last_write_status"), "ok");
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(client_, {"SET", "k", "new"});
  info = server_.Info();
  EXPECT_GT(Number(info, "newest_seq"), seq);
  EXPECT_EQ(Number(info, "visible_seq"), seq);
  EXPECT_EQ(Number(info, "synced_seq"), seq);
  env_.RunForMs(2001);
  server_.Settle();
  info = server_.Info();
  EXPECT_EQ(Number(info, "synced_seq"), Number(info, "newest_seq"));
}

TEST_F(InfoTest, AFailedLogIsTold) {
  server_.config().on_log_failure = config::OnLogFailure::kReadOnly;
  Set("k", "v");
  env_.FailNext(support::SimOp::kSync, ".wal", ErrorCode::kIo);
  EXPECT_EQ(Run({"SET", "k", "new"}), "");
  const Fields info = server_.Info();
  EXPECT_EQ(info.at("storage_state"), "failed");
  EXPECT_EQ(info.at("aof_last_write_status"), "err");
}

TEST_F(InfoTest, AFullDiskIsTold) {
  env_.SetDiskBytes(env_.UsedDiskBytes());
  std::string reply = "+OK\r\n";
  for (int i = 0; i < 1000 && reply == "+OK\r\n"; ++i) {
    reply = Run({"SET", "k", std::string(1000, 'v')});
  }
  EXPECT_TRUE(reply.starts_with("-MISCONF ")) << reply;
  EXPECT_EQ(server_.Info().at("storage_state"), "full");
  env_.SetDiskBytes(UINT64_MAX);
  for (int i = 0; i < 20; ++i) server_.Tick();
  server_.Settle();
  EXPECT_EQ(server_.Info().at("storage_state"), "ok");
}

TEST_F(InfoTest, TheLogIsMeasured) {
  auto growth = GrowthBy([&] {
    Set("a", "1");
    Set("a", "2");
    Set("a", "3");
  });
  EXPECT_EQ(growth["log_groups"], 3);
  EXPECT_EQ(growth["log_syncs"], 3);
  EXPECT_GE(growth["log_bytes_written"], 3 * 4096);  // a sector each
  EXPECT_LE(growth["log_bytes_written"], 6 * 4096);  // and, once it is idle, an empty frame
  // Those that come together share a group, and its sync.
  growth = GrowthBy([&] {
    std::string requests;
    for (int i = 0; i < 50; ++i) protocol::AppendCommand(requests, Words{"SET", "a", "v"});
    server_.Send(client_, requests);
    server_.Settle();
  });
  EXPECT_EQ(growth["log_groups"], 1);
  EXPECT_EQ(growth["log_syncs"], 1);
  const Fields info = server_.Info();
  EXPECT_GE(Number(info, "log_group_ops_max"), 50);
  EXPECT_GT(Decimal(info, "log_group_ops_mean"), 1);
  EXPECT_GE(Number(info, "log_sync_us_max"), 200);  // what a simulated one takes
  EXPECT_GE(Decimal(info, "log_sync_us_mean"), 200);
  EXPECT_EQ(Number(info, "log_segments"), FileCount(".wal"));
  EXPECT_EQ(Number(info, "log_bytes"), FileBytes(".wal"));
}

TEST_F(InfoTest, TheTreeIsMeasured) {
  SetMany(300, 100);
  server_.Settle();
  Fields info = server_.Info();
  EXPECT_GT(Number(info, "flushes"), 0);
  EXPECT_GT(Number(info, "flush_bytes"), 0);
  EXPECT_EQ(Number(info, "memtables_waiting"), 0);
  EXPECT_EQ(SumOfLevels(info, "files"), FileCount(".sst"));
  EXPECT_EQ(SumOfLevels(info, "bytes"), FileBytes(".sst"));
  EXPECT_EQ(Number(info, "table_bytes"), FileBytes(".sst"));
  EXPECT_GT(Number(info, "mem_filters_and_indexes"), 0);
  // Key, value, and little more.
  EXPECT_GE(Number(info, "user_bytes_written"), 300 * 105);
  EXPECT_LE(Number(info, "user_bytes_written"), 300 * 150);
  const auto written =
      static_cast<double>(Number(info, "log_bytes_written") + Number(info, "flush_bytes") +
                          Number(info, "merge_bytes_written"));
  EXPECT_NEAR(Decimal(info, "write_amplification"),
              written / static_cast<double>(Number(info, "user_bytes_written")), 0.01);
  EXPECT_GT(Decimal(info, "write_amplification"), 1);
  Compact();
  info = server_.Info();
  EXPECT_EQ(SumOfLevels(info, "runs"), 1);
  EXPECT_EQ(SumOfLevels(info, "bytes"), FileBytes(".sst"));
  EXPECT_EQ(info.at("space_amplification"), "1.00");
  EXPECT_GT(Number(info, "merges"), 0);
  EXPECT_GT(Number(info, "merge_bytes_read"), 0);
  EXPECT_GT(Number(info, "merge_bytes_written"), 0);
  EXPECT_GE(Number(info, "entries_on_disk"), 300);
  EXPECT_LE(Number(info, "entries_on_disk"), 310);
  EXPECT_EQ(Number(info, "unsettled"), 0);
  EXPECT_LT(Decimal(info, "compaction_debt"), 1);
  EXPECT_LT(Decimal(info, "write_pressure"), 0.5);
}

TEST_F(InfoTest, FilesThatWaitToBeRemovedAreTold) {
  SetMany(300, 100);
  server_.Settle();
  EXPECT_EQ(server_.InfoNumber("files_to_remove"), 0);
  env_.Stall(support::SimOp::kRemove, ".sst", 60'000);
  server_.Ask({"COMPACT"});
  for (int i = 0; server_.InfoNumber("files_to_remove") == 0; ++i) {
    ASSERT_LT(i, 100);
    server_.Tick();
    env_.RunForMs(10);
    server_.RunLoop();
  }
  EXPECT_LT(SumOfLevels(server_.Info(), "files"), FileCount(".sst"));
  env_.ClearFaults();
  env_.RunForMs(120'000);
  server_.Settle();
  EXPECT_EQ(server_.InfoNumber("files_to_remove"), 0);
  EXPECT_EQ(SumOfLevels(server_.Info(), "files"), FileCount(".sst"));
}

TEST_F(InfoTest, AFlushThatWaitsIsTold) {
  env_.StallSyncs(".sst", 60'000);
  for (int i = 0; i < 12; ++i) {
    server_.SendCommand(server_.Connect(), {"SET", "k", std::string(1000, 'v')});
    env_.RunForMs(10);
    server_.RunLoop();
  }
  EXPECT_GE(server_.InfoNumber("memtables_waiting"), 1);
  EXPECT_GE(server_.InfoNumber("mem_memtables"), 8 << 10);
  env_.RunForMs(120'000);
  server_.Settle();
  EXPECT_EQ(server_.InfoNumber("memtables_waiting"), 0);
  EXPECT_LT(server_.InfoNumber("mem_memtables"), 8 << 10);
}

TEST_F(InfoTest, OverwritesThatDidNotLookAreUnsettledUntilAMerge) {
  SetMany(100, 1000);  // more than the cache holds
  Compact();
  EXPECT_EQ(server_.InfoNumber("unsettled"), 0);
  for (int i = 0; i < 100; i += 10) Set("key:" + std::to_string(i), "new");
  const int64_t unsettled = server_.InfoNumber("unsettled");
  EXPECT_GE(unsettled, 5);
  EXPECT_LE(unsettled, 10);
  Compact();
  const Fields info = server_.Info();
  EXPECT_EQ(Number(info, "unsettled"), 0);
  EXPECT_EQ(info.at("db0"), "keys=100,expires=0");
}

TEST_F(InfoTest, ColdReadsAreCounted) {
  SetMany(100, 1000);
  Compact();
  auto growth = GrowthBy([&] {
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(Run({"GET", "key:" + std::to_string(i)}).starts_with("$1000\r\n"));
    }
  });
  EXPECT_GE(growth["command_reruns"], 50);
  EXPECT_GE(growth["cache_misses"], growth["command_reruns"]);
  EXPECT_EQ(growth["own_runs"], 0);
  EXPECT_EQ(growth["keyspace_hits"], 100);  // a command that runs again is not counted again
  EXPECT_EQ(growth["total_commands_processed"], 100);
  growth = GrowthBy([&] {
    Run({"GET", "key:99"});
    Run({"GET", "key:99"});
  });
  EXPECT_GE(growth["cache_hits"], 1);
  const Fields info = server_.Info();
  EXPECT_GT(Number(info, "mem_block_cache"), 0);
  EXPECT_LE(Number(info, "mem_block_cache"), 32 << 10);
  EXPECT_EQ(Number(info, "used_memory"),
            Number(info, "mem_memtables") + Number(info, "mem_block_cache") +
                Number(info, "mem_filters_and_indexes") + Number(info, "mem_clients_normal"));
}

TEST_F(InfoTest, WritesThatWaitAreCounted) {
  EXPECT_EQ(Run({"SET", "huge", std::string(1 << 20, 'v')}), "+OK\r\n");  // some hundred memtables
  EXPECT_EQ(server_.Ask({"SET", "k", "v"}), "+OK\r\n");
  EXPECT_GT(server_.InfoNumber("held_for_admission"), 0);
}

TEST_F(InfoTest, ARecoveryTellsWhatItReplayed) {
  Set("a", "1");
  Set("b", "2");
  Set("c", "3");
  const int64_t groups = server_.InfoNumber("log_groups");
  const std::unique_ptr<support::SimEnv> after = env_.Kill();
  SimServer next(*after, TinyStoreOptions());
  ASSERT_TRUE(next.Start());
  EXPECT_EQ(next.InfoNumber("recovery_replayed_groups"), groups);
  EXPECT_EQ(next.InfoNumber("recovery_truncated_bytes"), 0);
}

TEST_F(InfoTest, BuffersOfClientsAreMeasured) {
  Set("big", std::string(3000, 'v'));
  const SessionId sender = server_.Connect();
  server_.Send(sender, "*2\r\n$4\r\nECHO\r\n$100000\r\n" + std::string(50'000, 'x'));
  const SessionId waiter = server_.Connect();
  env_.StallSyncs(".wal", 60'000);
  server_.SendCommand(waiter, {"SET", "k", "v"});
  for (int i = 0; i < 10; ++i) server_.SendCommand(waiter, {"GET", "big"});  // wait with it
  const Fields info = server_.Info();
  EXPECT_GE(Number(info, "client_recent_max_input_buffer"), 50'000);
  EXPECT_LE(Number(info, "client_recent_max_input_buffer"), 200'000);
  EXPECT_GE(Number(info, "client_recent_max_output_buffer"), 30'000);
  EXPECT_LE(Number(info, "client_recent_max_output_buffer"), 100'000);
  EXPECT_GE(Number(info, "mem_clients_normal"), 80'000);
}

TEST_F(InfoTest, ClientListTellsOfEachConnection) {
  const SessionId idle = server_.Connect();
  server_.SendCommand(idle, {"SELECT", "2"});
  server_.SendCommand(idle, {"CLIENT", "SETNAME", "sleeper"});
  const SessionId sender = server_.Connect();
  env_.AdvanceMs(5000);
  server_.Send(sender, "*2\r\n$4\r\nECHO\r\n$100000\r\n" + std::string(5'000, 'x'));
  const SessionId waiter = server_.Connect();
  env_.StallSyncs(".wal", 60'000);
  server_.SendCommand(waiter, {"HELLO", "3"});
  server_.Receive(waiter);
  server_.SendCommand(waiter, {"SET", "k", "v"});
  env_.AdvanceMs(2000);
  const std::string list = server_.Ask({"CLIENT", "LIST"});
  const auto line_of = [&list](SessionId id) {
    const size_t start = list.find("id=" + std::to_string(id) + " ");
    EXPECT_NE(start, std::string::npos) << id;
    return list.substr(start, list.find('\n', start) - start);
  };
  EXPECT_EQ(std::ranges::count(list, '\n'), 4 + 2);  // and the reply's own
  const std::string idle_line = line_of(idle);
  EXPECT_NE(
      idle_line.find(" addr=127.0.0.1:1 laddr=127.0.0.1:6379 fd=101 name=sleeper age=7 idle=7 "),
      std::string::npos)
      << idle_line;
  EXPECT_NE(idle_line.find(" db=2 "), std::string::npos);
  EXPECT_NE(idle_line.find(" cmd=client|setname "), std::string::npos);
  EXPECT_EQ(PartOf(idle_line, "qbuf"), 0);
  EXPECT_EQ(PartOf(idle_line, "obl"), 0);
  EXPECT_EQ(PartOf(idle_line, "fd"), static_cast<int64_t>(idle) + 100);
  EXPECT_NE(idle_line.find(" events=r "), std::string::npos) << idle_line;
  const std::string sender_line = line_of(sender);
  EXPECT_NE(sender_line.find(" age=7 idle=2 "), std::string::npos) << sender_line;
  EXPECT_GE(PartOf(sender_line, "qbuf"), 5000);
  EXPECT_GE(PartOf(sender_line, "tot-mem"), 5000);
  EXPECT_NE(sender_line.find(" cmd=NULL "), std::string::npos);
  const std::string waiter_line = line_of(waiter);
  EXPECT_EQ(PartOf(waiter_line, "obl"), 5);  // +OK
  EXPECT_EQ(PartOf(waiter_line, "tot-cmds"), 2);
  EXPECT_EQ(PartOf(waiter_line, "resp"), 3);
  EXPECT_NE(waiter_line.find(" cmd=set "), std::string::npos) << waiter_line;
}

}  // namespace
}  // namespace cordwood::pipeline
