// What a reply means under each appendfsync, and what a change of it means for what is on its way.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using config::AppendFsync;

constexpr uint64_t kStallMs = 10'000;

class Appendfsync : public ::testing::Test {
 protected:
  Appendfsync() : env_(1) {}

  void Start(AppendFsync appendfsync) {
    config::Config config;
    config.appendfsync = appendfsync;
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions(), config);
    ASSERT_TRUE(server_->Start());
    ASSERT_EQ(server_->Ask({"SET", "first", "v"}), "+OK\r\n");
    client_ = server_->Connect();
    other_ = server_->Connect();
  }

  std::string Received(SessionId id) {
    server_->Settle();
    return server_->Receive(id);
  }

  void Change(std::string_view value) {
    EXPECT_EQ(server_->Ask({"CONFIG", "SET", "appendfsync", value}), "+OK\r\n");
  }

  storage::Store& store() { return server_->keyspace().store(); }

  // What a start after a power loss now, which takes all that it may, finds.
  std::string AfterPowerLoss(const std::vector<std::string_view>& argv) {
    const std::unique_ptr<support::SimEnv> after =
        env_.CopyAfterPowerLoss(1, support::PowerLoss::kDrop);
    SimServer next(*after, TinyStoreOptions());
    const Status started = next.Start();
    return started ? next.Ask(argv) : started.error().message();
  }

  support::SimEnv env_;
  std::unique_ptr<SimServer> server_;
  SessionId client_ = 0;
  SessionId other_ = 0;
};

TEST_F(Appendfsync, EverySecondAnswersBeforeTheSyncAndSyncsWithinASecond) {
  Start(AppendFsync::kEverySecond);
  server_->SendCommand(client_, {"SET", "k", "v"});
  EXPECT_EQ(Received(client_), "+OK\r\n");
  EXPECT_LT(store().synced(), store().last_seq());
  EXPECT_EQ(AfterPowerLoss({"GET", "k"}), "$-1\r\n");
  for (int ticks = 0; ticks < 11; ++ticks) server_->Tick();
  server_->Settle();
  EXPECT_EQ(store().synced(), store().last_seq());
  EXPECT_EQ(AfterPowerLoss({"GET", "k"}), "$1\r\nv\r\n");
}

TEST_F(Appendfsync, EverySecondHoldsWritersOnceARecordIsUnsyncedForTwo) {
  Start(AppendFsync::kEverySecond);
  env_.StallSyncs(".wal", kStallMs);
  server_->SendCommand(client_, {"SET", "k", "v"});
  EXPECT_EQ(Received(client_), "+OK\r\n");
  for (int ticks = 0; ticks < 19; ++ticks) server_->Tick();
  server_->Settle();
  server_->SendCommand(client_, {"SET", "k", "w"});
  EXPECT_NE(server_->pipeline().Find(client_)->hold, Hold::kAdmission);
  for (int ticks = 0; ticks < 3; ++ticks) server_->Tick();
  server_->SendCommand(other_, {"SET", "l", "v"});
  EXPECT_EQ(Received(other_), "");
  EXPECT_EQ(server_->pipeline().Find(other_)->hold, Hold::kAdmission);
  EXPECT_EQ(AfterPowerLoss({"GET", "l"}), "$-1\r\n");
  server_->RunForMs(2 * kStallMs);
  for (int ticks = 0; ticks < 3; ++ticks) server_->Tick();
  EXPECT_EQ(Received(other_), "+OK\r\n");
  EXPECT_EQ(Received(client_), "+OK\r\n");
}

TEST_F(Appendfsync, NoNeverHoldsWritersForWhatTheKernelDoesNotSync) {
  Start(AppendFsync::kNo);
  for (int i = 0; i < 100; ++i) {  // groups of many small commands: memtables, not segments, fill
    std::string bytes;
    std::string expected;
    for (int n = 0; n < 20; ++n) {
      bytes += Pipelined({{"SET", Format("key:{}:{}", i, n), "v"}});
      expected += "+OK\r\n";
    }
    server_->Send(client_, bytes);
    ASSERT_EQ(Received(client_), expected) << "group " << i;
  }
}

TEST_F(Appendfsync, FromAlwaysAGroupInFlightKeepsItsPromise) {
  Start(AppendFsync::kAlways);
  env_.StallSyncs(".wal", kStallMs);
  server_->SendCommand(client_, {"SET", "k", "v"});
  EXPECT_EQ(Received(client_), "");
  Change("everysec");
  EXPECT_EQ(Received(client_), "") << "it was promised a sync";
  server_->SendCommand(other_, {"SET", "l", "v"});
  EXPECT_EQ(Received(other_), "") << "it comes after one that has to wait";
  server_->SendCommand(client_, {"GET", "l"});
  server_->RunForMs(kStallMs + 1);
  EXPECT_EQ(Received(client_), "+OK\r\n$1\r\nv\r\n");
  EXPECT_EQ(Received(other_), "+OK\r\n");
  EXPECT_EQ(AfterPowerLoss({"MGET", "k", "l"}), "*2\r\n$1\r\nv\r\n$-1\r\n");
  // From here on no reply waits for a sync, but for one that is under way.
  server_->RunForMs(kStallMs);
  server_->SendCommand(client_, {"SET", "k", "w"});
  EXPECT_EQ(Received(client_), "+OK\r\n");
}

TEST_F(Appendfsync, ToAlwaysWhatComesLaterWaitsAndWhatCameBeforeIsSynced) {
  Start(AppendFsync::kEverySecond);
  env_.StallSyncs(".wal", kStallMs);
  server_->SendCommand(client_, {"SET", "k", "v"});
  EXPECT_EQ(Received(client_), "+OK\r\n");
  Change("always");
  EXPECT_EQ(AfterPowerLoss({"GET", "k"}), "$-1\r\n");
  server_->SendCommand(other_, {"SET", "l", "v"});
  EXPECT_EQ(Received(other_), "");
  // What was shown stays shown; what is new is not, before its sync.
  server_->SendCommand(client_, {"MGET", "k", "l"});
  EXPECT_EQ(Received(client_), "*2\r\n$1\r\nv\r\n$-1\r\n");
  server_->RunForMs(2 * kStallMs + 1);
  EXPECT_EQ(Received(other_), "+OK\r\n");
  EXPECT_EQ(AfterPowerLoss({"MGET", "k", "l"}), "*2\r\n$1\r\nv\r\n$1\r\nv\r\n");
}

TEST_F(Appendfsync, ToAlwaysInTheSamePassAsAWriteSyncsIt) {
  for (const AppendFsync before : {AppendFsync::kEverySecond, AppendFsync::kNo}) {
    Start(before);
    server_->Send(client_,
                  Pipelined({{"SET", "k", "v"}, {"CONFIG", "SET", "appendfsync", "always"}}));
    EXPECT_EQ(Received(client_), "+OK\r\n+OK\r\n");
    EXPECT_EQ(store().synced(), store().last_seq());
    EXPECT_EQ(AfterPowerLoss({"GET", "k"}), "$1\r\nv\r\n");
    server_.reset();
  }
}

}  // namespace
}  // namespace cordwood::pipeline
