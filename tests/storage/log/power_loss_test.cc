// Power goes away at every call of small scripts, and at random moments of large ones. The rig
// checks the promises at every recovery (tests/storage/log/log_rig.h).

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "base/format.h"
#include "tests/storage/log/log_rig.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"
#include "tests/support/sim_random.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimRandom;

// Small lives of a log. Every step also works in a frozen world.

void OpenOr(LogRig& rig, const std::function<void()>& work) {
  const Status opened = rig.Open();
  if (opened) return work();
  EXPECT_TRUE(rig.env().frozen()) << opened.error().message();
}

void ThreeCommits(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 3; ++i) rig.Commit(2);
  });
}

void GroupsBehindAGroupInFlight(LogRig& rig) {
  OpenOr(rig, [&] {
    rig.Append();
    rig.log().Kick();
    for (int i = 0; i < 4; ++i) {
      rig.env().Step();
      rig.Append(1, 3000);
      rig.Observe();
    }
    rig.Settle();
  });
}

void Segments(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 5; ++i) rig.Commit(1, 9000);
  });
}

void FlushAndRelease(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 5; ++i) {
      rig.Commit(1, 9000);
      if (i % 2 == 1) rig.Flush();
    }
  });
}

void ABatchLargerThanASegment(LogRig& rig) {
  OpenOr(rig, [&] {
    rig.Commit();
    rig.Commit(3, 20'000);
    rig.Commit();
    rig.Commit(1, 9000);
  });
}

void CleanStopAndRestart(LogRig& rig) {
  OpenOr(rig, [&] {
    rig.Commit();
    rig.Commit();
    if (!rig.Stop()) return;
    OpenOr(rig, [&] { rig.Commit(); });
  });
}

void KilledAndRestarted(LogRig& rig) {
  OpenOr(rig, [&] {
    rig.Commit();
    rig.Append(2, 5000);
    rig.log().Kick();
    rig.env().Step();
    rig.Drop();
    OpenOr(rig, [&] { rig.Commit(); });
  });
}

void EverySecond(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 8; ++i) {
      rig.Commit(1, 7000);
      if (i % 3 == 2) {
        rig.env().AdvanceMs(1100);
        rig.log().Tick();
        rig.Settle();
      }
      if (i == 4) rig.Flush();
    }
  });
}

void NeverSynced(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 5; ++i) rig.Commit(1, 7000);
    IgnoreError(rig.Stop(), "the world may be frozen");
  });
}

// Segments are used again and again, with frames where old ones were, of the same size and a while
// later with seqs that follow on each other just as those did.
void Recycled(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 14; ++i) {
      rig.Commit(1, 7000);
      if (i % 3 == 2) rig.Flush();
    }
  });
}

void RecycledAndPacked(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 18; ++i) {
      if (i % 6 == 0) rig.SetDurability(Durability::kAlways);
      if (i % 6 == 3) rig.SetDurability(Durability::kEverySecond);
      rig.Commit(1, 4000);
      if (i % 3 == 2) rig.Flush();
    }
  });
}

// The ready segment is made larger, and cut again.
void LoadAndRest(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 5; ++j) rig.Commit(1, 7000);
      rig.Flush();
      rig.env().AdvanceMs(30'001);
      rig.log().Tick();
      rig.Settle();
    }
  });
}

// There is less than nothing left: blank segments, which a start gives back, do not help.
void RestartsOnAFullDisk(LogRig& rig) {
  OpenOr(rig, [&] {
    for (int i = 0; i < 3; ++i) rig.Commit(1, 2000);
    for (int life = 0; life < 3; ++life) {
      rig.Append(1, 3000);
      rig.log().Kick();
      for (int i = 0; i < 3; ++i) rig.env().Step();
      rig.Drop();
      rig.env().SetDiskBytes(1);
      OpenOr(rig, [&] { rig.Commit(1, 500); });
      if (!rig.is_open()) return;
    }
  });
}

