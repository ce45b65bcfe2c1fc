#include "keyspace/core/key_walk.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/range_walk.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

using Keys = std::vector<std::string>;

void Put(KeyspaceRig& rig, std::string_view key, std::optional<int64_t> expiry_ms = {},
         Type type = Type::kString) {
  const Status put = rig.Execute([&](Transaction& tx) -> Status {
    const KeyName name{.generation = tx.GenerationOf(0), .key = key};
    CW_ASSIGN(const Lookup before, FindKey(tx, name));
    return PutRecord(tx, name, before, Record{.type = type, .expiry_ms = expiry_ms});
  });
  ASSERT_TRUE(put);
}

void Remove(KeyspaceRig& rig, std::string_view key) {
  const Status removed = rig.Execute([&](Transaction& tx) -> Status {
    const KeyName name{.generation = tx.GenerationOf(0), .key = key};
    CW_ASSIGN(const Lookup before, FindKey(tx, name));
    return before.stored ? RemoveKey(tx, name, before) : Status();
  });
  ASSERT_TRUE(removed);
}

/// The keys of a whole walk, `step` at a time.
Keys Walk(KeyspaceRig& rig, KeyFilter filter, uint64_t step = 1000, std::string_view from = {}) {
  Keys keys;
  KeyWalk walk(rig.keyspace().databases().Newest(0), std::move(filter), rig.now_ms(), from);
  while (!walk.done()) {
    const Status advanced = rig.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const uint64_t looked_at,
                walk.Advance(tx, step, [&](std::string_view key) { keys.emplace_back(key); }));
      EXPECT_LE(looked_at, step);
      return {};
    });
    EXPECT_TRUE(advanced);
    if (!advanced) break;
  }
  return keys;
}

TEST(KeyWalk, MeetsEveryKeyInOrder) {
  KeyspaceRig rig;
  for (const char* key : {"b", "a", "", "ab"}) Put(rig, key);
  EXPECT_EQ(Walk(rig, {}), (Keys{"", "a", "ab", "b"}));
  EXPECT_EQ(Walk(rig, {}, 1), (Keys{"", "a", "ab", "b"}));
}

TEST(KeyWalk, BeginsWhereItIsTold) {
  KeyspaceRig rig;
  for (const char* key : {"a", "b", "c"}) Put(rig, key);
  EXPECT_EQ(Walk(rig, {}, 1000, "b"), (Keys{"b", "c"}));
  EXPECT_EQ(Walk(rig, {}, 1000, "bb"), (Keys{"c"}));
  EXPECT_EQ(Walk(rig, {}, 1000, "d"), Keys{});
}

TEST(KeyWalk, LooksOnlyAtKeysThatBeginLikeThePattern) {
  KeyspaceRig rig;
  for (const char* key : {"a1", "b1", "b2", "b\xff", "c1"}) Put(rig, key);
  EXPECT_EQ(Walk(rig, {.pattern = "b*"}), (Keys{"b1", "b2", "b\xff"}));
  EXPECT_EQ(Walk(rig, {.pattern = "b?"}, 1, "b2"), (Keys{"b2", "b\xff"}));
  KeyWalk walk(rig.keyspace().databases().Newest(0), {.pattern = "b[0-9]"}, rig.now_ms());
  const Status advanced = rig.Read([&](Transaction& tx) -> Status {
    CW_ASSIGN(const uint64_t looked_at, walk.Advance(tx, 100, [](std::string_view) {}));
    EXPECT_EQ(looked_at, 3u);
    return {};
  });
  EXPECT_TRUE(advanced);
  EXPECT_TRUE(walk.done());
}

TEST(KeyWalk, FindsALiteralPatternAlone) {
  KeyspaceRig rig;
  for (const char* key : {"user", "user:1", "user:2"}) Put(rig, key);
  EXPECT_EQ(Walk(rig, {.pattern = "user"}), (Keys{"user"}));
  EXPECT_EQ(Walk(rig, {.pattern = "use"}), Keys{});
  EXPECT_EQ(Walk(rig, {.pattern = ""}), Keys{});
}

