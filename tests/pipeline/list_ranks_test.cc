// Ranks of edited lists are built when somebody asks for an index far from both ends, in slices, in
// the background: what may happen between slices, and what nobody notices.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/rank_builds.h"

namespace cordwood::pipeline {
namespace {

class ListRanks : public RankBuildsTest {
 protected:
  ListRanks()
      : RankBuildsTest([](std::string_view key) {
          return std::vector<std::string>{"LINDEX", std::string(key), "4000"};
        }) {}

  /// A list of 0, 1, ... that is edited.
  void MakeEdited(std::string_view key) {
    std::vector<std::string> words = {"RPUSH", std::string(key)};
    for (int i = 0; i < kElements; ++i) words.push_back(Format("{}", i));
    Ask({words.begin(), words.end()});
    elements_ = {words.begin() + 2, words.end()};
    Edit(key);
  }
  void Edit(std::string_view key) {
    Ask({"LINSERT", key, "AFTER", "1", "new"});
    elements_.insert(elements_.begin() + 2, "new");
  }
  void ExpectElements(std::string_view key) {
    EXPECT_EQ(Ask({"LLEN", key}), Format(":{}\r\n", elements_.size()));
    const auto count = static_cast<int64_t>(elements_.size());
    for (int64_t i = 0; i < count; i += 97) {
      const std::string expected = BulkOf(elements_[static_cast<size_t>(i)]);
      ASSERT_EQ(Ask({"LINDEX", key, Format("{}", i)}), expected) << i;
      ASSERT_EQ(Ask({"LINDEX", key, Format("{}", i - count)}), expected) << i;
    }
  }

