// Transactions that kill ranges, against a map: what a transaction puts behind a range that it
// killed stays, whatever happens to the store afterwards.

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/core/key_codec.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

constexpr Generation kGeneration = 1;
constexpr Oid kOid = 7;

std::string At(uint64_t position) {
  return ElementKey(kGeneration, kOid, Format("{:02}", position));
}

TEST(TransactionRanges, AMergeKeepsAPutBehindARangeOfTheSameTransaction) {
  KeyspaceRig rig;
  const auto value = [&] {
    std::optional<std::string> text;
    EXPECT_TRUE(rig.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(text, tx.Get(At(5)));
      return {};
    }));
    return text;
  };
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    tx.Put(At(5), "old");
    return {};
  }));
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    tx.DropRange(At(0), At(9));  // LPOP: the position is dead
    tx.Put(At(5), "new");        // LPUSH: the position is used again
    return {};
  }));
  EXPECT_EQ(value(), "new") << "before the merge";
  rig.Compact();
  EXPECT_EQ(value(), "new") << "after the merge";
}

TEST(TransactionRanges, ARangeTakesBackPutsAndLeavesDeletes) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    for (uint64_t i = 0; i < 4; ++i) tx.Put(At(i), "old");
    return {};
  }));
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    tx.Put(At(0), "taken back");
    tx.Delete(At(1));
    tx.Delete(At(2));
    tx.Put(At(2), "taken back");  // LREM, then LINSERT at the same place
    tx.DropRange(At(0), At(3));
    CW_ASSIGN(const auto first, tx.Get(At(0)));
    EXPECT_NE(first, "taken back");
    return {};
  }));
  const auto present = [&](uint64_t position) {
    bool found = false;
    EXPECT_TRUE(rig.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const auto value, tx.Get(At(position)));
      found = value.has_value();
      EXPECT_NE(value, "taken back");
      return {};
    }));
    return found;
  };
  EXPECT_FALSE(present(1)) << "a range hides nothing: the delete does";
  EXPECT_FALSE(present(2));
  EXPECT_TRUE(present(3));
  rig.Compact();
  EXPECT_FALSE(present(0));
  EXPECT_FALSE(present(1));
  EXPECT_FALSE(present(2));
  EXPECT_TRUE(present(3));
}

TEST(TransactionRanges, SpendsTheNumbersOfObjectsThatItTookBack) {
  KeyspaceRig rig;
  Oid last = 0;
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    for (int i = 0; i < 100; ++i) {
      last = tx.NewOid();
      tx.Put(ElementKey(kGeneration, last, "element"), "value");
    }
    tx.DropRange(ElementPrefix(kGeneration, 0), ElementPrefix(kGeneration, last + 1));
    return {};
  }));
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    EXPECT_GT(tx.NewOid(), last);
    return {};
  }));
}

using storage::OpKind;

/// What is known of a key. In a dead range either answer is right, until a merge.
enum class Known : uint8_t { kAbsent, kPresent, kDead };
struct ExpectedEntry {
  Known known = Known::kAbsent;
  std::string value;
};
using EntryModel = std::map<std::string, ExpectedEntry>;

class RangesModel {
 public:
  explicit RangesModel(uint64_t seed)
      : random_(seed),
        rig_({.seed = seed,
              .store = {.log_segment_bytes = 256 << 10,
                        .memtable_bytes = 16 << 10,
                        .block_cache_bytes = 64 << 10}}) {}

  void Step() {
    switch (random_.Below(24)) {
      case 0:
        rig_.Compact();
        for (auto& [key, expected] : model_) {
          if (expected.known == Known::kDead) expected.known = Known::kAbsent;
        }
        break;
      case 1:
        rig_.Reopen();
        break;
      case 2:
        rig_.Settle();
        rig_.LosePower(random_.Next());
        break;
      case 3:
        LosePowerWithOneUnsettled();
        break;
      default:
        Run(RandomWork());
    }
    Check();
  }

 private:
  static constexpr uint64_t kPositions = 24;

  struct Op {
    OpKind kind;
    uint64_t begin = 0;
    uint64_t end = 0;
    std::string value;
  };
  using Work = std::vector<Op>;

  Work RandomWork() {
    Work work(random_.Below(12) + 1);
    for (Op& op : work) {
      op.begin = random_.Below(kPositions);
      op.end = op.begin + random_.Below(kPositions - op.begin) + 1;
      op.value = Format("{}", ++writes_) + std::string(random_.Below(600), 'v');
      const uint64_t kind = random_.Below(8);
      op.kind = kind < 5 ? OpKind::kPut : kind < 7 ? OpKind::kDropRange : OpKind::kDelete;
    }
    return work;
  }

  void Run(const Work& work) {
    ASSERT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      for (const Op& op : work) {
        if (op.kind == OpKind::kPut) {
          tx.Put(At(op.begin), op.value);
        } else if (op.kind == OpKind::kDelete) {
          tx.Delete(At(op.begin));
        } else {
          tx.DropRange(At(op.begin), At(op.end));
        }
      }
      return {};
    }));
    Apply(work);
  }

  void Apply(const Work& work) {
    std::map<std::string, bool> deleted;  // by this transaction
    for (const Op& op : work) {
      const std::string key = At(op.begin);
      if (op.kind == OpKind::kPut) {
        model_[key] = {.known = Known::kPresent, .value = op.value};
      } else if (op.kind == OpKind::kDelete) {
        model_[key] = {};
        deleted[key] = true;
      } else {
        for (uint64_t i = op.begin; i < op.end; ++i) {
          ExpectedEntry& expected = model_[At(i)];
          // An older delete may be dropped before what it hides: only the transaction's own stay.
          const bool stays_absent = deleted.contains(At(i));
          expected.known = stays_absent ? Known::kAbsent : Known::kDead;
        }
      }
    }
  }

  /// The last transaction may be there or not, but only as a whole.
  void LosePowerWithOneUnsettled() {
    rig_.Settle();
    const EntryModel before = model_;
    Work work = RandomWork();
    work.push_back({.kind = OpKind::kPut, .begin = kPositions, .value = Format("{}", ++writes_)});
    Run(work);
    const std::string marker = model_[At(kPositions)].value;
    rig_.LosePower(random_.Next());
    std::optional<std::string> found;
    ASSERT_TRUE(rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(found, tx.Get(At(kPositions)));
      return {};
    }));
    if (found != marker) model_ = before;
  }

  void Check() {
    ASSERT_TRUE(rig_.Read([&](Transaction& tx) -> Status {
      for (const auto& [key, expected] : model_) {
        CW_ASSIGN(const auto value, tx.Get(key));
        if (expected.known == Known::kPresent) {
          EXPECT_EQ(value, expected.value) << key;
        } else if (expected.known == Known::kAbsent) {
          EXPECT_FALSE(value.has_value()) << key;
        }
      }
      return {};
    }));
  }

  Random random_;
  KeyspaceRig rig_;
  EntryModel model_;
  uint64_t writes_ = 0;
};

TEST(TransactionRanges, AgreeWithAMapOverMergesAndPowerLoss) {
  for (const uint64_t seed : support::Seeds(8, 2'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    RangesModel model(seed);
    for (int i = 0; i < 60; ++i) model.Step();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace cordwood::keyspace
