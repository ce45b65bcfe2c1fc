// Objects that are written in parts, and what becomes of them when they get no key.

#include "keyspace/types/object_builder.h"

#include <gtest/gtest.h>

#include <set>

#include "base/format.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/range_walk.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

constexpr uint64_t kPartElements = 4;
constexpr uint64_t kAtOnce = KeyspaceOptions::kPartsAtOnce * kPartElements;

/// Gives the work up when it asks for room for its part number `parts`.
class WaiterThatEnds final : public RigWaiter {
 public:
  WaiterThatEnds(KeyspaceRig& rig, uint64_t parts) : RigWaiter(rig), left_(parts) {}
  Status AwaitRoom(uint64_t) override {
    if (left_ == 0) return Fail(ErrorCode::kClosed, "given up");
    --left_;
    return {};
  }

 private:
  uint64_t left_;
};

class Builders : public testing::Test {
 protected:
  Builders() { rig_.keyspace().options().part_elements_max = kPartElements; }

  static KeyName Name(Transaction& tx, std::string_view key) {
    return {.generation = tx.GenerationOf(0), .key = key};
  }

  /// Builds an object of so many elements, and gives it to the key.
  static Status Build(Transaction& tx, std::string_view key, uint64_t elements) {
    ObjectBuilder builder(tx, tx.GenerationOf(0));
    for (uint64_t i = 0; i < elements; ++i) {
      CW_TRY(builder.Put({.head = Format("{:04}", i)}, key, Format(":{}", i)));
    }
    ObjectPayload object{.count = elements};
    object.NoteEntries(builder.entries());
    CW_ASSIGN(object.oid, builder.Finish());
    CW_ASSIGN(const Lookup before, FindKey(tx, Name(tx, key)));
    const Record record{.type = Type::kHash, .form = Form::kElements, .payload = object.Encode()};
    return PutRecord(tx, Name(tx, key), before, record);
  }

  /// What the key's object holds; nothing if there is no key.
  std::optional<std::vector<std::string>> Elements(std::string_view key) {
    std::optional<std::vector<std::string>> elements;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      if (found.live() == nullptr) return {};
      CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
      OrderedElements all(tx, Name(tx, key).generation, object.oid, kItemSpace);
      elements.emplace();
      OrderedElements::Walk walk(all);
      for (walk.SeekToFirst(); walk.Valid(); walk.Next()) {
        elements->push_back(Format("{}={}", walk.subkey(), walk.value()));
      }
      return walk.status();
    });
    EXPECT_TRUE(status);
    return elements;
  }
  static std::vector<std::string> Expected(std::string_view key, uint64_t elements) {
    std::vector<std::string> expected;
    for (uint64_t i = 0; i < elements; ++i) expected.push_back(Format("{:04}={}:{}", i, key, i));
    return expected;
  }

  uint64_t given_up() { return rig_.keyspace().pending_objects().given_up(); }
  void DropGivenUp() { rig_.keyspace().pending_objects().DropGivenUp(rig_.store()); }
  uint64_t EntriesOnDisk() {
    rig_.Compact();
    return rig_.store().Stats().entries_on_disk;
  }

  KeyspaceRig rig_;
};

TEST_F(Builders, ASmallObjectIsPartOfItsTransaction) {
  const storage::Seq before = rig_.store().last_seq();
  ASSERT_TRUE(rig_.Execute([](Transaction& tx) { return Build(tx, "k", kAtOnce); }));
  EXPECT_EQ(Elements("k"), Expected("k", kAtOnce));
  // Elements, the record and its owner marker, counters of keys and objects.
  EXPECT_EQ(rig_.store().last_seq() - before, kAtOnce + 4);
}

TEST_F(Builders, ALargeOneTakesATransactionThatWaits) {
  storage::View view = rig_.reader().Newest(storage::Tier::kCacheOnly);
  Transaction tx(rig_.keyspace(), view, Transaction::Mode::kExecute, rig_.now_ms());
  const Status status = Build(tx, "k", kAtOnce + 1);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kLong);
  EXPECT_EQ(rig_.store().last_seq(), 0u);
}