  std::vector<std::string> elements_;
};

TEST_F(ListRanks, AreBuiltOnceAnIndexIsFarFromBothEnds) {
  MakeEdited("l");
  Ask({"LINDEX", "l", "1000"});
  Ask({"LINDEX", "l", "-1000"});
  RunBuilds();
  EXPECT_EQ(RanksOf("l"), Ranks::kNone);
  BuildAll("l");
  ExpectElements("l");
  const std::string range = Ask({"LRANGE", "l", "5000", "5002"});
  EXPECT_EQ(range, "*3\r\n" + BulkOf("4999") + BulkOf("5000") + BulkOf("5001"));
}

TEST_F(ListRanks, AnUneditedListHasNone) {
  std::vector<std::string> words = {"RPUSH", "l"};
  for (int i = 0; i < kElements; ++i) words.push_back(Format("{}", i));
  Ask({words.begin(), words.end()});
  const storage::Seq before = server_->keyspace().store().last_seq();
  EXPECT_EQ(Ask({"LINDEX", "l", "4000"}), BulkOf("4000"));
  RunBuilds();
  EXPECT_EQ(server_->keyspace().store().last_seq(), before);
}

TEST_F(ListRanks, LsetAndLtrimAskForThemToo) {
  MakeEdited("l");
  Ask({"LSET", "l", "4500", "changed"});
  RunBuilds();
  EXPECT_EQ(RanksOf("l"), Ranks::kWhole);
  elements_[4500] = "changed";
  Ask({"LSET", "l", "-3000", "changed too"});
  elements_[elements_.size() - 3000] = "changed too";
  Ask({"LTRIM", "l", "1500", "-1501"});
  elements_ = {elements_.begin() + 1500, elements_.end() - 1500};
  ExpectElements("l");
  EXPECT_EQ(RanksOf("l"), Ranks::kWhole);
}

TEST_F(ListRanks, EditsBetweenSlicesAreCounted) {
  MakeEdited("l");
  BuildSome("l");
  DoAtOnce({"LPUSH", "l", "front"});
  DoAtOnce({"LREM", "l", "1", "600"});
  DoAtOnce({"RPUSH", "l", "back"});
  DoAtOnce({"LPOP", "l", "20"});
  EXPECT_EQ(RanksOf("l"), Ranks::kBeingBuilt);
  elements_.insert(elements_.begin(), "front");
  std::erase(elements_, "600");
  elements_.push_back("back");
  elements_.erase(elements_.begin(), elements_.begin() + 20);
  BuildAll("l");
  ExpectElements("l");
}

TEST_F(ListRanks, GoOnUnderANewName) {
  MakeEdited("l");
  BuildSome("l");
  DoAtOnce({"RENAME", "l", "other"});
  RunBuilds();
  EXPECT_EQ(RanksOf("other"), Ranks::kBeingBuilt);
  BuildAll("other");
  ExpectElements("other");
}

TEST_F(ListRanks, AnotherListUnderTheNameHasItsOwn) {
  MakeEdited("l");
  BuildSome("l");
  DoAtOnce({"DEL", "l"});
  MakeEdited("l");
  RunBuilds();
  EXPECT_EQ(RanksOf("l"), Ranks::kNone);
  BuildAll("l");
  ExpectElements("l");
  Ask({"DEL", "l"});
  Ask({"COMPACT"});
  EXPECT_EQ(server_->keyspace().store().Stats().entries_on_disk, 0u);
}

TEST_F(ListRanks, AreNotBuiltInADatabaseThatWasFlushed) {
  MakeEdited("l");
  BuildSome("l");
  DoAtOnce({"FLUSHDB"});
  RunBuilds();
  Ask({"COMPACT"});
  EXPECT_EQ(server_->keyspace().store().Stats().entries_on_disk, 1u) << "what the number means";
  MakeEdited("l");
  BuildSome("l");
  DoAtOnce({"SWAPDB", "0", "1"});
  RunBuilds();
  Ask({"SWAPDB", "0", "1"});
  EXPECT_EQ(RanksOf("l"), Ranks::kWhole) << "the same list, under another number";
  ExpectElements("l");
}

TEST_F(ListRanks, GoOnAfterAKillWhenTheyAreAskedForAgain) {
  MakeEdited("l");
  BuildSome("l");
  while (env_->Step()) {
  }
  KillAndStart();
  RunBuilds();
  EXPECT_EQ(RanksOf("l"), Ranks::kBeingBuilt);
  BuildAll("l");
  ExpectElements("l");
  KillAndStart();
  EXPECT_EQ(RanksOf("l"), Ranks::kWhole);
  ExpectElements("l");
}

TEST_F(ListRanks, ACopyHasNone) {
  MakeEdited("l");
  BuildAll("l");
  EXPECT_EQ(Ask({"COPY", "l", "copy"}), ":1\r\n");
  EXPECT_EQ(RanksOf("copy"), Ranks::kNone);
  BuildAll("copy");
  ExpectElements("copy");
  ExpectElements("l");
}

TEST_F(ListRanks, WhoWatchesTheKeyIsNotTold) {
  MakeEdited("l");
  const SessionId watcher = server_->Connect();
  server_->SendCommand(watcher, {"WATCH", "l"});
  BuildAll("l");
  server_->SendCommand(watcher, {"MULTI"});
  server_->SendCommand(watcher, {"LLEN", "l"});
  server_->SendCommand(watcher, {"EXEC"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(watcher),
            Format("+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n:{}\r\n", elements_.size()));
}

TEST_F(ListRanks, AreNotBuiltWhileALongWriteReadsTheList) {
  MakeEdited("l");
  Ask({"COMPACT"});
  Start();
  env_->StallReads(".sst", 50);
  const SessionId remover = server_->Connect();
  server_->SendCommand(remover, {"LREM", "l", "0", "5000"});
  const PipelineStats& stats = server_->pipeline().stats();
  for (int i = 0; i < 10'000 && stats.long_writes == 0; ++i) server_->RunForMs(1);
  EXPECT_EQ(server_->Receive(remover), "") << "it is not done";
  Ask({"LINDEX", "l", "4000"});
  for (int i = 0; i < 5; ++i) server_->Tick();
  ASSERT_EQ(server_->Receive(remover), "") << "it is not done";
  EXPECT_EQ(RanksOf("l"), Ranks::kNone);
  env_->ClearFaults();
  server_->RunForMs(20'000);
  EXPECT_EQ(server_->Receive(remover), ":1\r\n");
  EXPECT_EQ(stats.long_writes_overtaken, 0u);
  std::erase(elements_, "5000");
  RunBuilds();
  EXPECT_EQ(RanksOf("l"), Ranks::kWhole);
  ExpectElements("l");
}

TEST_F(ListRanks, AreNotBuiltWhileTheDiskIsFull) {
  MakeEdited("l");
  env_->SetDiskBytes(env_->UsedDiskBytes());
  const std::string value(10'000, 'v');
  bool full = false;
  for (int i = 0; i < 1000 && !full; ++i) {
    full = Ask({"SET", Format("key:{}", i), value}) != "+OK\r\n";
  }
  ASSERT_TRUE(full);
  EXPECT_EQ(Ask({"LINDEX", "l", "4000"}), BulkOf(elements_[4000]));
  RunBuilds();
  EXPECT_EQ(RanksOf("l"), Ranks::kNone);
  env_->SetDiskBytes(UINT64_MAX);
  for (int i = 0; i < 100 && full; ++i) {
    RunBuilds();
    full = Ask({"SET", "key:0", value}) != "+OK\r\n";
  }
  ASSERT_FALSE(full);
  EXPECT_EQ(RanksOf("l"), Ranks::kNone) << "nobody has asked since";
  BuildAll("l");
  ExpectElements("l");
}

TEST_F(ListRanks, AtTheVisibleStateWhileTheLogIsStalled) {
  MakeEdited("l");
  BuildAll("l");
  env_->StallSyncs(".wal", 2000);
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"LINSERT", "l", "BEFORE", "1", "late"});
  server_->SendCommand(writer, {"LPOP", "l", "500"});
  server_->SendCommand(writer, {"LINDEX", "l", "4000"});
  EXPECT_EQ(server_->Ask({"LINDEX", "l", "4000"}), BulkOf(elements_[4000])) << "at D";
  EXPECT_EQ(server_->Receive(writer), "") << "not durable";
  server_->RunForMs(3000);
  RunBuilds();
  elements_.insert(elements_.begin() + 1, "late");
  elements_.erase(elements_.begin(), elements_.begin() + 500);
  EXPECT_TRUE(server_->Receive(writer).ends_with(BulkOf(elements_[4000]))) << "the newest state";
  ExpectElements("l");
}

}  // namespace
}  // namespace cordwood::pipeline
