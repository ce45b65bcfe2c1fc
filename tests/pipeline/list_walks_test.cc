// Sequences over lists that drafts of the encoding got wrong: at the newest state and at D with the
// log stalled, after COMPACT, and after a restart by kill; and lists that change while a long write
// looks at them.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/object_walks.h"

namespace cordwood::pipeline {
namespace {

class ListWalks : public ObjectWalks {
 protected:
  std::string All(std::string_view key) { return Ask({"LRANGE", key, "0", "-1"}); }
};

TEST_F(ListWalks, WhatWasTrimmedStaysGone) {
  Ask({"RPUSH", "l", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  std::vector<Words> steps = {{"LINSERT", "l", "AFTER", "4", "x"}, {"LTRIM", "l", "7", "-1"}};
  for (int i = 0; i < 8; ++i) steps.push_back({"LPUSH", "l", "new"});
  Shows(steps, {"LRANGE", "l", "0", "-1"},
        BulksOf({"new", "new", "new", "new", "new", "new", "new", "new", "6", "7", "8", "9"}));
}

TEST_F(ListWalks, CountsAndIndexesKnowOfTheEditsThatWereTrimmed) {
  Ask({"RPUSH", "l", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  Shows({{"LREM", "l", "1", "2"}, {"LINSERT", "l", "AFTER", "4", "x"}, {"LTRIM", "l", "3", "-1"}},
        {"LRANGE", "l", "0", "-1"}, BulksOf({"4", "x", "5", "6", "7", "8", "9"}));
  EXPECT_EQ(Ask({"LLEN", "l"}), ":7\r\n");
  const std::vector<std::string> expected = {"4", "x", "5", "6", "7", "8", "9"};
  for (int i = 0; i < 7; ++i) {
    const std::string reply = "$1\r\n" + expected[static_cast<size_t>(i)] + "\r\n";
    EXPECT_EQ(Ask({"LINDEX", "l", Format("{}", i)}), reply);
    EXPECT_EQ(Ask({"LINDEX", "l", Format("{}", i - 7)}), reply);
  }
}

TEST_F(ListWalks, APushInFrontOfARemovedHeadIsTheFirst) {
  Ask({"RPUSH", "l", "a", "b", "c", "d"});
  Shows({{"LREM", "l", "1", "c"}, {"LREM", "l", "1", "a"}, {"LPUSH", "l", "e"}},
        {"LRANGE", "l", "0", "-1"}, BulksOf({"e", "b", "d"}));
  EXPECT_EQ(Ask({"LINDEX", "l", "0"}), "$1\r\ne\r\n");
  EXPECT_EQ(Ask({"LINDEX", "l", "-3"}), "$1\r\ne\r\n");
  EXPECT_EQ(Ask({"LINDEX", "l", "-1"}), "$1\r\nd\r\n");
}

TEST_F(ListWalks, OneExecPopsTrimsAndPushes) {
  Ask({"RPUSH", "l", "a", "b", "c", "d"});
  Shows({{"MULTI"}, {"LPOP", "l"}, {"LTRIM", "l", "1", "-1"}, {"LPUSH", "l", "x"}, {"EXEC"}},
        {"LRANGE", "l", "0", "-1"}, BulksOf({"x", "c", "d"}));
}

TEST_F(ListWalks, OneExecPopsWhatARangeCoversAndPushesThere) {
  std::vector<std::string> texts = {"RPUSH", "l"};
  for (int i = 0; i < 400; ++i) texts.push_back(Format("{}", i));
  Ask({texts.begin(), texts.end()});
  Shows({{"MULTI"}, {"LPOP", "l", "399"}, {"LPUSH", "l", "x", "y"}, {"EXEC"}},
        {"LRANGE", "l", "0", "-1"}, BulksOf({"y", "x", "399"}));
}

TEST_F(ListWalks, OneExecDeletesAndMakesAnew) {
  Ask({"RPUSH", "l", "a", "b", "c", "d"});
  Shows({{"MULTI"}, {"DEL", "l"}, {"RPUSH", "l", "e"}, {"EXEC"}}, {"LRANGE", "l", "0", "-1"},
        BulksOf({"e"}));
  EXPECT_EQ(Ask({"DBSIZE"}), ":1\r\n");
}

TEST_F(ListWalks, AListOfOneElementRotatesInPlace) {
  Ask({"RPUSH", "l", "a"});
  Ask({"EXPIREAT", "l", "9000000000"});
  const SessionId watcher = server_->Connect();
  server_->SendCommand(watcher, {"WATCH", "l"});
  server_->Settle();
  Ask({"LMOVE", "l", "l", "LEFT", "RIGHT"});
  server_->SendCommand(watcher, {"MULTI"});
  server_->SendCommand(watcher, {"EXEC"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(watcher), "+OK\r\n+OK\r\n*-1\r\n") << "it was changed";
  Shows({{"RPOPLPUSH", "l", "l"}}, {"EXPIRETIME", "l"}, ":9000000000\r\n");
  EXPECT_EQ(All("l"), BulksOf({"a"}));
}

// --- long writes ---

class LongListWrites : public ListWalks {
 protected:
  static constexpr int kElements = 3000;

  LongListWrites() {
    std::vector<std::string> texts = {"RPUSH", "l"};
    for (int i = 0; i < kElements; ++i) {
      texts.push_back(i % 100 == 0 ? "x" : Format("element {} {}", i, std::string(60, 'v')));
    }
    elements_ = {texts.begin() + 2, texts.end()};
    Ask({texts.begin(), texts.end()});
    Ask({"COMPACT"});
    server_->RunForMs(1000);
    Start();
  }
  /// Sends a command, and lets it get to where it waits in the middle of its work.
  SessionId Begin(const Words& argv) {
    env_->StallReads(".sst", 50);
    const SessionId client = server_->Connect();
    server_->SendCommand(client, argv);
    const PipelineStats& stats = server_->pipeline().stats();
    for (int i = 0; i < 10'000 && stats.long_writes == 0; ++i) server_->RunForMs(1);
    EXPECT_EQ(stats.long_writes, 1u);
    EXPECT_EQ(server_->Receive(client), "") << "it is not done";
    return client;
  }
  std::string End(SessionId client) {
    env_->ClearFaults();
    server_->RunForMs(20'000);
    return server_->Receive(client);
  }

  std::vector<std::string> elements_;
};

// The position where x stood is taken by y meanwhile.
TEST_F(LongListWrites, LremRemovesWhatIsThereWhenItIsDone) {
  const SessionId remover = Begin({"LREM", "l", "0", "x"});
  EXPECT_EQ(Ask({"LPOP", "l"}), "$1\r\nx\r\n");
  EXPECT_EQ(Ask({"LPUSH", "l", "y"}), Format(":{}\r\n", kElements));
  EXPECT_EQ(Ask({"RPUSH", "l", "x"}), Format(":{}\r\n", kElements + 1));
  EXPECT_EQ(End(remover), ":30\r\n");
  EXPECT_EQ(server_->pipeline().stats().long_writes_overtaken, 0u);
  std::vector<std::string> expected = {"y"};
  for (const std::string& element : elements_) {
    if (element != "x") expected.push_back(element);
  }
  EXPECT_TRUE(All("l") == BulksOf(expected));
  KillAndStart();
  EXPECT_TRUE(All("l") == BulksOf(expected));
}

TEST_F(LongListWrites, LinsertFindsAPivotBehindThousands) {
  const SessionId inserter = Begin({"LINSERT", "l", "AFTER", elements_[2501], "new"});
  EXPECT_EQ(Ask({"SET", "other", "v"}), "+OK\r\n");
  EXPECT_EQ(End(inserter), Format(":{}\r\n", kElements + 1));
  EXPECT_EQ(server_->pipeline().stats().long_writes_overtaken, 0u);
  elements_.insert(elements_.begin() + 2502, "new");
  EXPECT_TRUE(All("l") == BulksOf(elements_));
}

TEST_F(LongListWrites, PopsOfThousandsReplyWithAll) {
  const std::vector<std::string> popped(elements_.begin(), elements_.begin() + 2900);
  const SessionId popper = Begin({"LPOP", "l", "2900"});
  EXPECT_TRUE(End(popper) == BulksOf(popped));
  EXPECT_TRUE(All("l") == BulksOf({elements_.begin() + 2900, elements_.end()}));
}

TEST_F(LongListWrites, InOneExecWithOthers) {
  const SessionId client = server_->Connect();
  for (const Words& argv : std::vector<Words>{{"MULTI"},
                                              {"LPUSH", "l", "x"},
                                              {"LREM", "l", "-30", "x"},
                                              {"LINSERT", "l", "BEFORE", elements_[2001], "new"},
                                              {"LMOVE", "l", "m", "LEFT", "LEFT"},
                                              {"LTRIM", "l", "0", "0"},
                                              {"EXEC"}}) {
    server_->SendCommand(client, argv);
  }
  const std::string reply = End(client);
  EXPECT_TRUE(reply.ends_with(
      Format("*5\r\n:{}\r\n:30\r\n:{}\r\n$1\r\nx\r\n+OK\r\n", kElements + 1, kElements - 28)))
      << reply;
  EXPECT_EQ(All("l"), BulksOf({elements_[1]}));
  EXPECT_EQ(All("m"), BulksOf({"x"}));
}

}  // namespace
}  // namespace cordwood::pipeline