TEST_F(Builders, ALargeOneIsThereWhenItsTransactionIsCommitted) {
  ASSERT_TRUE(rig_.Execute([](Transaction& tx) { return Build(tx, "k", 50); }));
  EXPECT_EQ(Elements("k"), Expected("k", 50));
  rig_.Reopen();
  EXPECT_EQ(given_up(), 0u);
  EXPECT_EQ(Elements("k"), Expected("k", 50));
  EXPECT_EQ(EntriesOnDisk(), 52u) << "elements, record, marker";
}

TEST_F(Builders, PartsAreBoundedByBytesToo) {
  rig_.keyspace().options().part_elements_max = 1000;
  rig_.keyspace().options().part_bytes_max = 30;
  RigWaiter waiter(rig_);
  const storage::Seq before = rig_.store().last_seq();
  ASSERT_TRUE(rig_.ExecuteWaiting(
      [&](Transaction& tx) -> Status {
        CW_TRY(Build(tx, "k", 50));
        EXPECT_GT(rig_.store().last_seq() - before, 40u) << "most of it was written apart";
        return {};
      },
      waiter));
  EXPECT_EQ(Elements("k"), Expected("k", 50));
}

TEST_F(Builders, OneThatIsGivenUpIsDropped) {
  for (uint64_t parts = 0; parts < 50 / (kPartElements + 1); ++parts) {
    WaiterThatEnds waiter(rig_, parts);
    const auto build = [](Transaction& tx) { return Build(tx, "k", 50); };
    EXPECT_FALSE(rig_.ExecuteWaiting(build, waiter));
    EXPECT_EQ(given_up(), parts == 0 ? 0u : 1u) << parts;
    DropGivenUp();
    EXPECT_EQ(given_up(), 0u);
    EXPECT_EQ(EntriesOnDisk(), 0u) << parts;
  }
}

// Whatever the last part was that a power loss left, a start finds the object and drops it; one
// that was committed stays.
TEST(BuildersAndPowerLoss, LeaveAllOrNothing) {
  uint64_t dropped = 0;
  uint64_t whole = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    KeyspaceRig rig({.seed = seed});
    rig.keyspace().options().part_elements_max = kPartElements;
    ASSERT_TRUE(rig.Execute([](Transaction& tx) -> Status {
      return SetString(tx, {.generation = tx.GenerationOf(0), .key = "other"}, "v", std::nullopt);
    }));
    rig.Settle();
    const uint64_t elements = 20;
    // Beyond all parts: it is committed.
    WaiterThatEnds waiter(rig, seed % 8);
    const auto build = [&](Transaction& tx) -> Status {
      ObjectBuilder builder(tx, tx.GenerationOf(0));
      for (uint64_t i = 0; i < elements; ++i) {
        CW_TRY(builder.Put({.head = Format("{:04}", i)}, "v"));
        rig.store().Kick();
      }
      ObjectPayload object{.count = elements, .entries = ObjectPayload::kManyEntries};
      CW_ASSIGN(object.oid, builder.Finish());
      const Record record{.type = Type::kHash, .form = Form::kElements, .payload = object.Encode()};
      return PutRecord(tx, {.generation = tx.GenerationOf(0), .key = "k"}, {}, record);
    };
    const bool committed = rig.ExecuteWaiting(build, waiter).has_value();
    if (seed % 3 == 0) rig.Settle();
    rig.LosePower(seed);
    const uint64_t pending = rig.keyspace().pending_objects().given_up();
    rig.keyspace().pending_objects().DropGivenUp(rig.store());
    std::optional<uint64_t> found;
    ASSERT_TRUE(rig.Read([&](Transaction& tx) -> Status {
      const KeyName name{.generation = tx.GenerationOf(0), .key = "k"};
      CW_ASSIGN(const Lookup lookup, FindKey(tx, name));
      if (lookup.live() == nullptr) return {};
      CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(lookup.live()->payload));
      OrderedElements all(tx, name.generation, object.oid, kItemSpace);
      found = 0;
      OrderedElements::Walk walk(all);
      for (walk.SeekToFirst(); walk.Valid(); walk.Next()) ++*found;
      return walk.status();
    }));
    EXPECT_TRUE(!found || *found == elements);
    EXPECT_TRUE(found || !committed || seed % 3 != 0);
    EXPECT_TRUE(!found || pending == 0);
    rig.Compact();
    EXPECT_EQ(rig.store().Stats().entries_on_disk, found ? elements + 3 : 1);
    dropped += pending;
    whole += found ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GT(dropped, 20u);
  EXPECT_GT(whole, 20u);
}

