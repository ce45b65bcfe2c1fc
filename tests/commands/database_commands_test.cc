#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <string>

#include "base/format.h"
#include "base/random.h"
#include "commands/core/error_texts.h"
#include "keyspace/core/expiry_cycle.h"
#include "tests/commands/runner.h"
#include "tests/support/seeds.h"

namespace cordwood::commands {
namespace {

using keyspace::CounterKind;

TEST(Select, ChangesTheDatabase) {
  CommandRunner runner;
  runner.Run({"SET", "k", "zero"});
  EXPECT_EQ(runner.Run({"SELECT", "15"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "k"}), kNil);
  EXPECT_EQ(runner.Run({"SELECT", "0"}), kOk);
  EXPECT_EQ(runner.Run({"GET", "k"}), Bulk("zero"));
}

TEST(Select, RepliesRedisErrors) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"SELECT", "16"}), ErrorReply(kNoDatabase));
  EXPECT_EQ(runner.Run({"SELECT", "-1"}), ErrorReply(kNoDatabase));
  EXPECT_EQ(runner.Run({"SELECT", "abc"}), ErrorReply(kNotAnInteger));
  EXPECT_EQ(runner.Run({"SELECT", "99999999999"}),
            ErrorReply("ERR value is out of range, value must between -2147483648 and "
                       "2147483647"));
  EXPECT_EQ(runner.client().db, 0);
}

TEST(FlushDb, EmptiesOneDatabase) {
  CommandRunner runner;
  runner.Run({"MSET", "a", "1", "b", "2"});
  runner.Run({"PEXPIRE", "a", "5000"});
  runner.client().db = 1;
  runner.Run({"SET", "c", "3"});
  runner.client().db = 0;
  EXPECT_EQ(runner.Run({"FLUSHDB"}), kOk);
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0));
  EXPECT_EQ(runner.Run({"GET", "a"}), kNil);
  EXPECT_EQ(runner.Run({"KEYS", "*"}), "*0\r\n");
  EXPECT_EQ(runner.keyspace().NewestCount(0, CounterKind::kExpires), 0);
  runner.Run({"SET", "a", "new"});
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(1));
  runner.client().db = 1;
  EXPECT_EQ(runner.Run({"GET", "c"}), Bulk("3"));
}

TEST(FlushAll, EmptiesEveryDatabaseWithOneWrite) {
  CommandRunner runner;
  for (int db = 0; db < 16; ++db) {
    runner.client().db = db;
    runner.Run({"SET", "k", "v"});
  }
  EXPECT_EQ(runner.Run({"FLUSHALL"}), kOk);
  for (int db = 0; db < 16; ++db) {
    runner.client().db = db;
    EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0)) << db;
    EXPECT_EQ(runner.Run({"SET", "k", Format("{}", db)}), kOk);
  }
  // Every database has a generation of its own again.
  for (int db = 0; db < 16; ++db) {
    runner.client().db = db;
    EXPECT_EQ(runner.Run({"GET", "k"}), Bulk(Format("{}", db)));
  }
}

TEST(FlushAll, HoldsAfterARestartAndGivesTheSpaceBack) {
  CommandRunner runner;
  for (int i = 0; i < 500; ++i) runner.Run({"SET", Format("k{}", i), std::string(100, 'v')});
  runner.rig().Compact();
  EXPECT_EQ(runner.Run({"FLUSHALL"}), kOk);
  runner.Run({"SET", "new", "v"});
  runner.rig().Reopen();
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(1));
  EXPECT_EQ(runner.Run({"KEYS", "*"}), Bulks({"new"}));
  runner.rig().Compact();
  EXPECT_LT(runner.rig().store().Stats().entries_on_disk, 50u);
}

TEST(FlushAll, MayBeRepeated) {
  CommandRunner runner;
  for (int i = 0; i < 5; ++i) {
    runner.Run({"SET", "k", "v"});
    EXPECT_EQ(runner.Run({"FLUSHALL"}), kOk);
    EXPECT_EQ(runner.Run({"FLUSHDB"}), kOk);
    EXPECT_EQ(runner.Run({"EXISTS", "k"}), Integer(0));
  }
}

TEST(FlushDb, TakesAMode) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"FLUSHDB", "ASYNC"}), kOk);
  EXPECT_EQ(runner.Run({"FLUSHALL", "sync"}), kOk);
  EXPECT_EQ(runner.Run({"FLUSHALL", "FOO"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"FLUSHDB", "SYNC", "ASYNC"}), ErrorReply(kSyntaxError));
}

