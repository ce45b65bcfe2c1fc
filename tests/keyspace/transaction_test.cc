#include "keyspace/core/transaction.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "keyspace/core/keys.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

TEST(Transaction, DroppedGenerationTakesAlongWhatTheTransactionWroteThere) {
  KeyspaceRig rig;
  const Generation before = rig.keyspace().databases().Newest(0);
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    return SetString(tx, {.generation = before, .key = "earlier"}, "value", {});
  }));
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    for (int i = 0; i < 100; ++i) {
      const std::string key = Format("key:{}", i);
      CW_TRY(SetString(tx, {.generation = before, .key = key}, "value", rig.now_ms() + 1000));
    }
    tx.DropGeneration(before);
    tx.SetGeneration(0, tx.NewGeneration());
    EXPECT_EQ(tx.CountOf(0, CounterKind::kKeys), 0);
    // The database may be written at once.
    return SetString(tx, {.generation = tx.GenerationOf(0), .key = "later"}, "value", {});
  }));
  EXPECT_EQ(rig.keyspace().NewestCount(0, CounterKind::kKeys), 1);
  for (const CounterKind kind :
       {CounterKind::kKeys, CounterKind::kExpires, CounterKind::kObjects}) {
    EXPECT_EQ(rig.store().NewestCount(CounterId(before, kind)), 0);
  }
  rig.Compact();
  EXPECT_EQ(rig.store().Stats().entries_on_disk, 2u);  // the database's record and the later key
}

TEST(Transaction, FlushedDatabasesGetGenerationsThatNobodyHad) {
  KeyspaceRig rig;
  std::set<Generation> seen;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      for (int db = 0; db < 16; ++db) {
        seen.insert(tx.GenerationOf(db));
        tx.DropGeneration(tx.GenerationOf(db));
        tx.SetGeneration(db, tx.NewGeneration());
      }
      return {};
    }));
  }
  for (int db = 0; db < 16; ++db) seen.insert(rig.keyspace().databases().Newest(db));
  EXPECT_EQ(seen.size(), 4u * 16u);
}

TEST(Transaction, OnlyTakingAwayFreesSpace) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    tx.DropGeneration(tx.GenerationOf(0));
    tx.SetGeneration(0, tx.NewGeneration());
    EXPECT_TRUE(tx.frees());
    CW_TRY(SetString(tx, {.generation = tx.GenerationOf(0), .key = "key"}, "value", {}));
    EXPECT_FALSE(tx.frees());
    return {};
  }));
}

TEST(Transaction, CountsAsOfItsView) {
  KeyspaceRig rig;
  const auto set = [&](std::string_view key) {
    ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      return SetString(tx, {.generation = tx.GenerationOf(0), .key = key}, "value", {});
    }));
    rig.Settle();
  };
  set("first");
  const auto snapshot = rig.store().TakeSnapshot();
  storage::Reader other(rig.store());
  storage::View view = other.Visible(storage::Tier::kCacheOnly);
  for (int i = 0; i < 200; ++i) set(Format("key:{}", i));
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    tx.DropGeneration(tx.GenerationOf(0));
    tx.SetGeneration(0, tx.NewGeneration());
    return {};
  }));
  ASSERT_TRUE(rig.Read([&](Transaction& tx) -> Status {
    EXPECT_EQ(tx.CountOf(0, CounterKind::kKeys), 0);
    return {};
  }));
  // D is ahead of the view and of the snapshot, and others have asked there.
  const Transaction of_view(rig.keyspace(), view, Transaction::Mode::kRead, rig.now_ms());
  EXPECT_EQ(of_view.CountOf(0, CounterKind::kKeys), 1);
  storage::View at = rig.reader().At(*snapshot, storage::Tier::kCacheOnly);
  const Transaction of_snapshot(rig.keyspace(), at, Transaction::Mode::kRead, rig.now_ms());
  EXPECT_EQ(of_snapshot.CountOf(0, CounterKind::kKeys), 1);
}

TEST(Transaction, LookupsOfARunThatIsUndoneDoNotCount) {
  KeyspaceRig rig;
  storage::View view = rig.reader().Newest(storage::Tier::kCacheOnly);
  const KeyspaceStats& stats = rig.keyspace().stats();
  {
    Transaction undone(rig.keyspace(), view, Transaction::Mode::kExecute, rig.now_ms());
    undone.NoteLookup(true);
    undone.NoteLookup(false);
    // Meanwhile, as another thread would.
    Transaction counted(rig.keyspace(), view, Transaction::Mode::kRead, rig.now_ms());
    counted.NoteLookup(true);
    counted.NoteLookup(false);
    counted.NoteLookup(false);
    EXPECT_EQ(stats.misses.load(), 0u);
    counted.CountLookups();
  }
  EXPECT_EQ(stats.hits.load(), 1u);
  EXPECT_EQ(stats.misses.load(), 2u);
}

TEST(Transaction, SignalsAreToldInTheirOrderWhileSomebodyWaits) {
  KeyspaceRig rig;
  using Signals = std::vector<std::pair<int, std::string>>;
  const auto signals_of = [&] {
    Signals signals;
    EXPECT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      signals.clear();
      tx.Signal(tx.GenerationOf(3), "b");
      tx.Signal(tx.GenerationOf(0), "a");
      // What a number means is what it means in the end.
      const Generation other = tx.GenerationOf(5);
      tx.SetGeneration(5, tx.GenerationOf(3));
      tx.SetGeneration(3, other);
      tx.Signal(other, "c");
      for (const KeySignal& signal : tx.signals()) {
        signals.emplace_back(signal.db, std::string(signal.key));
      }
      return {};
    }));
    return signals;
  };
  EXPECT_EQ(signals_of(), Signals());
  rig.keyspace().AddSignalReader();
  EXPECT_EQ(signals_of(), (Signals{{3, "b"}, {0, "a"}, {3, "c"}}));
  rig.keyspace().RemoveSignalReader();
  EXPECT_EQ(signals_of(), Signals());
}

}  // namespace
}  // namespace cordwood::keyspace
