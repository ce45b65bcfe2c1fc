#include "pipeline/tables/blocked_clients.h"

#include <gtest/gtest.h>

#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::pipeline {
namespace {

using Keys = std::vector<std::string_view>;

class BlockedClientsTable : public ::testing::Test {
 protected:
  void Signal(int db, std::string_view key) { table_.Mark({{.db = db, .key = key}}); }
  std::vector<uint64_t> LineOf(const KeyName& name) {
    std::vector<uint64_t> line;
    auto place = table_.NextInLine(name, 0);
    for (; place; place = table_.NextInLine(name, place->ticket)) line.push_back(place->client);
    return line;
  }

  keyspace::KeyspaceRig rig_;
  BlockedClients table_{rig_.keyspace()};
};

using Line = std::vector<uint64_t>;

TEST_F(BlockedClientsTable, KeepsTheOrderInWhichTheyCame) {
  table_.Add(7, 0, Keys{"a", "b"}, {});
  table_.Add(3, 0, Keys{"b"}, {});
  table_.Add(5, 0, Keys{"b", "a", "b"}, {});
  table_.Add(9, 1, Keys{"b"}, {});
  EXPECT_EQ(LineOf({0, "a"}), (Line{7, 5}));
  EXPECT_EQ(LineOf({0, "b"}), (Line{7, 3, 5}));
  EXPECT_EQ(LineOf({1, "b"}), (Line{9}));
  EXPECT_EQ(LineOf({1, "a"}), Line());
  table_.Remove(7);
  table_.Add(7, 0, Keys{"b"}, {});
  EXPECT_EQ(LineOf({0, "b"}), (Line{3, 5, 7}));
  EXPECT_EQ(table_.clients(), 4u);
  EXPECT_EQ(table_.keys(), 3u);
  EXPECT_EQ(table_.KeysIn(0), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table_.KeysIn(2), std::vector<std::string>());
}

TEST_F(BlockedClientsTable, AKeyIsReadyOnceInTheOrderOfSignals) {
  table_.Add(1, 0, Keys{"a", "b"}, {});
  Signal(0, "b");
  Signal(0, "nobody's");
  Signal(1, "a");
  Signal(0, "a");
  Signal(0, "b");
  EXPECT_EQ(table_.TakeReady(), KeyName(0, "b"));
  Signal(0, "b");
  EXPECT_EQ(table_.TakeReady(), KeyName(0, "a"));
  EXPECT_EQ(table_.TakeReady(), KeyName(0, "b"));
  EXPECT_EQ(table_.TakeReady(), std::nullopt);
}

TEST_F(BlockedClientsTable, SignalsAreAskedForWhileSomebodyWaitsForKeys) {
  EXPECT_FALSE(rig_.keyspace().reports_signals());
  table_.Add(1, 0, Keys(), {.for_sync = true});
  EXPECT_FALSE(rig_.keyspace().reports_signals());
  table_.Add(2, 0, Keys{"a"}, {});
  table_.Add(3, 0, Keys{"a"}, {});
  EXPECT_TRUE(rig_.keyspace().reports_signals());
  table_.Remove(2);
  EXPECT_TRUE(rig_.keyspace().reports_signals());
  table_.Remove(3);
  table_.Remove(3);
  EXPECT_FALSE(rig_.keyspace().reports_signals());
  table_.Remove(1);
  EXPECT_FALSE(rig_.keyspace().reports_signals());
  EXPECT_TRUE(table_.for_sync().empty());
}

TEST_F(BlockedClientsTable, DeadlinesComeInTheirOrder) {
  table_.Add(1, 0, Keys{"a"}, {.deadline_ns = 300});
  table_.Add(2, 0, Keys{"a"}, {.deadline_ns = 100});
  table_.Add(3, 0, Keys{"a"}, {});
  table_.Add(4, 0, Keys{"a"}, {.deadline_ns = 200});
  EXPECT_EQ(table_.timeouts(), 3u);
  EXPECT_EQ(table_.FirstDeadlineNs(), 100u);
  EXPECT_EQ(table_.TakeDue(99), std::nullopt);
  EXPECT_EQ(table_.TakeDue(250), 2u);
  table_.Remove(4);
  EXPECT_EQ(table_.TakeDue(250), std::nullopt);
  EXPECT_EQ(table_.TakeDue(300), 1u);
  EXPECT_EQ(table_.FirstDeadlineNs(), std::nullopt);
  EXPECT_TRUE(table_.Has(1)) << "its time is over, and it is still in line";
}

TEST_F(BlockedClientsTable, ALineThatStandsStillIsReadyAgainWhenItsClientGoesOn) {
  table_.Add(1, 0, Keys{"a", "b"}, {});
  table_.Add(2, 0, Keys{"a", "c"}, {});
  table_.Stop({0, "a"});
  table_.Stop({0, "c"});
  EXPECT_FALSE(table_.has_ready());
  table_.GoOnWith(1);
  EXPECT_EQ(table_.TakeReady(), KeyName(0, "a"));
  EXPECT_EQ(table_.TakeReady(), std::nullopt);
  table_.Stop({0, "a"});
  table_.GoOn();
  EXPECT_EQ(table_.TakeReady(), KeyName(0, "a"));
  EXPECT_EQ(table_.TakeReady(), KeyName(0, "c"));
  table_.Stop({0, "a"});
  table_.Remove(1);
  EXPECT_EQ(table_.TakeReady(), KeyName(0, "a")) << "for who is behind it";
  table_.Stop({0, "a"});
  table_.Remove(2);
  EXPECT_EQ(table_.TakeReady(), std::nullopt);
}

TEST_F(BlockedClientsTable, CountsKeysWhoseLossIsAwaited) {
  table_.Add(1, 0, Keys{"a", "b"}, {.on_nokey = true});
  table_.Add(2, 0, Keys{"a", "c"}, {});
  table_.Add(3, 0, Keys{"a"}, {.on_nokey = true});
  EXPECT_EQ(table_.keys_on_nokey(), 2u);
  table_.Remove(1);
  EXPECT_EQ(table_.keys_on_nokey(), 1u);
  EXPECT_TRUE(table_.IsOnNokey({0, "a"}));
  EXPECT_FALSE(table_.IsOnNokey({0, "c"}));
}

}  // namespace
}  // namespace cordwood::pipeline
