#include "keyspace/core/range_walk.h"

#include <gtest/gtest.h>

#include <map>

#include "base/format.h"
#include "base/random.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

using Pairs = std::map<std::string, std::string>;

/// In pieces that step over `budget` deleted keys.
Result<Pairs> WalkFrom(Transaction& tx, std::string_view prefix, std::string from,
                       uint64_t budget = UINT64_MAX) {
  Pairs pairs;
  RangeWalk walk(tx, PrefixEnd(prefix));
  std::string last;
  for (;;) {
    walk.SetBudget(budget);
    for (walk.Seek(from); walk.Valid(); walk.Next()) {
      EXPECT_LT(last, walk.key());
      last = walk.key();
      pairs.emplace(walk.key(), walk.value());
    }
    if (walk.status()) return pairs;
    if (walk.status().error().code() != ErrorCode::kPaused) {
      return std::unexpected(walk.status().error());
    }
    EXPECT_TRUE(walk.stopped());
    EXPECT_GT(walk.passed(), from);
    from = walk.passed();
  }
}

TEST(RangeWalk, ShowsOwnWritesOverWhatIsCommitted) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([](Transaction& tx) -> Status {
    for (const char* key : {"o", "pa", "pb", "pc", "q"}) tx.Put(key, "old");
    return {};
  }));
  ASSERT_TRUE(rig.Execute([](Transaction& tx) -> Status {
    tx.Put("pb", "new");
    tx.Put("pbb", "new");
    tx.Delete("pc");
    tx.Put("pd", "new");
    tx.Delete("pe");
    tx.Put("r", "new");
    CW_ASSIGN(const Pairs pairs, WalkFrom(tx, "p", "p"));
    EXPECT_EQ(pairs, (Pairs{{"pa", "old"}, {"pb", "new"}, {"pbb", "new"}, {"pd", "new"}}));
    CW_ASSIGN(const Pairs later, WalkFrom(tx, "p", "pba"));
    EXPECT_EQ(later, (Pairs{{"pbb", "new"}, {"pd", "new"}}));
    return {};
  }));
}

TEST(RangeWalk, EndsAtItsEndWhateverWasDeletedBehindIt) {
  KeyspaceRig rig;
  for (const bool there : {true, false}) {
    ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      if (there) tx.Put("p", "value");
      for (int i = 0; i < 1000; ++i) {
        if (there) {
          tx.Put(Format("q{}", i), "");
        } else {
          tx.Delete(Format("q{}", i));
        }
      }
      return {};
    }));
  }
  ASSERT_TRUE(rig.Execute([](Transaction& tx) -> Status {
    RangeWalk walk(tx, "q");
    walk.SetBudget(2);
    walk.Seek("p");
    EXPECT_TRUE(walk.Valid());
    walk.Next();
    EXPECT_FALSE(walk.Valid());
    EXPECT_FALSE(walk.stopped());
    EXPECT_TRUE(walk.status());
    return {};
  }));
}

TEST(RangeWalk, AgreesWithAMap) {
  for (const uint64_t seed : support::Seeds(10, 2'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Random random(seed);
    RigOptions options;
    options.seed = seed;
    options.store.memtable_bytes = 4 << 10;
    KeyspaceRig rig(options);
    Pairs model;
    for (int round = 0; round < 30; ++round) {
      const Status status = rig.Execute([&](Transaction& tx) -> Status {
        Pairs now = model;
        for (uint64_t i = random.Below(12); i > 0; --i) {
          const std::string key = Format("p{}", random.Below(40));
          if (random.OneIn(3)) {
            tx.Delete(key);
            now.erase(key);
          } else {
            now[key] = Format("{}.{}", round, i);
            tx.Put(key, now[key]);
          }
        }
        const std::string from = random.OneIn(2) ? "p" : Format("p{}", random.Below(40));
        const uint64_t budget = random.OneIn(2) ? UINT64_MAX : random.Below(6);
        CW_ASSIGN(const Pairs pairs, WalkFrom(tx, "p", from, budget));
        EXPECT_EQ(pairs, Pairs(now.lower_bound(from), now.end()));
        model = std::move(now);
        return {};
      });
      ASSERT_TRUE(status) << status.error().message();
    }
  }
}

}  // namespace
}  // namespace cordwood::keyspace
