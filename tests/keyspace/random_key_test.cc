#include "keyspace/core/random_key.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/format.h"
#include "keyspace/core/keys.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

void PutText(KeyspaceRig& rig, std::string_view key, std::optional<int64_t> expiry_ms = {}) {
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) {
    return SetString(tx, {.generation = tx.GenerationOf(0), .key = key}, "value", expiry_ms);
  }));
}

void RemoveOne(KeyspaceRig& rig, std::string_view key) {
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    const KeyName name{.generation = tx.GenerationOf(0), .key = key};
    CW_ASSIGN(const Lookup before, FindKey(tx, name));
    return RemoveKey(tx, name, before);
  }));
}

std::optional<std::string> Draw(KeyspaceRig& rig, Random& random) {
  std::optional<std::string> key;
  EXPECT_TRUE(rig.Read([&](Transaction& tx) -> Status {
    CW_ASSIGN(const DrawnKey drawn, RandomKey(tx, 0, random));
    key = drawn.key;
    if (drawn.complete) return {};
    FirstKeys first(tx.GenerationOf(0), tx.now_ms(), random.Next());
    for (bool done = false; !done;) {
      CW_ASSIGN(done, first.Advance(tx));
    }
    key = first.chosen();
    return {};
  }));
  return key;
}

std::map<std::string, int> DrawMany(KeyspaceRig& rig, int draws) {
  Random random(7);
  std::map<std::string, int> drawn;
  for (int i = 0; i < draws; ++i) {
    const std::optional<std::string> key = Draw(rig, random);
    EXPECT_TRUE(key.has_value());
    if (key) ++drawn[*key];
  }
  return drawn;
}

TEST(RandomKey, IsNothingInAnEmptyDatabase) {
  KeyspaceRig rig;
  Random random(1);
  EXPECT_EQ(Draw(rig, random), std::nullopt);
  PutText(rig, "gone", rig.now_ms() + 1);
  rig.AdvanceMs(1);
  EXPECT_EQ(Draw(rig, random), std::nullopt);
}

TEST(RandomKey, DrawsEachOfAFewKeysAboutAsOften) {
  KeyspaceRig rig;
  for (int i = 0; i < 10; ++i) PutText(rig, Format("key:{}", i));
  const std::map<std::string, int> drawn = DrawMany(rig, 2000);
  ASSERT_EQ(drawn.size(), 10u);
  for (const auto& [key, times] : drawn) {
    EXPECT_GT(times, 120) << key;
    EXPECT_LT(times, 300) << key;
  }
}

// Ten parts of the key space, each drawn about as often; far off would be a draw that prefers the
// first key of a block, or what follows deleted keys.
void ExpectEvenTenths(const std::map<std::string, int>& drawn, int keys, int draws) {
  std::map<int, int> tenths;
  for (const auto& [key, times] : drawn) {
    tenths[std::stoi(key.substr(4)) * 10 / keys] += times;
  }
  for (int tenth = 0; tenth < 10; ++tenth) {
    EXPECT_GT(tenths[tenth], draws / 20) << tenth;
    EXPECT_LT(tenths[tenth], draws / 5) << tenth;
  }
  EXPECT_GT(drawn.size(), static_cast<size_t>(draws) / 2);
}

TEST(RandomKey, IsSpreadEvenlyOverAMemtable) {
  constexpr int kKeys = 1000;
  KeyspaceRig rig;
  for (int i = 0; i < kKeys; ++i) PutText(rig, Format("key:{:04}", i));
  ExpectEvenTenths(DrawMany(rig, 1000), kKeys, 1000);
}

TEST(RandomKey, IsSpreadEvenlyOverTables) {
  constexpr int kKeys = 3000;
  KeyspaceRig rig;
  for (int i = 0; i < kKeys; ++i) PutText(rig, Format("key:{:04}", i));
  rig.Compact();
  ExpectEvenTenths(DrawMany(rig, 1000), kKeys, 1000);
}

TEST(RandomKey, IsAKeyThatExists) {
  constexpr int kKeys = 1000;
  KeyspaceRig rig;
  for (int i = 0; i < kKeys; ++i) PutText(rig, Format("key:{:04}", i));
  rig.Compact();
  for (int i = 0; i < kKeys; ++i) {
    if (i % 10 != 0) RemoveOne(rig, Format("key:{:04}", i));
  }
  for (int i = 0; i < 200; ++i) PutText(rig, Format("gone:{:04}", i), rig.now_ms() + 1);
  rig.AdvanceMs(1);
  for (const auto& [key, times] : DrawMany(rig, 300)) {
    EXPECT_EQ(key.substr(0, 4), "key:");
    EXPECT_EQ(key.back(), '0');
  }
}

TEST(RandomKey, IsFoundAmongManyKeysOfOtherDatabases) {
  KeyspaceRig rig;
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(rig.Execute([&](Transaction& tx) {
      const std::string key = Format("other:{}", i);
      return SetString(tx, {.generation = tx.GenerationOf(1), .key = key}, "value", {});
    }));
  }
  for (int i = 0; i < 150; ++i) PutText(rig, Format("key:{}", i));
  EXPECT_GT(DrawMany(rig, 500).size(), 50u);
}

TEST(RandomKey, IsTheOnlyOneThatIsLeftAmongManyThatExpired) {
  KeyspaceRig rig;
  for (int i = 0; i < 3000; ++i) PutText(rig, Format("gone:{:04}", i), rig.now_ms() + 1);
  PutText(rig, "stays");
  rig.AdvanceMs(1);
  Random random(3);
  EXPECT_EQ(Draw(rig, random), "stays");
}

}  // namespace
}  // namespace cordwood::keyspace