struct Script {
  const char* name;
  void (*run)(LogRig&);
  Durability durability = Durability::kAlways;
  uint64_t small_segment_bytes = UINT64_MAX;
};

constexpr Script kScripts[] = {
    {"ThreeCommits", ThreeCommits},
    {"GroupsBehindAGroupInFlight", GroupsBehindAGroupInFlight},
    {"Segments", Segments},
    {"FlushAndRelease", FlushAndRelease},
    {"ABatchLargerThanASegment", ABatchLargerThanASegment},
    {"CleanStopAndRestart", CleanStopAndRestart},
    {"KilledAndRestarted", KilledAndRestarted},
    {"EverySecond", EverySecond, Durability::kEverySecond},
    {"NeverSynced", NeverSynced, Durability::kNever},
    {"Recycled", Recycled},
    {"RecycledAndPacked", RecycledAndPacked},
    {"LoadAndRest", LoadAndRest, Durability::kAlways, 16 << 10},
    {"RestartsOnAFullDisk", RestartsOnAFullDisk},
    {"RestartsOnAFullDiskPacked", RestartsOnAFullDisk, Durability::kEverySecond},
};

LogRig MakeRig(const Script& script, uint64_t seed) {
  return LogRig({.seed = seed,
                 .small_segment_bytes = script.small_segment_bytes,
                 .durability = script.durability});
}

uint64_t CallsOf(const Script& script, uint64_t seed) {
  LogRig rig = MakeRig(script, seed);
  script.run(rig);
  return rig.env().Calls();
}

/// The log is usable, and what is acknowledged now survives the next crash.
void ExpectAFullRecovery(LogRig& rig, uint64_t seed) {
  rig.env().SetDiskBytes(UINT64_MAX);
  const Status opened = rig.Open();
  ASSERT_TRUE(opened) << opened.error().message() << rig.env().Report();
  const Seq before = rig.recovered();
  rig.Commit(2, 3000);
  rig.Commit(1);
  IgnoreError(rig.Stop(), "checked by the next recovery");
  EXPECT_EQ(rig.owed(), before + 3);
  rig.LosePower(seed, PowerLoss::kDrop);
  const Status again = rig.Open();
  ASSERT_TRUE(again) << again.error().message() << rig.env().Report();
  EXPECT_EQ(rig.recovered(), before + 3);
  EXPECT_EQ(rig.copied_groups(), 0u) << "the stop was clean";
}

constexpr PowerLoss kKinds[] = {PowerLoss::kDrop, PowerLoss::kKeep, PowerLoss::kRandom,
                                PowerLoss::kRandom};

class PowerLossAtEveryCall : public testing::TestWithParam<Script> {
 protected:
  const Script& script() const { return GetParam(); }
};

TEST_P(PowerLossAtEveryCall, LosesNothingThatWasAcknowledged) {
  const uint64_t seed = support::BaseSeed();
  const uint64_t calls = CallsOf(script(), seed);
  for (uint64_t call = 1; call <= calls + 1; ++call) {
    for (size_t kind = 0; kind < std::size(kKinds); ++kind) {
      SCOPED_TRACE(Format("CORDWOOD_SEED={} call {} of {}, kind {}", seed, call, calls, kind));
      LogRig rig = MakeRig(script(), seed);
      rig.env().CrashAtCall(call);
      script().run(rig);
      rig.LosePower(seed + call * 10 + kind, kKinds[kind]);
      ExpectAFullRecovery(rig, seed);
      if (HasFailure()) return;
    }
  }
}

