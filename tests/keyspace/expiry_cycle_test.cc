#include "keyspace/core/expiry_cycle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/core/keys.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

class ExpiryCycleTest : public testing::Test {
 protected:
  KeyName Name(Transaction& tx, std::string_view key, int db = 0) {
    return {.generation = tx.GenerationOf(db), .key = key};
  }

  void Set(std::string_view key, std::optional<int64_t> expiry_ms, int db = 0) {
    ASSERT_TRUE(rig_.Execute(
        [&](Transaction& tx) { return SetString(tx, Name(tx, key, db), "value", expiry_ms); }));
  }

  bool Stored(std::string_view key, int db = 0) {
    bool stored = false;
    EXPECT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key, db)));
      stored = found.stored.has_value();
      return {};
    }));
    return stored;
  }

  /// One run, committed.
  ExpiryOutcome RunOnce(uint64_t limit) {
    ExpiryOutcome outcome;
    std::vector<storage::BlockRef> missing;
    {
      storage::View view = rig_.reader().Newest(storage::Tier::kCacheOnly);
      Transaction tx(rig_.keyspace(), view, Transaction::Mode::kExecute, rig_.now_ms());
      Result<ExpiryOutcome> run = cycle_->Run(tx, {.deadlines = limit});
      EXPECT_TRUE(run) << run.error().message();
      if (!run) return outcome;
      outcome = *run;
      EXPECT_TRUE(tx.frees());
      EXPECT_TRUE(tx.Commit());
      missing = view.missing();
    }
    most_cold_bytes_ = std::max(most_cold_bytes_, storage::BytesOf(missing));
    EXPECT_EQ(outcome.cold, !missing.empty());
    if (!missing.empty()) rig_.FetchCold(std::move(missing));
    return outcome;
  }

  /// Runs until nothing is due; the sums.
  ExpiryOutcome RunAll(uint64_t limit = 100) {
    ExpiryOutcome sum;
    for (int runs = 0; runs < 1000; ++runs) {
      const ExpiryOutcome outcome = RunOnce(limit);
      sum.removed += outcome.removed;
      sum.stale += outcome.stale;
      sum.unreadable += outcome.unreadable;
      if (!outcome.more && !outcome.cold) return sum;
    }
    ADD_FAILURE() << "the cycle does not come to an end";
    return sum;
  }

  int64_t Count(CounterKind kind, int db = 0) { return rig_.keyspace().NewestCount(db, kind); }

  KeyspaceRig rig_;
  std::optional<ExpiryCycle> cycle_{rig_.keyspace()};
  uint64_t most_cold_bytes_ = 0;  // named by one run
};

TEST_F(ExpiryCycleTest, RemovesAKeyWhenItsTimeHasComeAndNotBefore) {
  Set("key", rig_.now_ms() + 1000);
  Set("stays", std::nullopt);
  rig_.AdvanceMs(999);
  EXPECT_EQ(RunAll().removed, 0u);
  EXPECT_TRUE(Stored("key"));
  rig_.AdvanceMs(1);
  EXPECT_EQ(RunAll().removed, 1u);
  EXPECT_FALSE(Stored("key"));
  EXPECT_TRUE(Stored("stays"));
  EXPECT_EQ(Count(CounterKind::kKeys), 1);
  EXPECT_EQ(Count(CounterKind::kExpires), 0);
  EXPECT_EQ(rig_.keyspace().stats().expired_keys.load(), 1u);
}

TEST_F(ExpiryCycleTest, ServesTheEarliestFirstAndNoMoreThanItsLimit) {
  for (int i = 0; i < 10; ++i) Set(Format("key:{}", i), rig_.now_ms() + 10 - i);
  rig_.AdvanceMs(100);
  const ExpiryOutcome outcome = RunOnce(4);
  EXPECT_EQ(outcome.removed, 4u);
  EXPECT_TRUE(outcome.more);
  EXPECT_FALSE(Stored("key:9"));
  EXPECT_FALSE(Stored("key:6"));
  EXPECT_TRUE(Stored("key:5"));
  EXPECT_EQ(RunAll(4).removed, 6u);
}

