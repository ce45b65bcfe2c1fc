#include "storage/compaction/retention.h"

#include <gtest/gtest.h>

#include <vector>

namespace cordwood::storage {
namespace {

// One counter, 1: every live entry counts as one. Assumption 1 presumes one entry beneath.
class CountEntries final : public CountingPolicy {
 public:
  void Contribution(std::string_view /*key*/, std::string_view /*value*/, int64_t sign,
                    Counters& sums) const override {
    sums.Add(1, sign);
  }
  void Presumed(std::string_view /*key*/, uint8_t assumption, Counters& sums) const override {
    if (assumption == 1) sums.Add(1, 1);
  }
};

struct In {
  std::string key;
  Seq seq = 0;
  bool is_put = true;
  uint8_t assumption = kSettled;
};

class RetentionTest : public ::testing::Test {
 protected:
  // "key@seq" of what is kept, a tombstone with a minus, an unsettled entry with a question mark.
  std::vector<std::string> Run(const std::vector<In>& entries, Seq visible, bool older_may_exist,
                               const std::vector<DeadRange>& dead = {}) {
    return Run(entries, ReadPoints({}, visible), older_may_exist, dead);
  }
  std::vector<std::string> Run(const std::vector<In>& entries, const ReadPoints& readers,
                               bool older_may_exist, const std::vector<DeadRange>& dead = {}) {
    Retention retention({.readers = readers,
                         .older_may_exist = [=](std::string_view) { return older_may_exist; },
                         .counting = &counting_},
                        DeadRangeSweep(dead, readers));
    std::vector<std::string> kept;
    const auto note = [&](const RetainedEntry* entry) {
      if (entry == nullptr) return;
      kept.push_back((entry->tag.is_put ? "" : "-") + entry->key + "@" +
                     std::to_string(entry->seq) + (entry->tag.assumption != kSettled ? "?" : ""));
    };
    for (const In& in : entries) {
      note(retention.Add(
          in.key, PackTrailer(in.seq, {.is_put = in.is_put, .assumption = in.assumption}), "v"));
    }
    note(retention.Finish());
    correction_ = retention.corrections().Get(1);
    return kept;
  }

  using Kept = std::vector<std::string>;
  CountEntries counting_;
  int64_t correction_ = 0;
};

TEST_F(RetentionTest, KeepsWhatIsVisibleAndAllAbove) {
  EXPECT_EQ(Run({{"a", 9}, {"a", 7}, {"a", 5}, {"a", 3}}, 6, true), (Kept{"a@9", "a@7", "a@5"}));
}

TEST_F(RetentionTest, DropsATombstoneOnlyWhenNothingOlderCanLieBeneath) {
  EXPECT_EQ(Run({{"a", 5, false}, {"a", 3}}, 9, true), (Kept{"-a@5"}));
  EXPECT_EQ(Run({{"a", 5, false}, {"a", 3}}, 9, false), (Kept{}));
}

TEST_F(RetentionTest, KeepsATombstoneThatIsNotVisibleYet) {
  EXPECT_EQ(Run({{"a", 5, false}}, 4, false), (Kept{"-a@5"}));
}

TEST_F(RetentionTest, KeepsOneVersionForEachGapBetweenReaders) {
  const std::vector<In> versions = {{"a", 9}, {"a", 8}, {"a", 7}, {"a", 6}, {"a", 5}, {"a", 4}};
  EXPECT_EQ(Run(versions, ReadPoints({7}, 9), true), (Kept{"a@9", "a@7"}));
  EXPECT_EQ(Run(versions, ReadPoints({7, 5}, 8), true), (Kept{"a@9", "a@8", "a@7", "a@5"}));
  EXPECT_EQ(Run(versions, ReadPoints({3, 2}, 20), true), (Kept{"a@9"}));
}

TEST_F(RetentionTest, KeepsATombstoneWhileItHidesAVersionThatIsKept) {
  const std::vector<In> versions = {{"a", 9}, {"a", 7, false}, {"a", 5}};
  EXPECT_EQ(Run(versions, ReadPoints({8, 6}, 10), false), (Kept{"a@9", "-a@7", "a@5"}));
  EXPECT_EQ(Run(versions, ReadPoints({8}, 10), false), (Kept{"a@9"}));
  EXPECT_EQ(Run(versions, ReadPoints({8}, 10), true), (Kept{"a@9", "-a@7"}));
}

TEST_F(RetentionTest, DropsWhatADeadRangeCovers) {
  const DeadRange dead{.range = {.begin = "b", .end = "d"}, .seq = 10};
  EXPECT_EQ(Run({{"a", 1}, {"b", 2}, {"c", 12}, {"c", 3}, {"d", 4}}, 20, true, {dead}),
            (Kept{"a@1", "c@12", "d@4"}));
}

TEST_F(RetentionTest, LeavesADeadRangeAloneThatIsNotVisibleYet) {
  const DeadRange dead{.range = {.begin = "b", .end = "d"}, .seq = 10};
  EXPECT_EQ(Run({{"b", 2}}, 9, true, {dead}), (Kept{"b@2"}));
}

TEST_F(RetentionTest, SettlesAgainstThePutBeneath) {
  EXPECT_EQ(Run({{"a", 5, true, 1}, {"a", 3}}, 9, true), (Kept{"a@5"}));
  EXPECT_EQ(correction_, 0);
}

TEST_F(RetentionTest, SettlesAgainstTheTombstoneBeneath) {
  EXPECT_EQ(Run({{"a", 5, true, 1}, {"a", 3, false}}, 9, true), (Kept{"a@5"}));
  EXPECT_EQ(correction_, 1);
}

TEST_F(RetentionTest, SettlesAtTheBottomAsANewKey) {
  EXPECT_EQ(Run({{"a", 5, true, 1}}, 9, false), (Kept{"a@5"}));
  EXPECT_EQ(correction_, 1);
}

TEST_F(RetentionTest, StaysUnsettledWhileSomethingMayLieBeneath) {
  EXPECT_EQ(Run({{"a", 5, true, 1}}, 9, true), (Kept{"a@5?"}));
  EXPECT_EQ(correction_, 0);
}

TEST_F(RetentionTest, PassesTheAssumptionOfADroppedEntryToTheOneAbove) {
  // 5 replaced 3, which is settled by that; what 3 replaced is still open.
  EXPECT_EQ(Run({{"a", 5, true, 1}, {"a", 3, true, 1}}, 9, true), (Kept{"a@5?"}));
  EXPECT_EQ(correction_, 0);
  // A delete that knew it removed 3; 3 presumed that it replaced something, and did not.
  EXPECT_EQ(Run({{"a", 5, false}, {"a", 3, true, 1}}, 9, false), (Kept{}));
  EXPECT_EQ(correction_, 1);
  EXPECT_EQ(Run({{"a", 5, false}, {"a", 3, true, 1}}, 9, true), (Kept{"-a@5?"}));
}

TEST_F(RetentionTest, SettlesAVersionThatIsNotVisibleYetToo) {
  EXPECT_EQ(Run({{"a", 9, true, 1}, {"a", 5}}, 6, true), (Kept{"a@9", "a@5"}));
  EXPECT_EQ(correction_, 0);
}

}  // namespace
}  // namespace cordwood::storage