TEST(KeyWalk, PassesOverExpiredKeysAndOtherTypes) {
  KeyspaceRig rig;
  const int64_t now_ms = rig.now_ms();
  Put(rig, "gone", now_ms);
  Put(rig, "lives", now_ms + 1);
  Put(rig, "hash", {}, Type::kHash);
  EXPECT_EQ(Walk(rig, {}), (Keys{"hash", "lives"}));
  EXPECT_EQ(Walk(rig, {.type = Type::kString}), (Keys{"lives"}));
}

TEST(KeyWalk, GoesOnAfterAColdBlock) {
  KeyspaceRig rig;
  std::set<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string key = Format("key:{:05}:{}", i, std::string(50, 'x'));
    Put(rig, key);
    expected.insert(key);
  }
  rig.Compact();
  rig.Reopen();
  const uint64_t reruns = rig.reruns();
  const Keys keys = Walk(rig, {});
  EXPECT_GT(rig.reruns(), reruns);
  EXPECT_EQ(keys, Keys(expected.begin(), expected.end()));
}

TEST(KeyWalk, CrossesDeletedKeysInPieces) {
  constexpr int kDeleted = 20'000;
  KeyspaceRig rig({.store = {.memtable_bytes = 64 << 20}});
  Put(rig, "a");
  Put(rig, "z");
  for (const bool there : {true, false}) {
    ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      for (int i = 0; i < kDeleted; ++i) {
        std::string store_key = KeyRecordKey(tx.GenerationOf(0), Format("key:{}", i));
        if (there) {
          tx.Put(std::move(store_key), Record{}.Encode());
        } else {
          tx.Delete(std::move(store_key));
        }
      }
      return {};
    }));
  }
  Keys keys;
  int pieces = 0;
  KeyWalk walk(rig.keyspace().databases().Newest(0), {}, rig.now_ms());
  for (std::string position; !walk.done(); position = walk.position(), ++pieces) {
    ASSERT_TRUE(rig.Read([&](Transaction& tx) -> Status {
      CW_TRY(walk.Advance(tx, 1000, [&](std::string_view key) { keys.emplace_back(key); }));
      return {};
    }));
    ASSERT_GT(walk.position(), position);
  }
  EXPECT_EQ(keys, (Keys{"a", "z"}));
  EXPECT_EQ(pieces, static_cast<int>(2 * kDeleted / kHiddenPerSlice + 1));
}

TEST(KeyWalk, MeetsWhatIsThereAllTheTimeExactlyOnce) {
  for (const uint64_t seed : support::Seeds(20, 2000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    KeyspaceRig rig({.seed = seed});
    Random random(seed);
    for (int i = 0; i < 60; i += 2) Put(rig, Format("key:{}", i));
    KeyWalk walk(rig.keyspace().databases().Newest(0), {}, rig.now_ms());
    std::map<std::string, int> met;
    while (!walk.done()) {
      const Status advanced = rig.Read([&](Transaction& tx) -> Status {
        CW_TRY(walk.Advance(tx, 1 + random.Below(7),
                            [&](std::string_view key) { ++met[std::string(key)]; }));
        return {};
      });
      ASSERT_TRUE(advanced);
      // Odd keys come and go meanwhile.
      for (int i = 0; i < 5; ++i) {
        const std::string key = Format("key:{}", 1 + 2 * random.Below(30));
        if (random.OneIn(2)) {
          Put(rig, key);
        } else {
          Remove(rig, key);
        }
      }
      if (random.OneIn(8)) rig.Compact();
    }
    for (int i = 0; i < 60; ++i) {
      const int times = met[Format("key:{}", i)];
      if (i % 2 == 0) {
        EXPECT_EQ(times, 1) << i;
      } else {
        EXPECT_LE(times, 1) << i;
      }
    }
  }
}

}  // namespace
}  // namespace cordwood::keyspace