// The numbers that a transaction hands out are those of its batch, unless it writes apart before.
TEST_F(Builders, NumbersAreHandedOutOnce) {
  RigWaiter waiter(rig_);
  std::set<Oid> oids;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(rig_.ExecuteWaiting(
        [&](Transaction& tx) -> Status {
          CW_TRY(Build(tx, Format("small{}", round), 1));
          EXPECT_TRUE(oids.insert(tx.NewOid()).second);
          CW_TRY(Build(tx, Format("large{}", round), 50));
          EXPECT_TRUE(oids.insert(tx.NewOid()).second);
          return Build(tx, Format("tiny{}", round), 2);
        },
        waiter));
  }
  for (int round = 0; round < 3; ++round) {
    for (const auto& [kind, count] : {std::pair("small", 1), {"large", 50}, {"tiny", 2}}) {
      const std::string key = Format("{}{}", kind, round);
      EXPECT_EQ(Elements(key), Expected(key, static_cast<uint64_t>(count)));
    }
  }
  EXPECT_EQ(EntriesOnDisk(), 3u * (53 + 3 * 2));
}

TEST_F(Builders, WithAGuardNothingIsWrittenWithoutRoomAndEveryNumberIsSpentAtOnce) {
  NoGuard guard;
  struct CountingWaiter final : RigWaiter {
    using RigWaiter::RigWaiter;
    Status AwaitRoom(uint64_t) override {
      ++asked;
      return {};
    }
    int asked = 0;
  } waiter(rig_);
  storage::View view = rig_.reader().Newest(storage::Tier::kCacheOnly);
  Transaction tx(rig_.keyspace(), view, Transaction::Mode::kExecute, rig_.now_ms());
  tx.WaitWith(waiter);
  tx.GuardReads(guard);
  ASSERT_TRUE(Build(tx, "mine", 2));
  EXPECT_EQ(waiter.asked, 1) << "an owner may have numbers that are not spent";
  view.Rest();
  ASSERT_TRUE(rig_.Execute([](Transaction& other) { return Build(other, "other", 3); }));
  view.Renew();
  ASSERT_TRUE(Build(tx, "again", 2));
  ASSERT_TRUE(tx.Commit());
  rig_.store().Kick();
  view.Rest();
  EXPECT_EQ(Elements("mine"), Expected("mine", 2));
  EXPECT_EQ(Elements("other"), Expected("other", 3));
  EXPECT_EQ(Elements("again"), Expected("again", 2));
}

// The number of a part that was not written is the next one's: nothing may be dropped under it.
TEST_F(Builders, AFirstPartThatIsRefusedLeavesNothingToDrop) {
  RigWaiter waiter(rig_);
  const Status status = rig_.ExecuteWaiting(
      [&](Transaction& tx) -> Status {
        ObjectBuilder builder(tx, tx.GenerationOf(0));
        const std::string too_long(storage::kKeyBytesMax + 1, 'x');
        CW_TRY(builder.Put({.head = too_long}, "v"));
        for (uint64_t i = 0; i < 10; ++i) CW_TRY(builder.Put({.head = Format("{}", i)}, "v"));
        return {};
      },
      waiter);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(given_up(), 0u);
  ASSERT_TRUE(rig_.Execute([](Transaction& tx) { return Build(tx, "k", 50); }));
  DropGivenUp();
  EXPECT_EQ(Elements("k"), Expected("k", 50));
}

}  // namespace
}  // namespace cordwood::keyspace
