#pragma once

// What the model tests have in common: a keyspace beside a plain model of one type, and between
// random operations, now and then, stops, merges and power loss.
//
// Threads: one.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/core/keys.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {

class KeyspaceModel {
 public:
  KeyspaceModel(uint64_t seed, RigOptions options) : random_(seed), rig_(WithSeed(seed, options)) {}
  virtual ~KeyspaceModel() = default;

  virtual void CheckAll() = 0;
  void Step() {
    switch (random_.Below(20)) {
      case 0:
        return random_.OneIn(8) ? rig_.Reopen() : CheckAll();
      case 1:
        return random_.OneIn(8) ? rig_.Compact() : CheckAll();
      case 2:
        return random_.OneIn(8) ? LosePower() : CheckAll();
      default:
        return Operate();
    }
  }

 protected:
  static constexpr int kDb = 0;

  virtual void Operate() = 0;

  static KeyName Name(const Transaction& tx, std::string_view key) {
    return {.generation = tx.GenerationOf(kDb), .key = key};
  }
  /// A live lookup; what has expired is swept by a transaction that writes.
  template <typename T>
  static Result<T> Open(Transaction& tx, std::string_view key) {
    const KeyName name = Name(tx, key);
    CW_ASSIGN(Lookup found, FindKey(tx, name));
    if (tx.mode() == Transaction::Mode::kExecute) CW_TRY(SweepExpired(tx, name, found));
    return T(tx, name, std::move(found));
  }

  void Execute(const KeyspaceRig::Work& work) {
    const Status status = rig_.Execute(work);
    ASSERT_TRUE(status) << status.error().message();
  }
  void Read(const KeyspaceRig::Work& work) {
    const Status status = rig_.Read(work);
    ASSERT_TRUE(status) << status.error().message();
  }
  void RemoveKeyOf(const std::string& key) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      return found.stored ? RemoveKey(tx, Name(tx, key), found) : Status();
    });
  }
  /// How many keys there are, and how many of them own an object.
  static void ExpectCounts(const Transaction& tx, size_t keys, int64_t objects) {
    EXPECT_EQ(tx.CountOf(kDb, CounterKind::kKeys), static_cast<int64_t>(keys));
    EXPECT_EQ(tx.CountOf(kDb, CounterKind::kObjects), objects);
  }

  Random random_;
  KeyspaceRig rig_;

 private:
  static RigOptions WithSeed(uint64_t seed, RigOptions options) {
    options.seed = seed;
    return options;
  }
  void LosePower() {
    rig_.Settle();
    rig_.LosePower(random_.Next());
  }
};

/// So many steps with each seed, until something fails.
template <typename Model>
void RunModel(uint64_t least_seeds, uint64_t full_seeds, int steps) {
  for (const uint64_t seed : support::Seeds(least_seeds, full_seeds)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Model model(seed);
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) model.Step();
    model.CheckAll();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace cordwood::keyspace
