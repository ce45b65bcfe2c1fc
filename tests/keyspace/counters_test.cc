// The counters of a database against a model: blind writes over cold keys, deletes, expiry.

#include "keyspace/core/counters.h"

#include <gtest/gtest.h>

#include <map>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/types/hashes.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

struct Expected {
  bool expires = false;
  bool object = false;
};

class CounterModel {
 public:
  explicit CounterModel(uint64_t seed)
      : random_(seed),
        rig_({.seed = seed,
              .keyspace = {.inline_bytes_max = 8},
              .store = {.log_segment_bytes = 1 << 20,
                        .memtable_bytes = 8 << 10,
                        // Almost nothing stays in the cache: blind writes are blind.
                        .block_cache_bytes = 4 << 10,
                        .block_bytes = 256}}) {}

  void Step() {
    const std::string key = Format("key{}", random_.Below(400));
    switch (random_.Below(8)) {
      case 0:
      case 1:
        return Delete(key);
      case 2:
        return SetHash(key);
      case 3:
        return Set(key, rig_.now_ms() + 1'000'000);
      default:
        return Set(key, std::nullopt);
    }
  }

  /// After a merge of everything nothing is presumed any more.
  void CheckExactly() {
    rig_.Compact();
    Check();
    rig_.Reopen();
    Check();
  }

 private:
  KeyName Name(std::string_view key) {
    return {.generation = rig_.keyspace().databases().Newest(0), .key = key};
  }

  void Check() {
    int64_t expires = 0;
    int64_t objects = 0;
    for (const auto& [key, expected] : model_) {
      expires += expected.expires ? 1 : 0;
      objects += expected.object ? 1 : 0;
    }
    Keyspace& keyspace = rig_.keyspace();
    EXPECT_EQ(keyspace.NewestCount(0, CounterKind::kKeys), static_cast<int64_t>(model_.size()));
    EXPECT_EQ(keyspace.NewestCount(0, CounterKind::kExpires), expires);
    EXPECT_EQ(keyspace.NewestCount(0, CounterKind::kObjects), objects);
    ASSERT_TRUE(rig_.Read([&](Transaction& tx) -> Status {
      EXPECT_EQ(tx.CountOf(0, CounterKind::kKeys), static_cast<int64_t>(model_.size()));
      return {};
    }));
  }

  void Set(const std::string& key, std::optional<int64_t> expiry_ms) {
    Execute([&](Transaction& tx) { return SetString(tx, Name(key), "value", expiry_ms); });
    model_[key] = {.expires = expiry_ms.has_value()};
  }

  void Delete(const std::string& key) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(key)));
      EXPECT_EQ(found.stored.has_value(), model_.contains(key));
      return found.stored ? RemoveKey(tx, Name(key), found) : Status();
    });
    model_.erase(key);
  }

  void SetHash(const std::string& key) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(key)));
      if (found.stored) CW_TRY(RemoveKey(tx, Name(key), found));
      const Item pairs[] = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
      CW_TRY(Hash(tx, Name(key), {}).Set(pairs));
      return {};
    });
    model_[key] = {.object = true};
  }

  void Execute(const KeyspaceRig::Work& work) {
    const Status status = rig_.Execute(work);
    ASSERT_TRUE(status) << status.error().message();
  }

  Random random_;
  KeyspaceRig rig_;
  std::map<std::string, Expected> model_;
};

TEST(Counters, AgreeWithAModelOnceSettled) {
  for (const uint64_t seed : support::Seeds(4, 1'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    CounterModel model(seed);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 500; ++i) model.Step();
      model.CheckExactly();
    }
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Counters, AKeyIsCountedUntilItsExpiryIsCarriedOut) {
  KeyspaceRig rig;
  const auto name = [](Transaction& tx) {
    return KeyName{.generation = tx.GenerationOf(0), .key = "k"};
  };
  ASSERT_TRUE(
      rig.Execute([&](Transaction& tx) { return SetString(tx, name(tx), "v", tx.now_ms() + 10); }));
  rig.AdvanceMs(10);
  EXPECT_EQ(rig.keyspace().NewestCount(0, CounterKind::kKeys), 1);
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    CW_ASSIGN(Lookup found, FindKey(tx, name(tx)));
    EXPECT_TRUE(found.expired);
    EXPECT_EQ(found.live(), nullptr);
    return SweepExpired(tx, name(tx), found);
  }));
  EXPECT_EQ(rig.keyspace().NewestCount(0, CounterKind::kKeys), 0);
  EXPECT_EQ(rig.keyspace().NewestCount(0, CounterKind::kExpires), 0);
  EXPECT_EQ(rig.keyspace().stats().expired_keys.load(), 1u);
}

TEST(Counters, ATransactionSeesItsOwnCounts) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([](Transaction& tx) -> Status {
    const KeyName name = {.generation = tx.GenerationOf(0), .key = "k"};
    CW_TRY(SetString(tx, name, "v", std::nullopt));
    CW_TRY(SetString(tx, name, "w", tx.now_ms() + 10));
    EXPECT_EQ(tx.CountOf(0, CounterKind::kKeys), 1);
    EXPECT_EQ(tx.CountOf(0, CounterKind::kExpires), 1);
    return {};
  }));
  EXPECT_EQ(rig.keyspace().NewestCount(0, CounterKind::kKeys), 1);
}

}  // namespace
}  // namespace cordwood::keyspace