TEST(SwapDb, SwapsKeysAndCounts) {
  CommandRunner runner;
  runner.Run({"MSET", "a", "1", "b", "2"});
  EXPECT_EQ(runner.Run({"SWAPDB", "0", "3"}), kOk);
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0));
  runner.client().db = 3;
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(2));
  EXPECT_EQ(runner.Run({"GET", "a"}), Bulk("1"));
  EXPECT_EQ(runner.Run({"SWAPDB", "3", "3"}), kOk);
  runner.rig().Reopen();
  EXPECT_EQ(runner.Run({"GET", "a"}), Bulk("1"));
}

TEST(SwapDb, RepliesRedisErrors) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"SWAPDB", "a", "1"}), ErrorReply("ERR invalid first DB index"));
  EXPECT_EQ(runner.Run({"SWAPDB", "0", "b"}), ErrorReply("ERR invalid second DB index"));
  EXPECT_EQ(runner.Run({"SWAPDB", "99", "b"}), ErrorReply("ERR invalid second DB index"));
  EXPECT_EQ(runner.Run({"SWAPDB", "0", "99999999999"}), ErrorReply("ERR invalid second DB index"));
  EXPECT_EQ(runner.Run({"SWAPDB", "0", "16"}), ErrorReply(kNoDatabase));
  EXPECT_EQ(runner.Run({"SWAPDB", "-1", "0"}), ErrorReply(kNoDatabase));
}

// --- counts against a model ---

constexpr int kDatabases = 4;
constexpr int kModelKeys = 12;

/// Keys with their expiry.
using Database = std::map<std::string, std::optional<int64_t>>;

class CountModel {
 public:
  explicit CountModel(uint64_t seed) : runner_({.seed = seed}), random_(seed) {}

  void Step() {
    switch (random_.Below(12)) {
      case 0:
      case 1:
        return Set({});
      case 2:
        return Set(runner_.now_ms() + 1 + static_cast<int64_t>(random_.Below(200)));
      case 3:
        return Delete();
      case 4:
        return Rename();
      case 5:
        return CopyOrMove();
      case 6:
        return Expire();
      case 7:
        return Select();
      case 8:
        return Swap();
      case 9:
        return Flush();
      case 10:
        return Persist();
      default:
        runner_.AdvanceMs(static_cast<int64_t>(random_.Below(30)));
        DropExpired();
    }
  }

  /// What the counters say, once expired keys are removed and blind writes are settled.
  void Check() {
    RemoveExpired();
    runner_.rig().Compact();
    for (int db = 0; db < kDatabases; ++db) {
      int64_t expiring = 0;
      for (const auto& [key, expiry_ms] : databases_[static_cast<size_t>(db)]) {
        expiring += expiry_ms ? 1 : 0;
      }
      const auto keys = static_cast<int64_t>(databases_[static_cast<size_t>(db)].size());
      keyspace::Keyspace& keyspace = runner_.keyspace();
      EXPECT_EQ(keyspace.NewestCount(db, CounterKind::kKeys), keys) << db;
      EXPECT_EQ(keyspace.NewestCount(db, CounterKind::kExpires), expiring) << db;
      runner_.client().db = db;
      EXPECT_EQ(runner_.Run({"DBSIZE"}), Integer(keys)) << db;
    }
    runner_.client().db = 0;
  }

  /// From here on records are cold, and writes are blind.
  void Cool() {
    runner_.rig().Compact();
    runner_.rig().Reopen();
  }

 private:
  Database& Current() { return databases_[static_cast<size_t>(runner_.client().db)]; }
  std::string AnyKey() { return Format("key:{}", random_.Below(kModelKeys)); }
  int AnyDb() { return static_cast<int>(random_.Below(kDatabases)); }

  void Set(std::optional<int64_t> expiry_ms) {
    const std::string key = AnyKey();
    if (expiry_ms) {
      runner_.Execute({"SET", key, "v", "PXAT", Format("{}", *expiry_ms)});
    } else {
      runner_.Execute({"SET", key, "v"});
    }
    Current()[key] = expiry_ms;
  }

  void Delete() {
    const std::string key = AnyKey();
    const bool there = Current().erase(key) != 0;
    EXPECT_EQ(runner_.Execute({"DEL", key}), Integer(there ? 1 : 0));
  }

  void Rename() {
    const std::string from = AnyKey();
    const std::string to = AnyKey();
    runner_.Execute({"RENAME", from, to});
    if (!Current().contains(from) || from == to) return;
    Current()[to] = Current()[from];
    Current().erase(from);
  }

