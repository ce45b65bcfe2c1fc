// Walks over what was deleted and lies in cold blocks, from bytes to bytes: the loop reads no file
// for them, however much there is.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class ColdWalks : public ::testing::Test {
 protected:
  ColdWalks() : env_(1) { Restart(); }
  ~ColdWalks() override { env_.ClearFaults(); }

  /// With nothing in the cache, which has room for all unless the test says less.
  void Restart(uint64_t cache_bytes = 1 << 20) {
    env_.ClearFaults();
    server_.reset();
    storage::StoreOptions options = TinyStoreOptions();
    options.block_cache_bytes = cache_bytes;
    options.fragment_bytes = 64 << 10;
    server_.emplace(env_, options);
    ASSERT_TRUE(server_->Start());
  }

  /// `command` with many arguments made of the numbers from 0 on, a hundred at a time.
  void ForMany(int count, const std::vector<std::string>& command,
               const std::function<void(int, std::vector<std::string>&)>& append) {
    for (int begin = 0; begin < count; begin += 100) {
      std::vector<std::string> words = command;
      for (int i = begin; i < std::min(begin + 100, count); ++i) append(i, words);
      const std::string reply = server_->Ask({words.begin(), words.end()});
      ASSERT_TRUE(reply.starts_with("+OK") || reply.starts_with(":")) << reply;
    }
  }

  static std::string Name(int i) { return Format("key:{:06}", i); }

  void SetKeys(int count) {
    ForMany(count, {"MSET"}, [](int i, std::vector<std::string>& words) {
      words.push_back(Name(i));
      words.push_back("value");
    });
  }

  void DeleteKeys(int count) {
    ForMany(count, {"DEL"},
            [](int i, std::vector<std::string>& words) { words.push_back(Name(i)); });
  }

  /// Runs `remove` and starts again. What it removes is still in the tables: a snapshot kept
  /// merges from dropping it.
  void RemoveAndRestart(uint64_t entries, const std::function<void()>& remove) {
    std::unique_ptr<storage::Snapshot> snapshot = server_->keyspace().store().TakeSnapshot();
    remove();
    server_->Settle();
    snapshot.reset();
    Restart();
    // Nor does a merge end now: what is read must not move from file to file meanwhile.
    env_.StallSyncs(".sst", 60'000);
    EXPECT_GE(server_->keyspace().store().Stats().entries_on_disk, entries);
  }

  /// The pages of a whole scan, one behind the other.
  std::string ScanAll(const std::vector<std::string_view>& command) {
    std::string cursor = "0";
    std::string pages;
    do {
      std::vector<std::string_view> argv = command;
      argv.push_back(cursor);
      std::string reply = server_->Ask(argv);
      EXPECT_TRUE(reply.starts_with("*2\r\n$")) << reply;
      if (HasFailure()) break;
      reply.erase(0, reply.find("\r\n", 4) + 2);
      cursor = reply.substr(0, reply.find("\r\n"));
      pages += reply.substr(cursor.size() + 2);
    } while (cursor != "0");
    return pages;
  }

  void Tick() {
    server_->Tick();
    server_->Settle();
  }

  int64_t Keys() { return server_->keyspace().NewestCount(0, keyspace::CounterKind::kKeys); }

  uint64_t own_runs() { return server_->pipeline().stats().own_runs; }

  support::SimEnv env_;
  std::optional<SimServer> server_;
};

TEST_F(ColdWalks, AScanCrossesDeletedKeysAndTheLoopReadsNoFile) {
  SetKeys(3000);
  ASSERT_EQ(server_->Ask({"SET", "zzz", "v"}), "+OK\r\n");
  RemoveAndRestart(5000, [&] { DeleteKeys(3000); });
  const std::string keys = ScanAll({"SCAN"});
  EXPECT_NE(keys.find("*1\r\n$3\r\nzzz\r\n"), std::string::npos);
  EXPECT_EQ(keys.find("key:"), std::string::npos);
  EXPECT_EQ(own_runs(), 0u);
}

TEST_F(ColdWalks, KeysCrossesDeletedKeysAndTheLoopReadsNoFile) {
  SetKeys(3000);
  ASSERT_EQ(server_->Ask({"SET", "zzz", "v"}), "+OK\r\n");
  RemoveAndRestart(5000, [&] { DeleteKeys(3000); });
  EXPECT_EQ(server_->Ask({"KEYS", "*"}), "*1\r\n$3\r\nzzz\r\n");
  EXPECT_EQ(own_runs(), 0u);
}

TEST_F(ColdWalks, ALongReadFetchesManyBlocksAtATime) {
  SetKeys(6000);
  bool compacted = false;
  server_->keyspace().store().CompactEverything([&] { compacted = true; });
  server_->Settle();
  ASSERT_TRUE(compacted);
  Restart();
  EXPECT_TRUE(server_->Ask({"KEYS", "*"}).starts_with("*6000\r\n"));
  const uint64_t blocks = server_->keyspace().store().Stats().cache.blocks;
  EXPECT_GT(blocks, 100u);
  EXPECT_LT(server_->pipeline().stats().reruns, blocks / 5);
}

TEST_F(ColdWalks, RandomKeyFindsTheFewThatAreLeftAndTheLoopReadsNoFile) {
  SetKeys(3000);
  ASSERT_EQ(server_->Ask({"SET", "zzz", "v"}), "+OK\r\n");
  RemoveAndRestart(5000, [&] { DeleteKeys(3000); });
  EXPECT_EQ(server_->Ask({"RANDOMKEY"}), "$3\r\nzzz\r\n");
  EXPECT_EQ(own_runs(), 0u);
}

