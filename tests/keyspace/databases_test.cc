#include "keyspace/core/databases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/core/keys.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/heap_meter.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

using storage::Seq;

TEST(Databases, EachNumberHasAGenerationOfItsOwnFromTheStart) {
  const Databases databases(16);
  EXPECT_EQ(databases.count(), 16);
  EXPECT_EQ(databases.Newest(0), 1u);
  EXPECT_EQ(databases.At(15, 0), 16u);
  EXPECT_EQ(databases.NumberOf(16), 15);
  EXPECT_EQ(databases.NumberOf(17), std::nullopt);
}

TEST(Databases, AChangeShowsFromItsSeqOn) {
  Databases databases(2);
  databases.Change(10, 0, 70'000);
  databases.Change(20, 0, 70'001);
  EXPECT_EQ(databases.Newest(0), 70'001u);
  EXPECT_EQ(databases.At(0, 9), 1u);
  EXPECT_EQ(databases.At(0, 10), 70'000u);
  EXPECT_EQ(databases.At(0, 19), 70'000u);
  EXPECT_EQ(databases.At(0, 20), 70'001u);
  EXPECT_EQ(databases.At(0, 9), 1u) << "whoever asked for more before";
  EXPECT_EQ(databases.At(1, 20), 2u);
}

TEST(Databases, ForgetsWhatNobodyCanAskFor) {
  Databases databases(2);
  databases.Change(10, 0, 70'000);
  databases.Change(20, 1, 70'001);
  databases.Change(30, 0, 70'002);
  EXPECT_EQ(databases.older(), 3u);
  databases.Forget(9);
  EXPECT_EQ(databases.older(), 3u);
  EXPECT_EQ(databases.At(0, 9), 1u);
  databases.Forget(25);
  EXPECT_EQ(databases.older(), 1u);
  EXPECT_EQ(databases.At(0, 25), 70'000u);
  EXPECT_EQ(databases.At(1, 25), 70'001u);
  EXPECT_EQ(databases.At(0, 30), 70'002u);
  databases.Forget(100);
  EXPECT_EQ(databases.older(), 0u);
  EXPECT_EQ(databases.At(0, 100), 70'002u);
}

TEST(Databases, AChangeThatTheStoreRefusedNeverShows) {
  Databases databases(1);
  databases.Change(10, 0, 70'000);
  databases.Change(10, 0, 1);      // undone
  databases.Change(5, 0, 70'001);  // a smaller batch
  EXPECT_EQ(databases.At(0, 4), 1u);
  EXPECT_EQ(databases.At(0, 5), 70'001u);
  EXPECT_EQ(databases.At(0, 10), 70'001u);
  databases.Forget(7);
  EXPECT_EQ(databases.At(0, 7), 70'001u);
  databases.Forget(20);
  EXPECT_EQ(databases.older(), 0u);
  EXPECT_EQ(databases.NumberOf(70'001), 0);
  EXPECT_EQ(databases.NumberOf(70'000), std::nullopt);
}

TEST(Databases, ASwapIsKnownFromBothSides) {
  Databases databases(3);
  databases.Change(5, 0, 2);
  databases.Change(5, 1, 1);
  EXPECT_EQ(databases.NumberOf(1), 1);
  EXPECT_EQ(databases.NumberOf(2), 0);
  EXPECT_EQ(databases.NumberOf(3), 2);
  EXPECT_EQ(databases.At(0, 4), 1u);
  EXPECT_EQ(databases.At(0, 5), 2u);
}

TEST(Databases, KeepLongChainsWithoutTrouble) {
  Databases databases(1);
  for (Seq seq = 1; seq <= 1'000'000; ++seq) databases.Change(seq, 0, 70'000 + seq);
  EXPECT_EQ(databases.At(0, 0), 1u);
  databases.Forget(500'000);
  EXPECT_EQ(databases.At(0, 500'000), 570'000u);
  EXPECT_EQ(databases.older(), 500'000u);
}

// Readers that hold a seq, as snapshots do, while the executor changes and forgets.
TEST(DatabasesConcurrency, AReaderGetsTheMeaningAtItsSeq) {
  constexpr Seq kLast = 50'000;
  Databases databases(2);
  std::atomic<Seq> visible{0};
  std::vector<std::atomic<Seq>> held(3);
  std::vector<std::jthread> readers;
  for (std::atomic<Seq>& slot : held) slot.store(storage::kMaxSeq);
  for (std::atomic<Seq>& slot : held) {
    readers.emplace_back([&] {
      while (visible.load() < kLast) {
        Seq seq = visible.load();
        slot.store(seq);
        while (visible.load() != seq) slot.store(seq = visible.load());
        for (int look = 0; look < 5; ++look) {
          ASSERT_EQ(databases.At(0, seq), seq == 0 ? 1 : 100'000 + seq);
          ASSERT_EQ(databases.At(1, seq), seq == 0 ? 2 : 200'000 + seq);
        }
        slot.store(storage::kMaxSeq);
      }
    });
  }
  for (Seq seq = 1; seq <= kLast; ++seq) {
    databases.Change(seq, 0, 100'000 + seq);
    databases.Change(seq, 1, 200'000 + seq);
    visible.store(seq);
    Seq oldest = visible.load();
    for (const std::atomic<Seq>& slot : held) oldest = std::min(oldest, slot.load());
    databases.Forget(oldest);
  }
}

// --- over a store ---

class MappedDatabases : public ::testing::Test {
 protected:
  Databases& databases() { return rig_.keyspace().databases(); }

  void Set(int db, std::string_view key) {
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      return SetString(tx, {.generation = tx.GenerationOf(db), .key = key}, "value", {});
    }));
  }
  void Flush(int db) {
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      tx.DropGeneration(tx.GenerationOf(db));
      tx.SetGeneration(db, tx.NewGeneration());
      return {};
    }));
  }
  void Swap(int a, int b) {
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      const Generation of_a = tx.GenerationOf(a);
      tx.SetGeneration(a, tx.GenerationOf(b));
      tx.SetGeneration(b, of_a);
      return {};
    }));
  }
  std::vector<int> Written() {
    std::vector<int> numbers;
    EXPECT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      numbers = tx.WrittenDatabases();
      return {};
    }));
    return numbers;
  }
  Generation At(const storage::Snapshot& snapshot, int db) {
    storage::View view = rig_.reader().At(snapshot, storage::Tier::kCacheOnly);
    Transaction tx(rig_.keyspace(), view, Transaction::Mode::kRead, rig_.now_ms());
    return tx.GenerationOf(db);
  }

  KeyspaceRig rig_;
};

TEST_F(MappedDatabases, ASnapshotBeforeAFlushOrASwapIsAskedAfterwards) {
  rig_.Settle();
  const auto before = rig_.store().TakeSnapshot();
  Flush(0);
  rig_.Settle();
  const auto flushed = rig_.store().TakeSnapshot();
  Swap(0, 1);
  rig_.Settle();
  // Another reader asks at D first.
  Generation swapped = 0;
  ASSERT_TRUE(rig_.Read([&](Transaction& tx) -> Status {
    swapped = tx.GenerationOf(0);
    return {};
  }));
  rig_.keyspace().Tick();
  EXPECT_EQ(swapped, 2u);
  EXPECT_EQ(At(*before, 0), 1u);
  EXPECT_GE(At(*flushed, 0), Databases::kFirstFree);
  EXPECT_EQ(At(*flushed, 1), 2u);
  EXPECT_EQ(At(*before, 1), 2u);
}

TEST_F(MappedDatabases, WhatChangedIsForgottenWithTheLastSnapshotBeforeIt) {
  rig_.Settle();
  auto snapshot = rig_.store().TakeSnapshot();
  for (int i = 0; i < 100; ++i) Flush(i % 16);
  rig_.Settle();
  rig_.keyspace().Tick();
  EXPECT_EQ(databases().older(), 100u);
  snapshot.reset();
  rig_.keyspace().Tick();
  EXPECT_EQ(databases().older(), 0u);
}

TEST_F(MappedDatabases, WhatIsNotVisibleYetIsNotForgotten) {
  rig_.Settle();
  rig_.env().StallSyncs(".wal", 1000);
  Flush(0);
  rig_.keyspace().Tick();
  EXPECT_EQ(databases().At(0, rig_.store().visible()), 1u);
  rig_.Settle();
  rig_.keyspace().Tick();
  EXPECT_EQ(databases().older(), 0u);
}

TEST_F(MappedDatabases, AreWrittenFromTheirFirstKeyToTheirFlush) {
  EXPECT_EQ(Written(), std::vector<int>{});
  Set(3, "key");
  Set(15, "key");
  EXPECT_EQ(Written(), (std::vector<int>{3, 15}));
  Swap(3, 4);
  EXPECT_EQ(Written(), (std::vector<int>{4, 15}));
  Flush(4);
  EXPECT_EQ(Written(), std::vector<int>{15});
  Flush(4);
  Flush(15);
  EXPECT_EQ(Written(), std::vector<int>{});
  Set(4, "key");
  EXPECT_EQ(Written(), std::vector<int>{4});
}

TEST_F(MappedDatabases, ATransactionKnowsWhatItWroteItself) {
  Set(1, "key");
  Set(2, "key");
  ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
    CW_TRY(SetString(tx, {.generation = tx.GenerationOf(7), .key = "key"}, "value", {}));
    EXPECT_EQ(tx.WrittenDatabases(), (std::vector<int>{1, 2, 7}));
    tx.DropGeneration(tx.GenerationOf(1));
    tx.SetGeneration(1, tx.NewGeneration());
    tx.DropGeneration(tx.GenerationOf(7));
    tx.SetGeneration(7, tx.NewGeneration());
    EXPECT_EQ(tx.WrittenDatabases(), std::vector<int>{2});
    CW_TRY(SetString(tx, {.generation = tx.GenerationOf(7), .key = "key"}, "value", {}));
    const Generation of_2 = tx.GenerationOf(2);
    tx.SetGeneration(2, tx.GenerationOf(3));
    tx.SetGeneration(3, of_2);
    EXPECT_EQ(tx.WrittenDatabases(), (std::vector<int>{3, 7}));
    return {};
  }));
  EXPECT_EQ(Written(), (std::vector<int>{3, 7}));
}

TEST_F(MappedDatabases, WhatATransactionThatWasDroppedWroteIsNoWrite) {
  {
    storage::View view = rig_.reader().Newest(storage::Tier::kCacheOnly);
    Transaction tx(rig_.keyspace(), view, Transaction::Mode::kExecute, rig_.now_ms());
    ASSERT_TRUE(SetString(tx, {.generation = tx.GenerationOf(5), .key = "key"}, "value", {}));
  }
  EXPECT_EQ(Written(), std::vector<int>{});
}

TEST_F(MappedDatabases, AStartFindsWhichWereWritten) {
  Set(0, "key");
  Set(9, "key");
  Set(11, "key");
  Set(12, "key");
  Swap(11, 2);
  Flush(9);
  rig_.Reopen();
  EXPECT_EQ(Written(), (std::vector<int>{0, 2, 12}));
  rig_.Compact();
  rig_.Reopen();
  EXPECT_EQ(Written(), (std::vector<int>{0, 2, 12}));
}

// What was deleted may hide many keys, and what nobody looked at may hide one.
TEST_F(MappedDatabases, AStartInDoubtSaysWritten) {
  for (int i = 0; i < 10'000; ++i) Set(4, Format("key:{}", i));
  Set(6, "key");
  const auto snapshot = rig_.store().TakeSnapshot();  // no merge drops anything
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      tx.Delete(KeyRecordKey(tx.GenerationOf(4), Format("key:{}", i)));
      return {};
    }));
  }
  rig_.Settle();
  storage::View view = rig_.reader().Newest(storage::Tier::kMayBlock);
  Databases found(16);
  ASSERT_TRUE(found.Load(view));
  EXPECT_EQ(found.written(), (std::set<Generation>{5, 7}));
}

// Whatever happens, a database that is not said to be written is empty.
class WrittenModel {
 public:
  explicit WrittenModel(uint64_t seed)
      : random_(seed), rig_({.seed = seed, .keyspace = {.databases = kCount}}) {}

  void Step() {
    const int db = Any();
    const int other = Any();
    const uint64_t what = random_.Below(4);
    const std::string key = Format("key:{}", random_.Below(1000));
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      const Generation generation = tx.GenerationOf(db);
      if (what == 0) {
        tx.DropGeneration(generation);
        tx.SetGeneration(db, tx.NewGeneration());
        put_.erase(generation);
      } else if (what == 1) {
        tx.SetGeneration(db, tx.GenerationOf(other));
        tx.SetGeneration(other, generation);
      } else {
        put_.insert(generation);
        return SetString(tx, {.generation = generation, .key = key}, "value", {});
      }
      return {};
    }));
    if (!random_.OneIn(25)) return;
    if (random_.OneIn(2)) rig_.Compact();
    rig_.Reopen();
  }

  void Check() {
    const Databases& databases = rig_.keyspace().databases();
    EXPECT_EQ(databases.written(), put_);
    for (const Generation generation : databases.written()) {
      const std::optional<int> db = databases.NumberOf(generation);
      ASSERT_TRUE(db.has_value()) << generation << " is nobody's";
      EXPECT_EQ(databases.Newest(*db), generation);
    }
  }

 private:
  static constexpr int kCount = 5;

  int Any() { return static_cast<int>(random_.Below(kCount)); }

  Random random_;
  KeyspaceRig rig_;
  std::set<Generation> put_;  // and not dropped
};

TEST(DatabasesModel, ThoseThatHoldSomethingAreKnown) {
  for (const uint64_t seed : support::Seeds(10, 2'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    WrittenModel model(seed);
    for (int i = 0; i < 200 && !testing::Test::HasFailure(); ++i) {
      model.Step();
      model.Check();
    }
    if (testing::Test::HasFailure()) return;
  }
}

// As many runs as merges that are late leave behind.
TEST(WrittenDatabases, AStartHoldsOneLargeValueAtATime) {
  constexpr size_t kLarge = 1 << 20;
  constexpr int kRuns = 20;
  RigOptions options;
  options.store.runs_per_level = 2 * kRuns;
  options.store.compress_last = false;
  KeyspaceRig rig(options);
  Random random(1);
  for (int i = 0; i < kRuns; ++i) {
    std::string value(kLarge, 0);
    for (char& byte : value) byte = static_cast<char>(random.Next());
    ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      return SetString(tx, {.generation = tx.GenerationOf(0), .key = Format("key{}", i)}, value,
                       {});
    }));
    rig.Settle();
  }
  storage::View view = rig.reader().Newest(storage::Tier::kMayBlock);
  ASSERT_GE(rig.store().Stats().levels.front().runs, 10u);
  const uint64_t before = support::HeapBytes();
  support::ResetHeapPeak();
  storage::VisibleIterator keys = view.NewIterator({}, {}, /*fill_cache=*/false);
  keys.Seek(TablePrefix(rig.keyspace().databases().Newest(0), Table::kKey));
  ASSERT_TRUE(keys.Valid());
  EXPECT_LT(support::HeapPeak() - before, 4 * kLarge);
}

}  // namespace
}  // namespace cordwood::keyspace