TEST_F(ExpiryCycleTest, EndsWhenItsTimeIsUpButNeverWithoutGettingOn) {
  constexpr uint64_t kKeys = 1000;
  for (uint64_t i = 0; i < kKeys; ++i) Set(Format("key:{:03}", i), rig_.now_ms() + 1);
  rig_.AdvanceMs(1);
  int looks = 0;
  const auto run = [&](int looks_until_it_is_up) {
    storage::View view = rig_.reader().Newest(storage::Tier::kCacheOnly);
    Transaction tx(rig_.keyspace(), view, Transaction::Mode::kExecute, rig_.now_ms());
    looks = 0;
    const ExpiryLimits limits{.deadlines = kKeys,
                              .time_is_up = [&] { return ++looks >= looks_until_it_is_up; }};
    const ExpiryOutcome outcome = *cycle_->Run(tx, limits);
    EXPECT_TRUE(tx.Commit());
    return outcome;
  };
  const ExpiryOutcome late = run(1);
  EXPECT_GT(late.removed, 0u);
  EXPECT_LE(late.removed, 50u);
  EXPECT_TRUE(late.more);
  EXPECT_EQ(looks, 1) << "it goes on although its time is up";
  const ExpiryOutcome longer = run(4);
  EXPECT_EQ(longer.removed, 4 * late.removed);
  EXPECT_TRUE(longer.more);
  EXPECT_EQ(run(1000).removed, kKeys - 5 * late.removed);
  EXPECT_GE(looks, 10) << "it looks too rarely";
  EXPECT_EQ(Count(CounterKind::kKeys), 0);
}

TEST_F(ExpiryCycleTest, LeavesAKeyWhoseDeadlineMoved) {
  Set("later", rig_.now_ms() + 10);
  Set("later", rig_.now_ms() + 1000);
  Set("never", rig_.now_ms() + 10);
  Set("never", std::nullopt);
  rig_.AdvanceMs(100);
  const ExpiryOutcome outcome = RunAll();
  EXPECT_EQ(outcome.removed, 0u);
  EXPECT_TRUE(Stored("later"));
  EXPECT_TRUE(Stored("never"));
}

TEST_F(ExpiryCycleTest, RemovesDeadlinesThatABlindWriteLeftBehind) {
  Set("key", rig_.now_ms() + 10);
  // A cold record is overwritten without a look at it.
  rig_.Compact();
  rig_.Reopen();
  cycle_.emplace(rig_.keyspace());
  {
    storage::View view = rig_.reader().Newest(storage::Tier::kCacheOnly);
    Transaction tx(rig_.keyspace(), view, Transaction::Mode::kExecute, rig_.now_ms());
    ASSERT_TRUE(SetString(tx, Name(tx, "key"), "new", rig_.now_ms() + 5000));
    ASSERT_TRUE(tx.Commit());
  }
  rig_.AdvanceMs(100);
  ExpiryOutcome outcome = RunAll();
  EXPECT_EQ(outcome.removed, 0u);
  EXPECT_EQ(outcome.stale, 1u);
  EXPECT_TRUE(Stored("key"));
  rig_.AdvanceMs(5000);
  outcome = RunAll();
  EXPECT_EQ(outcome.removed, 1u);
  EXPECT_EQ(outcome.stale, 0u);
  rig_.Compact();
  EXPECT_EQ(Count(CounterKind::kKeys), 0);
  EXPECT_EQ(Count(CounterKind::kExpires), 0);
}

TEST_F(ExpiryCycleTest, DoesNotWalkOverWhatItRemovedAgain) {
  const Generation generation = rig_.keyspace().databases().Newest(0);
  const DeadlineFloors& floors = rig_.keyspace().deadline_floors();
  for (int i = 0; i < 10; ++i) Set(Format("key:{}", i), rig_.now_ms() + 1);
  Set("next", rig_.now_ms() + 5000);
  const std::string next = DeadlineKey(generation, rig_.now_ms() + 5000, "next");
  rig_.AdvanceMs(100);
  EXPECT_TRUE(RunOnce(5).more);
  EXPECT_EQ(floors.Of(generation), DeadlineKey(generation, rig_.now_ms() - 99, "key:5"));
  EXPECT_FALSE(RunOnce(5).more);
  EXPECT_EQ(floors.Of(generation), next);
  rig_.AdvanceMs(5000);
  EXPECT_EQ(RunAll().removed, 1u);
  EXPECT_GT(floors.Of(generation), DeadlineKey(generation, INT64_MAX, "zzz"));
}

TEST_F(ExpiryCycleTest, GoesBackForAnEarlierDeadline) {
  Set("late", rig_.now_ms() + 5000);
  RunAll();  // its floor is now the late key's deadline
  Set("early", rig_.now_ms() + 10);
  rig_.AdvanceMs(10);
  EXPECT_EQ(RunAll().removed, 1u);
  EXPECT_FALSE(Stored("early"));
  Set("again", rig_.now_ms() + 10);
  rig_.AdvanceMs(10);
  EXPECT_EQ(RunAll().removed, 1u);
  EXPECT_TRUE(Stored("late"));
}