  void CopyOrMove() {
    const std::string key = AnyKey();
    const int db = AnyDb();
    const bool copy = random_.OneIn(2);
    Database& target = databases_[static_cast<size_t>(db)];
    const bool happens =
        db != runner_.client().db && Current().contains(key) && !target.contains(key);
    if (copy) {
      runner_.Execute({"COPY", key, key, "DB", Format("{}", db)});
    } else {
      runner_.Execute({"MOVE", key, Format("{}", db)});
    }
    if (!happens) return;
    target[key] = Current()[key];
    if (!copy) Current().erase(key);
  }

  void Expire() {
    const std::string key = AnyKey();
    const int64_t ms = static_cast<int64_t>(random_.Below(100)) - 10;
    const bool there = Current().contains(key);
    EXPECT_EQ(runner_.Execute({"PEXPIRE", key, Format("{}", ms)}), Integer(there ? 1 : 0));
    if (there) Current()[key] = runner_.now_ms() + ms;
    DropExpired();
  }

  void Persist() {
    const std::string key = AnyKey();
    runner_.Execute({"PERSIST", key});
    if (Current().contains(key)) Current()[key].reset();
  }

  void Select() { runner_.Execute({"SELECT", Format("{}", AnyDb())}); }

  void Swap() {
    const int first = AnyDb();
    const int second = AnyDb();
    runner_.Execute({"SWAPDB", Format("{}", first), Format("{}", second)});
    if (first == second) return;
    std::swap(databases_[static_cast<size_t>(first)], databases_[static_cast<size_t>(second)]);
  }

  void Flush() {
    if (!random_.OneIn(4)) return;
    if (random_.OneIn(2)) {
      runner_.Execute({"FLUSHDB"});
      Current().clear();
    } else {
      runner_.Execute({"FLUSHALL"});
      for (Database& database : databases_) database.clear();
    }
  }

  void DropExpired() {
    for (Database& database : databases_) {
      std::erase_if(database, [&](const auto& entry) {
        return entry.second && *entry.second <= runner_.now_ms();
      });
    }
  }

  void RemoveExpired() {
    keyspace::ExpiryCycle cycle(runner_.keyspace());
    bool more = true;
    while (more) {
      EXPECT_TRUE(runner_.rig().Execute([&](keyspace::Transaction& tx) -> Status {
        CW_ASSIGN(const keyspace::ExpiryOutcome outcome, cycle.Run(tx, {.deadlines = 5}));
        if (outcome.cold) return Fail(ErrorCode::kCold, "again");
        more = outcome.more;
        return {};
      }));
    }
  }

  CommandRunner runner_;
  Random random_;
  std::array<Database, kDatabases> databases_;
};

TEST(DbSize, IsRightWhateverWritesDo) {
  for (const uint64_t seed : support::Seeds(20, 2000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    CountModel model(seed);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 60; ++i) model.Step();
      model.Check();
    }
    if (HasFailure()) return;
  }
}

TEST(DbSize, IsRightOnceBlindWritesAreSettled) {
  for (const uint64_t seed : support::Seeds(20, 2000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    CountModel model(seed);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 60; ++i) {
        if (i % 20 == 10) model.Cool();
        model.Step();
      }
      model.Check();
    }
    if (HasFailure()) return;
  }
}

TEST(FlushAll, TouchesOnlyDatabasesThatHoldSomething) {
  CommandRunner runner({.keyspace = {.databases = 65'535}});
  runner.client().db = 60'000;
  ASSERT_EQ(runner.Run({"SET", "key", "value"}), kOk);
  runner.client().db = 0;
  ASSERT_EQ(runner.Run({"SET", "key", "value"}), kOk);
  const storage::Seq before = runner.rig().store().last_seq();
  EXPECT_EQ(runner.Run({"FLUSHALL"}), kOk);
  // For each a range and a record; the counter of keys.
  EXPECT_EQ(runner.rig().store().last_seq(), before + 6);
  EXPECT_EQ(runner.Run({"DBSIZE"}), Integer(0));
  EXPECT_EQ(runner.Run({"GET", "key"}), kNil);
  runner.client().db = 60'000;
  EXPECT_EQ(runner.Run({"GET", "key"}), kNil);
  EXPECT_EQ(runner.Run({"FLUSHALL"}), kOk);
  EXPECT_EQ(runner.rig().store().last_seq(), before + 6) << "there was nothing left";
}

}  // namespace
}  // namespace cordwood::commands