TEST_F(ColdWalks, RandomKeyReadsNoFileOnTheLoopWhereverItDraws) {
  SetKeys(3000);
  server_->Settle();
  for (int i = 0; i < 50; ++i) {
    Restart();
    EXPECT_TRUE(server_->Ask({"RANDOMKEY"}).starts_with("$10\r\nkey:")) << i;
    EXPECT_EQ(own_runs(), 0u);
  }
}

class ColdExpiry : public ColdWalks {
 protected:
  static constexpr int kExpired = 10'000;
  static constexpr int64_t kHourMs = 3'600'000;

  /// Deadlines that were served, and one that is due in an hour.
  ColdExpiry() {
    const std::string time = Format("{}", env_.WallMs() + kHourMs);
    SetKeys(kExpired);
    for (int i = 0; i < kExpired; ++i) {
      EXPECT_EQ(server_->Ask({"PEXPIREAT", Name(i), time}), ":1\r\n");
    }
    last_ms_ = env_.WallMs() + 2 * kHourMs;
    EXPECT_EQ(server_->Ask({"SET", "last", "v", "PXAT", Format("{}", last_ms_)}), "+OK\r\n");
    RemoveAndRestart(4 * kExpired, [&] {
      env_.AdvanceMs(kHourMs);
      for (int ticks = 0; Keys() > 1 && ticks < 100; ++ticks) Tick();
    });
    EXPECT_EQ(Keys(), 1);
  }

  int64_t last_ms_ = 0;
};

TEST_F(ColdExpiry, GetsPastTombstonesInOneTick) {
  env_.AdvanceMs(2 * kHourMs);
  Tick();
  EXPECT_EQ(Keys(), 0);
  EXPECT_GT(server_->keyspace().store().Stats().cache.misses, 100u);  // it was cold
}

TEST_F(ColdExpiry, RemembersThatItGotPastThemWhenNothingIsDue) {
  const keyspace::Generation generation = server_->keyspace().databases().Newest(0);
  Tick();
  EXPECT_EQ(server_->keyspace().deadline_floors().Of(generation),
            keyspace::DeadlineKey(generation, last_ms_, "last"));
}

// The cache holds a fraction of what one run of the cycle reads: what the second fetch brings
// pushes out what the first one brought.
TEST_F(ColdWalks, ExpiryGetsOnWithACacheThatHoldsNoneOfItsRounds) {
  constexpr int kKeys = 2000;
  constexpr int64_t kDayMs = 24 * 3'600'000;
  const int64_t due_ms = env_.WallMs() + kDayMs;
  SetKeys(kKeys);
  for (int i = 0; i < kKeys; ++i) {
    // Neighbours among the deadlines are none among the records.
    const std::string time = Format("{}", due_ms + i * 997 % kKeys);
    ASSERT_EQ(server_->Ask({"PEXPIREAT", Name(i), time}), ":1\r\n");
  }
  server_->Settle();
  Restart(4 << 10);
  env_.AdvanceMs(kDayMs + kKeys);
  const uint64_t misses = server_->keyspace().store().Stats().cache.misses;
  for (int steps = 0; Keys() > 0 && steps < 10'000; ++steps) {
    if (!server_->Step()) server_->Tick();
  }
  EXPECT_EQ(Keys(), 0) << "it reads the same blocks for ever";
  EXPECT_LT(server_->keyspace().store().Stats().cache.misses - misses, 5u * kKeys);
}

class ColdHashWalks : public ColdWalks {
 protected:
  ColdHashWalks() {
    ForMany(3000, {"HSET", "h"}, [](int i, std::vector<std::string>& words) {
      words.push_back(Name(i));
      words.push_back("value");
    });
    server_->Ask({"HSET", "h", "last", "value"});
    RemoveAndRestart(5000, [&] {
      ForMany(3000, {"HDEL", "h"},
              [](int i, std::vector<std::string>& words) { words.push_back(Name(i)); });
    });
  }
};

TEST_F(ColdHashWalks, AreMadeInSlicesAndTheLoopReadsNoFile) {
  EXPECT_EQ(server_->Ask({"HGETALL", "h"}), "*2\r\n$4\r\nlast\r\n$5\r\nvalue\r\n");
  EXPECT_EQ(own_runs(), 0u);
}

TEST_F(ColdHashWalks, DrawWithoutReadingAFileOnTheLoop) {
  EXPECT_EQ(server_->Ask({"HRANDFIELD", "h"}), "$4\r\nlast\r\n");
  EXPECT_EQ(server_->Ask({"HRANDFIELD", "h", "-2"}), "*2\r\n$4\r\nlast\r\n$4\r\nlast\r\n");
  EXPECT_EQ(own_runs(), 0u);
}

TEST_F(ColdHashWalks, ScanInPagesAndTheLoopReadsNoFile) {
  const std::string found = ScanAll({"HSCAN", "h"});
  EXPECT_NE(found.find("*2\r\n$4\r\nlast\r\n$5\r\nvalue\r\n"), std::string::npos);
  EXPECT_EQ(found.find("key:"), std::string::npos);
  EXPECT_EQ(own_runs(), 0u);
}

}  // namespace
}  // namespace cordwood::pipeline