TEST_F(ExpiryCycleTest, ForgetsWhatARunDidThatWasNotCommitted) {
  Set("key", rig_.now_ms() + 10);
  rig_.AdvanceMs(10);
  {
    storage::View view = rig_.reader().Newest(storage::Tier::kCacheOnly);
    Transaction tx(rig_.keyspace(), view, Transaction::Mode::kExecute, rig_.now_ms());
    ASSERT_EQ(cycle_->Run(tx, {.deadlines = 10})->removed, 1u);
  }
  EXPECT_TRUE(Stored("key"));
  EXPECT_EQ(RunAll().removed, 1u);
}

TEST_F(ExpiryCycleTest, ServesEveryDatabase) {
  for (int db = 0; db < 16; ++db) {
    for (int i = 0; i < 3; ++i) Set(Format("key:{}", i), rig_.now_ms() + 1, db);
  }
  rig_.AdvanceMs(1);
  EXPECT_EQ(RunAll(2).removed, 48u);
  for (int db = 0; db < 16; ++db) EXPECT_EQ(Count(CounterKind::kKeys, db), 0) << db;
}

TEST_F(ExpiryCycleTest, LetsNoDatabaseWaitForABusyOne) {
  for (int i = 0; i < 100; ++i) Set(Format("key:{}", i), rig_.now_ms() + 1, 0);
  Set("other", rig_.now_ms() + 1, 1);
  rig_.AdvanceMs(1);
  RunOnce(10);
  RunOnce(10);
  EXPECT_FALSE(Stored("other", 1));
}

TEST_F(ExpiryCycleTest, VisitsOnlyDatabasesInWhichADeadlineMayBeDue) {
  DeadlineFloors& floors = rig_.keyspace().deadline_floors();
  const auto generation = [&](int db) { return rig_.keyspace().databases().Newest(db); };
  EXPECT_EQ(floors.Due(rig_.now_ms()), std::set<Generation>{});
  Set("never", std::nullopt, 1);
  Set("later", rig_.now_ms() + 5000, 2);
  Set("soon", rig_.now_ms() + 10, 3);
  EXPECT_EQ(floors.Due(rig_.now_ms()), std::set<Generation>{});
  rig_.AdvanceMs(10);
  EXPECT_EQ(floors.Due(rig_.now_ms()), std::set<Generation>{generation(3)});
  EXPECT_EQ(RunAll().removed, 1u);
  EXPECT_EQ(floors.Due(rig_.now_ms() + 1), std::set<Generation>{});
  // After a start everything that holds something may be.
  rig_.Reopen();
  cycle_.emplace(rig_.keyspace());
  EXPECT_EQ(rig_.keyspace().deadline_floors().Due(rig_.now_ms()),
            (std::set<Generation>{generation(1), generation(2)}));
  RunAll();
  EXPECT_EQ(rig_.keyspace().deadline_floors().Due(rig_.now_ms()), std::set<Generation>{});
  EXPECT_EQ(rig_.keyspace().deadline_floors().Due(rig_.now_ms() + 5000),
            std::set<Generation>{generation(2)});
}

TEST_F(ExpiryCycleTest, FetchesManyColdKeysInOneRound) {
  constexpr int kKeys = 300;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = Format("key:{:03}", i);
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) {
      return SetString(tx, Name(tx, key), std::string(2000, 'v'), rig_.now_ms() + 1);
    }));
  }
  rig_.Compact();
  rig_.Reopen();
  cycle_.emplace(rig_.keyspace());
  rig_.AdvanceMs(1);
  const uint64_t reruns = rig_.reruns();
  EXPECT_EQ(RunAll(kKeys).removed, static_cast<uint64_t>(kKeys));
  // One block of the deadlines at a time, but with all the records it leads to.
  EXPECT_LT(rig_.reruns() - reruns, 20u);
  EXPECT_EQ(Count(CounterKind::kKeys), 0);
}

TEST_F(ExpiryCycleTest, NamesNoMoreThanItsShareOfColdBlocksInOneRun) {
  constexpr size_t kValueBytes = 50'000;
  Random random(1);
  for (int i = 0; i < 40; ++i) {
    std::string value(kValueBytes, '\0');  // of bytes that cannot be compressed
    for (char& byte : value) byte = static_cast<char>(random.Next());
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) {
      return SetString(tx, Name(tx, Format("key:{}", i)), value, rig_.now_ms() + 1);
    }));
  }
  rig_.Compact();
  rig_.Reopen();
  cycle_.emplace(rig_.keyspace());
  rig_.AdvanceMs(1);
  EXPECT_EQ(RunAll().removed, 40u);
  EXPECT_GT(most_cold_bytes_, kColdBytesPerRun / 2);
  EXPECT_LT(most_cold_bytes_, kColdBytesPerRun + 2 * kValueBytes);
}

