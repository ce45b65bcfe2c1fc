#include "storage/count_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kCounter = 4;

TEST(CountHistory, AnswersAsOfEachSeq) {
  CountHistory history;
  history.Add(5, kCounter, 1);
  history.Add(7, kCounter, 10);
  history.Add(7, kCounter + 1, 100);
  EXPECT_EQ(history.At(kCounter, 4), 0);
  EXPECT_EQ(history.At(kCounter, 5), 1);
  EXPECT_EQ(history.At(kCounter, 7), 11);
  EXPECT_EQ(history.At(kCounter + 1, 6), 0);
  EXPECT_EQ(history.Newest(kCounter), 11);
}

TEST(CountHistory, WhoAsksForMoreFirstTakesNothingFromAnOlderReader) {
  CountHistory history;
  history.Add(5, kCounter, 1);
  history.Add(7, kCounter, 10);
  history.Fold(ReadPoints({5}, 7));
  EXPECT_EQ(history.At(kCounter, 7), 11);
  EXPECT_EQ(history.At(kCounter, 5), 1);
  history.Fold(ReadPoints({}, 7));
  EXPECT_EQ(history.pending(), 0u);
  EXPECT_EQ(history.At(kCounter, 7), 11);
}

TEST(CountHistory, CorrectionsShowAtEverySeq) {
  CountHistory history;
  history.Add(5, kCounter, 1);
  Counters corrections;
  corrections.Add(kCounter, -3);
  history.Correct(corrections);
  EXPECT_EQ(history.At(kCounter, 4), -3);
  EXPECT_EQ(history.At(kCounter, 5), -2);
  EXPECT_EQ(history.Newest(kCounter), -2);
}

TEST(CountHistory, AnOldReaderKeepsAFewChangesAndNotAll) {
  CountHistory history;
  history.Add(1, kCounter, 1);
  for (Seq seq = 2; seq < 100'000; ++seq) {
    history.Add(seq, kCounter + seq % 3, 1);
    if (history.WantsFold()) history.Fold(ReadPoints({1, 5000}, seq));
  }
  EXPECT_LT(history.pending(), 100u);
  EXPECT_EQ(history.At(kCounter, 1), 1);
  EXPECT_EQ(
      history.At(kCounter, 5000) + history.At(kCounter + 1, 5000) + history.At(kCounter + 2, 5000),
      5000);
}

TEST(CountHistory, AgreesWithAPlainListForEveryReader) {
  for (const uint64_t seed : support::Seeds(50, 20'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Random random(seed);
    CountHistory history;
    struct Change {
      Seq seq;
      uint64_t counter;
      int64_t delta;
    };
    std::vector<Change> changes;
    std::multiset<Seq> snapshots;
    Seq visible = 0;
    for (Seq seq = 1; seq < 600; ++seq) {
      const auto delta = static_cast<int64_t>(random.Below(7)) - 3;
      changes.push_back({.seq = seq, .counter = random.Below(3), .delta = delta});
      history.Add(seq, changes.back().counter, delta);
      if (random.OneIn(4)) visible = std::max(visible, seq - random.Below(std::min<Seq>(seq, 9)));
      if (random.OneIn(20)) snapshots.insert(visible);
      if (random.OneIn(30) && !snapshots.empty()) snapshots.erase(snapshots.begin());
      if (history.WantsFold() || random.OneIn(10)) {
        history.Fold(ReadPoints({snapshots.begin(), snapshots.end()}, visible));
      }
      std::vector<Seq> asked(snapshots.begin(), snapshots.end());
      asked.insert(asked.end(), {visible, seq, seq + 1});
      const Seq at = asked[random.Below(asked.size())];
      for (uint64_t counter = 0; counter < 3; ++counter) {
        int64_t sum = 0;
        for (const Change& change : changes) {
          if (change.seq <= at && change.counter == counter) sum += change.delta;
        }
        ASSERT_EQ(history.At(counter, at), sum) << at;
      }
    }
  }
}

}  // namespace
}  // namespace cordwood::storage