TEST_P(PowerLossAtEveryCall, LosesNothingToAKillAndThenThePower) {
  const uint64_t seed = support::BaseSeed();
  const uint64_t calls = CallsOf(script(), seed);
  for (uint64_t call = 1; call <= calls + 1; ++call) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={} call {} of {}", seed, call, calls));
    LogRig rig = MakeRig(script(), seed);
    rig.env().CrashAtCall(call);
    script().run(rig);
    rig.Kill();
    ASSERT_TRUE(rig.Open()) << rig.env().Report();
    rig.LosePower(seed + call, call % 2 == 0 ? PowerLoss::kDrop : PowerLoss::kRandom);
    ExpectAFullRecovery(rig, seed);
    if (HasFailure()) return;
  }
}

TEST_P(PowerLossAtEveryCall, AndAtEveryCallOfTheRecoveryThreeDeep) {
  const uint64_t seed = support::BaseSeed();
  SimRandom random(seed);
  const uint64_t calls = CallsOf(script(), seed);
  const uint64_t step = support::FullRun() ? 1 : 3;
  for (uint64_t call = 1 + seed % step; call <= calls + 1; call += step) {
    for (uint64_t in_recovery = 1;; ++in_recovery) {
      SCOPED_TRACE(
          Format("CORDWOOD_SEED={} call {}, then {} of recovery", seed, call, in_recovery));
      LogRig rig = MakeRig(script(), seed);
      rig.env().CrashAtCall(call);
      script().run(rig);
      rig.LosePower(seed + call);
      const Result<Seq> expected = rig.RecoverOnCopy();
      ASSERT_TRUE(expected) << expected.error().message();
      bool cut = false;
      for (uint64_t depth = 0; depth < 3; ++depth) {
        rig.env().CrashAtCall(depth == 0 ? in_recovery : random.Below(in_recovery + 5) + 1);
        const Status opened = rig.Open();
        if (depth == 0) cut = !opened;
        if (opened) {
          EXPECT_EQ(rig.recovered(), *expected);
        }
        if (random.Below(4) == 0) {
          rig.Kill();
        } else {
          rig.LosePower(random.Next());
        }
      }
      ASSERT_TRUE(rig.Open()) << rig.env().Report();
      EXPECT_EQ(rig.recovered(), *expected) << "recovery depends on how often it was cut";
      rig.LosePower(random.Next(), PowerLoss::kDrop);
      ExpectAFullRecovery(rig, seed);
      if (HasFailure()) return;
      if (!cut) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Log, PowerLossAtEveryCall, testing::ValuesIn(kScripts),
                         [](const auto& suite) { return suite.param.name; });

TEST(PowerLossAfterACommit, KeepsEverySegmentThatWasWritten) {
  LogRig rig({});
  for (uint64_t life = 1; life <= 3; ++life) {
    ASSERT_TRUE(rig.Open());
    EXPECT_EQ(rig.recovered(), 5 * (life - 1));
    for (int i = 0; i < 5; ++i) rig.Commit(1, 9000);
    EXPECT_EQ(rig.log().synced(), 5 * life);
    rig.LosePower(life, PowerLoss::kDrop);
  }
}

// Nothing was known to be synced, so all was copied and the old segment removed.
TEST(PowerLossAfterARecovery, BringsNoRemovedSegmentBack) {
  LogRig rig({.durability = Durability::kEverySecond});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  const std::string old = rig.Segments().front();
  rig.Kill();
  ASSERT_TRUE(rig.Open());
  ASSERT_EQ(rig.copied_groups(), 1u);
  rig.LosePower(1, PowerLoss::kDrop);
  EXPECT_FALSE(rig.env().ReadRaw(old));
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 1u);
}

// --- long random lives ---

class RandomLife {
 public:
  explicit RandomLife(uint64_t seed)
      : random_(seed),
        rig_({.seed = seed,
              .segment_bytes = 16384 + random_.Below(12) * 4096,
              .small_segment_bytes = 16384 + random_.Below(12) * 4096,
              .durability = AnyDurability(),
              .switch_percent = static_cast<uint32_t>(random_.Below(60))}) {}

  void Run() {
    for (int world = 0; world < 4; ++world) {
      if (random_.Below(3) == 0) rig_.env().CrashAtCall(random_.Below(20) + 1);
      const bool is_full = world > 0 && random_.Below(3) == 0;
      if (is_full) rig_.env().SetDiskBytes(1);
      Status opened = rig_.Open();
      rig_.env().SetDiskBytes(UINT64_MAX);
      if (opened && rig_.resumed()) ++resumed_;
      // There may be no segment yet.
      const bool had_none = !opened && opened.error().code() == ErrorCode::kNoSpace;
      if (is_full && had_none) opened = rig_.Open();
      if (opened) {
        PlanACrash();
        const uint64_t steps = random_.Below(40);
        for (uint64_t i = 0; i < steps && !rig_.env().frozen(); ++i) Work();
      } else {
        ASSERT_TRUE(rig_.env().frozen()) << opened.error().message() << rig_.env().Report();
      }
      EndOfTheWorld();
      if (testing::Test::HasFailure()) return;
    }
    ExpectAFullRecovery(rig_, random_.Next());
  }

  /// Segments that were used again.
  uint64_t recycled() const { return recycled_; }
  /// Starts that went on in the segment that they found.
  uint64_t resumed() const { return resumed_; }

 private:
  Durability AnyDurability() { return static_cast<Durability>(random_.Below(3)); }

  void PlanACrash() {
    if (random_.Below(2) == 0) {
      rig_.env().CrashAtCall(rig_.env().Calls() + 1 + random_.Below(150));
    }
  }

  void Work() {
    switch (random_.Below(10)) {
      case 0:
        rig_.Flush();
        break;
      case 1:
        rig_.env().AdvanceMs(random_.Below(8) == 0 ? 31'000 : random_.Below(1500));
        rig_.log().Tick();
        break;
      case 2:
        rig_.Append(static_cast<uint32_t>(1 + random_.Below(3)), random_.Below(30'000));
        break;
      case 3:
        rig_.Settle();
        break;
      case 4:
        if (random_.Below(3) == 0) rig_.SetDurability(AnyDurability());
        break;
      default:
        rig_.Append(static_cast<uint32_t>(1 + random_.Below(4)), random_.Below(3000));
        rig_.log().Kick();
        for (uint64_t i = random_.Below(8); i > 0; --i) rig_.env().Step();
        rig_.Observe();
        break;
    }
  }

  void EndOfTheWorld() {
    if (rig_.is_open()) recycled_ += rig_.log().stats().recycled;
    switch (random_.Below(4)) {
      case 0:
        rig_.Kill();
        break;
      case 1:
        if (rig_.is_open() && !rig_.env().frozen()) {
          const Status stopped = rig_.Stop();
          EXPECT_TRUE(stopped || rig_.env().frozen()) << stopped.error().message();
        }
        rig_.LosePower(random_.Next());
        break;
      default:
        rig_.LosePower(random_.Next());
        break;
    }
  }

  SimRandom random_;
  LogRig rig_;
  uint64_t recycled_ = 0;
  uint64_t resumed_ = 0;
};

TEST(PowerLossInRandomLives, LosesNothingThatWasAcknowledged) {
  uint64_t recycled = 0;
  uint64_t resumed = 0;
  for (const uint64_t seed : support::Seeds(400, 40'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    RandomLife life(seed);
    life.Run();
    recycled += life.recycled();
    resumed += life.resumed();
    if (HasFailure()) return;
  }
  std::cout << "[ recycled ] " << recycled << " segments were used again, " << resumed
            << " starts went on in theirs\n";
  EXPECT_GT(recycled, 0u);
  EXPECT_GT(resumed, 0u);
}

// Seeds that failed once.
TEST(PowerLossInRandomLives, LosesNothingInLivesThatFailed) {
  for (const uint64_t seed : {5632}) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    RandomLife(seed).Run();
  }
}

}  // namespace
}  // namespace cordwood::storage
