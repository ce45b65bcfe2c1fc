// What transactions tell of keys by themselves: that they are new, and that they had expired.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/format.h"
#include "keyspace/core/expiry_cycle.h"
#include "keyspace/core/key_event.h"
#include "keyspace/core/keys.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

class KeyEventsTest : public testing::Test {
 protected:
  KeyEventsTest() { Report(kEventLetters); }

  void Report(std::string_view letters) { rig_.keyspace().SetReportedEvents(EventsOf(letters)); }

  static KeyName Name(Transaction& tx, std::string_view key, int db = 0) {
    return {.generation = tx.GenerationOf(db), .key = key};
  }
  /// As CONFIG would say it; of what is told last.
  std::vector<std::string> Execute(const KeyspaceRig::Work& work) {
    std::vector<std::string> told;
    EXPECT_TRUE(rig_.Execute([&](Transaction& tx) -> Status {
      CW_TRY(work(tx));
      told = EventsIn(tx);
      return {};
    }));
    return told;
  }
  static std::vector<std::string> EventsIn(const Transaction& tx) {
    std::vector<std::string> told;
    for (const KeyEvent& event : tx.events()) {
      told.push_back(Format("{} {}@{}", event.event, event.key, event.db));
    }
    return told;
  }
  std::vector<std::string> Set(std::string_view key, std::optional<int64_t> expiry_ms = {}) {
    return Execute(
        [&](Transaction& tx) { return SetString(tx, Name(tx, key), "value", expiry_ms); });
  }
  /// Nothing is left in memory, and nothing in the cache.
  void MakeCold() {
    const EventMask events = rig_.keyspace().options().reported_events;
    rig_.Compact();
    rig_.Reopen();
    rig_.keyspace().SetReportedEvents(events);
  }

  using Events = std::vector<std::string>;
  KeyspaceRig rig_;
};

TEST_F(KeyEventsTest, LettersNameClasses) {
  EXPECT_EQ(EventsOf(""), 0u);
  EXPECT_EQ(EventsOf("g"), static_cast<EventMask>(EventClass::kGeneric));
  EXPECT_EQ(EventsOf("$"), static_cast<EventMask>(EventClass::kString));
  EXPECT_EQ(EventsOf("x"), static_cast<EventMask>(EventClass::kExpired));
  EXPECT_EQ(EventsOf("d"), static_cast<EventMask>(EventClass::kModule));
  EXPECT_EQ(EventsOf("mK"), static_cast<EventMask>(EventClass::kKeyMiss));
}

TEST_F(KeyEventsTest, TheExpiryCycleTellsWhatItRemoves) {
  Set("stays");
  Set("first", rig_.now_ms() + 1);
  Set("second", rig_.now_ms() + 2);
  EXPECT_EQ(Execute([&](Transaction& tx) {
              return SetString(tx, Name(tx, "other", 3), "value", rig_.now_ms() + 2);
            }),
            (Events{"new other@3"}));
  rig_.AdvanceMs(5);
  ExpiryCycle cycle(rig_.keyspace());
  EXPECT_EQ(Execute([&](Transaction& tx) -> Status {
              CW_ASSIGN(const ExpiryOutcome outcome, cycle.Run(tx, {.deadlines = 100}));
              EXPECT_EQ(outcome.removed, 3u);
              return {};
            }),
            (Events{"expired first@0", "expired second@0", "expired other@3"}));
}

TEST_F(KeyEventsTest, ABlindWriteTellsWhatItReplaces) {
  EXPECT_EQ(Set("key", rig_.now_ms() + 1), (Events{"new key@0"}));
  EXPECT_EQ(Set("key", rig_.now_ms() + 1), Events());
  MakeCold();
  EXPECT_EQ(Set("key", rig_.now_ms() + 1), Events());
  MakeCold();
  rig_.AdvanceMs(5);
  EXPECT_EQ(Set("key"), (Events{"expired key@0", "new key@0"}));
}

TEST_F(KeyEventsTest, ABlindWriteTellsWhatHadExpiredAlsoToWhoAsksForNothingElse) {
  Report("x");
  Set("key", rig_.now_ms() + 1);
  MakeCold();
  rig_.AdvanceMs(5);
  EXPECT_EQ(Set("key"), (Events{"expired key@0"}));
}

TEST_F(KeyEventsTest, ABlindWriteReadsOnlyForWhoWantsToKnow) {
  Set("key");
  Set("due later", rig_.now_ms() + 1000);
  MakeCold();
  // The first run of the cycle finds out that nothing is due.
  ExpiryCycle cycle(rig_.keyspace());
  Execute([&](Transaction& tx) -> Status {
    CW_TRY(cycle.Run(tx, {.deadlines = 100}));
    return {};
  });
  const auto reads_for = [&](std::string_view letters) {
    Report(letters);
    const uint64_t before = rig_.reruns();
    Set("key");
    MakeCold();
    return rig_.reruns() - before;
  };
  EXPECT_EQ(reads_for(""), 0u);
  EXPECT_EQ(reads_for("g$"), 0u);
  EXPECT_GT(reads_for("n"), 0u);
}

TEST_F(KeyEventsTest, AreOfTheDatabaseThatAReaderSees) {
  Set("key");
  rig_.Settle();
  const std::unique_ptr<storage::Snapshot> before = rig_.store().TakeSnapshot();
  ASSERT_TRUE(rig_.Execute([](Transaction& flush) -> Status {
    flush.DropGeneration(flush.GenerationOf(0));
    flush.SetGeneration(0, flush.NewGeneration());
    return {};
  }));
  storage::View view = rig_.reader().At(*before, storage::Tier::kMayBlock);
  Transaction tx(rig_.keyspace(), view, Transaction::Mode::kRead, rig_.now_ms());
  const KeyName name = Name(tx, "none");
  tx.Notify(EventClass::kKeyMiss, "keymiss", name.generation, name.key);
  EXPECT_EQ(EventsIn(tx), (Events{"keymiss none@0"}));
}

}  // namespace
}  // namespace cordwood::keyspace