// What one deadline behind `expired` tombstones costs after a restart: rounds of fetching, and
// blocks looked at.
struct Crossing {
  uint64_t rounds = 0;
  uint64_t blocks = 0;
};

Crossing CrossTombstones(int expired) {
  RigOptions options;
  options.store.block_bytes = 512;
  options.store.block_cache_bytes = 32 << 10;  // nothing stays long
  KeyspaceRig rig(options);
  const auto set = [&](Transaction& tx, std::string_view key, int64_t expiry_ms) {
    return SetString(tx, {.generation = tx.GenerationOf(0), .key = key}, "value", expiry_ms);
  };
  EXPECT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    for (int i = 0; i < expired; ++i) CW_TRY(set(tx, Format("key:{}", i), rig.now_ms() + i));
    return set(tx, "last", rig.now_ms() + expired);
  }));
  {
    // The tombstones stay: merges may not drop what somebody can see beneath them.
    rig.Settle();
    const std::unique_ptr<storage::Snapshot> snapshot = rig.store().TakeSnapshot();
    rig.AdvanceMs(expired - 1);
    ExpiryCycle cycle(rig.keyspace());
    EXPECT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const ExpiryOutcome outcome, cycle.Run(tx, {.deadlines = UINT64_MAX}));
      if (outcome.cold) return Fail(ErrorCode::kCold, "again");
      return {};
    }));
    EXPECT_EQ(rig.keyspace().NewestCount(0, CounterKind::kKeys), 1);
    rig.Compact();
  }
  rig.Reopen();
  rig.AdvanceMs(1);
  ExpiryCycle cycle(rig.keyspace());
  Crossing crossing;
  const storage::BlockCache::Stats before = rig.store().Stats().cache;
  while (rig.keyspace().NewestCount(0, CounterKind::kKeys) > 0 && crossing.rounds < 10'000) {
    ++crossing.rounds;
    std::vector<storage::BlockRef> missing;
    {
      storage::View view = rig.reader().Newest(storage::Tier::kCacheOnly);
      Transaction tx(rig.keyspace(), view, Transaction::Mode::kExecute, rig.now_ms());
      EXPECT_TRUE(cycle.Run(tx, {.deadlines = 1000}));
      EXPECT_TRUE(tx.Commit());
      missing = view.missing();
    }
    if (!missing.empty()) rig.FetchCold(std::move(missing));
  }
  EXPECT_EQ(rig.keyspace().NewestCount(0, CounterKind::kKeys), 0) << "it never gets there";
  const storage::BlockCache::Stats after = rig.store().Stats().cache;
  crossing.blocks = after.hits + after.misses - before.hits - before.misses;
  return crossing;
}

TEST(ExpiryCycleAfterARestart, GetsPastColdTombstonesInLinearTime) {
  const Crossing some = CrossTombstones(30'000);
  const Crossing many = CrossTombstones(120'000);
  EXPECT_LT(many.rounds, 6 * some.rounds);
  EXPECT_LT(many.blocks, 8 * some.blocks);
}

TEST_F(ExpiryCycleTest, StartsOverAfterARestart) {
  Set("key", rig_.now_ms() + 10);
  RunAll();
  rig_.Reopen();
  cycle_.emplace(rig_.keyspace());
  rig_.AdvanceMs(10);
  EXPECT_EQ(RunAll().removed, 1u);
}

TEST_F(ExpiryCycleTest, HasNothingToDoInADatabaseThatWasFlushed) {
  Set("key", rig_.now_ms() + 10);
  RunAll();
  const Generation flushed = rig_.keyspace().databases().Newest(0);
  ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
    tx.DropGeneration(tx.GenerationOf(0));
    tx.SetGeneration(0, tx.NewGeneration());
    return {};
  }));
  EXPECT_EQ(rig_.keyspace().deadline_floors().Of(flushed),
            TablePrefix(flushed, Table::kOwner));  // behind all that there could be
  rig_.AdvanceMs(10);
  EXPECT_EQ(RunAll().removed, 0u);
  Set("key", rig_.now_ms() + 10);
  rig_.AdvanceMs(10);
  EXPECT_EQ(RunAll().removed, 1u);
}

}  // namespace
}  // namespace cordwood::keyspace
