// Walks over what was deleted and lies in cold blocks, from bytes to bytes: the loop reads no file
// for them, however much there is.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class ColdWalks : public ::testing::Test {
 protected:
  ColdWalks() : env_(1) { Restart(); }

  /// With nothing in the cache.
  void Restart() {
    server_.reset();
    server_.emplace(env_, TinyStoreOptions());
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
    EXPECT_GE(server_->keyspace().store().Stats().entries_on_disk, entries);
  }

  uint64_t blocking_reads() { return server_->pipeline().stats().blocking_reads; }

  support::SimEnv env_;
  std::optional<SimServer> server_;
};

TEST_F(ColdWalks, AScanCrossesDeletedKeysAndTheLoopReadsNoFile) {
  SetKeys(3000);
  ASSERT_EQ(server_->Ask({"SET", "zzz", "v"}), "+OK\r\n");
  RemoveAndRestart(5000, [&] { DeleteKeys(3000); });
  std::string cursor = "0";
  std::string keys;
  int pages = 0;
  do {
    std::string reply = server_->Ask({"SCAN", cursor, "COUNT", "10"});
    ASSERT_TRUE(reply.starts_with("*2\r\n$")) << reply;
    reply.erase(0, reply.find("\r\n", 4) + 2);
    cursor = reply.substr(0, reply.find("\r\n"));
    keys += reply.substr(cursor.size() + 2);
    ++pages;
  } while (cursor != "0" && pages < 10'000);
  EXPECT_NE(keys.find("*1\r\n$3\r\nzzz\r\n"), std::string::npos);
  EXPECT_EQ(keys.find("key:"), std::string::npos);
  EXPECT_EQ(blocking_reads(), 0u);
}

TEST_F(ColdWalks, KeysCrossesDeletedKeysAndTheLoopReadsNoFile) {
  SetKeys(3000);
  ASSERT_EQ(server_->Ask({"SET", "zzz", "v"}), "+OK\r\n");
  RemoveAndRestart(5000, [&] { DeleteKeys(3000); });
  EXPECT_EQ(server_->Ask({"KEYS", "*"}), "*1\r\n$3\r\nzzz\r\n");
  EXPECT_EQ(blocking_reads(), 0u);
}

}  // namespace
}  // namespace cordwood::pipeline
