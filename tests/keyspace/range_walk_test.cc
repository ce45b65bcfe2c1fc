#include "keyspace/range_walk.h"

#include <gtest/gtest.h>

#include <map>

#include "base/format.h"
#include "base/random.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

using Pairs = std::map<std::string, std::string>;

Result<Pairs> WalkFrom(Transaction& tx, std::string_view prefix, std::string_view from) {
  Pairs pairs;
  RangeWalk walk(tx, prefix);
  std::string last;
  for (walk.Seek(from); walk.Valid(); walk.Next()) {
    EXPECT_LT(last, walk.key());
    last = walk.key();
    pairs.emplace(walk.key(), walk.value());
  }
  CW_TRY(walk.status());
  return pairs;
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
        CW_ASSIGN(const Pairs pairs, WalkFrom(tx, "p", from));
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
