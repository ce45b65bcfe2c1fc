#include "keyspace/types/ordered_elements.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

constexpr Generation kOrderedGeneration = 3;
constexpr Oid kOrderedObject = 77;
using Subkeys = std::map<std::string, std::string, std::less<>>;

OrderedElements OpenOrdered(Transaction& tx, uint8_t space = 2, Oid oid = kOrderedObject) {
  return {tx, kOrderedGeneration, oid, space};
}

/// Another object and the other spaces lie close by.
Status PutNeighbours(Transaction& tx) {
  for (const auto& [space, oid] :
       {std::pair<uint8_t, Oid>{1, kOrderedObject}, {3, kOrderedObject}, {2, 76}}) {
    for (int i = 0; i < 3; ++i)
      OpenOrdered(tx, space, oid).Put({.head = Format("n{}", i)}, "neighbour");
  }
  return {};
}

TEST(OrderedElements, AreFoundFromEitherSide) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute(PutNeighbours));
  const auto check = [](Transaction& tx) -> Status {
    OrderedElements elements = OpenOrdered(tx);
    OrderedElements::Walk walk(elements);
    const auto at = [&] { return walk.Valid() ? std::string(walk.subkey()) : "none"; };
    walk.SeekToFirst();
    CW_TRY(walk.status());
    EXPECT_EQ(at(), "b");
    walk.Prev();
    EXPECT_EQ(at(), "none");
    walk.SeekToLast();
    CW_TRY(walk.status());
    EXPECT_EQ(at(), "f");
    walk.Next();
    EXPECT_EQ(at(), "none");
    for (const auto& [sought, or_after, or_before, before] : {std::tuple("a", "b", "none", "none"),
                                                              {"b", "b", "b", "none"},
                                                              {"c", "d", "b", "b"},
                                                              {"d", "d", "d", "b"},
                                                              {"f", "f", "f", "d"},
                                                              {"g", "none", "f", "f"}}) {
      walk.SeekTo(sought);
      CW_TRY(walk.status());
      EXPECT_EQ(at(), or_after) << sought;
      walk.SeekAtOrBefore(sought);
      CW_TRY(walk.status());
      EXPECT_EQ(at(), or_before) << sought;
      walk.SeekBefore(sought);
      CW_TRY(walk.status());
      EXPECT_EQ(at(), before) << sought;
    }
    return {};
  };
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    OrderedElements elements = OpenOrdered(tx);
    for (const char* subkey : {"b", "d", "e", "f"}) elements.Put({.head = subkey}, "1");
    elements.Delete({.head = "e"});
    return check(tx);
  }));
  ASSERT_TRUE(rig.Execute(check));
  rig.Compact();
  ASSERT_TRUE(rig.Read(check));
}

TEST(OrderedElements, AreReadReplacedAndDeleted) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([](Transaction& tx) -> Status {
    OrderedElements elements = OpenOrdered(tx);
    CW_ASSIGN(const bool first, elements.Replace({.head = "x", .tail = "y"}, "head", "tail"));
    CW_ASSIGN(const bool second, elements.Replace({.head = "xy"}, "new"));
    EXPECT_FALSE(first);
    EXPECT_TRUE(second);
    return {};
  }));
  ASSERT_TRUE(rig.Execute([](Transaction& tx) -> Status {
    OrderedElements elements = OpenOrdered(tx);
    CW_ASSIGN(const auto value, elements.Get({.head = "x", .tail = "y"}));
    EXPECT_EQ(value, "new");
    elements.Delete({.head = "x", .tail = "y"});
    CW_ASSIGN(const auto gone, elements.Get({.head = "xy"}));
    EXPECT_FALSE(gone);
    return {};
  }));
}

/// Goes through everything at or after `from` in pieces, each with so small a budget.
Result<std::vector<std::string>> InPieces(Transaction& tx, bool forwards, std::string from,
                                          uint64_t budget) {
  std::vector<std::string> met;
  for (int pieces = 0; pieces < 10'000; ++pieces) {
    OrderedElements elements = OpenOrdered(tx);
    OrderedElements::Walk walk(elements);
    walk.SetBudget(budget);
    if (forwards) {
      walk.SeekTo(from);
    } else {
      walk.SeekBefore(from);
    }
    // Sometimes it is left at an element, as a slice is that is full.
    for (uint64_t left = 1 + budget % 3; walk.Valid() && left > 0; --left) {
      met.emplace_back(walk.subkey());
      forwards ? walk.Next() : walk.Prev();
    }
    if (!walk.Valid() && walk.status()) return met;
    if (!walk.Valid() && walk.status().error().code() == ErrorCode::kCold) {
      return std::unexpected(walk.status().error());
    }
    from = forwards ? walk.position() : walk.back_position();
  }
  ADD_FAILURE() << "it does not get on";
  return met;
}

/// Elements with many versions in a memtable and some tables, against maps.
class OrderedModel {
 public:
  explicit OrderedModel(uint64_t seed) : random_(seed), rig_(Options(seed)) {
    EXPECT_TRUE(rig_.Execute(PutNeighbours));
  }

  void Step() {
    switch (random_.Below(6)) {
      case 0:
        if (states_.size() == 4) states_.erase(states_.begin() + 1);
        rig_.Settle();
        states_.push_back({now_, rig_.store().TakeSnapshot()});
        break;
      case 1:
        if (random_.OneIn(6)) rig_.Compact();
        break;
      case 2:
        Check(random_.Below(states_.size()));
        break;
      default:
        Write();
    }
  }

 private:
  struct State {
    Subkeys elements;
    std::unique_ptr<storage::Snapshot> snapshot;
  };

  static RigOptions Options(uint64_t seed) {
    RigOptions options;
    options.seed = seed;
    options.store.memtable_bytes = 8 << 10;
    return options;
  }

  /// In one transaction: some here and there, or a stretch. It looks at them before it commits.
  void Write() {
    const bool is_stretch = random_.OneIn(3);
    const bool deletes = random_.OneIn(2);
    const uint64_t begin = random_.Below(300);
    const uint64_t count = random_.Below(is_stretch ? 150 : 12);
    const uint64_t seed = random_.Next();
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      Random random(seed);
      OrderedElements elements = OpenOrdered(tx);
      Subkeys now = now_;
      for (uint64_t i = 0; i < count; ++i) {
        const std::string subkey =
            Format("s{:03}", is_stretch ? (begin + i) % 300 : random.Below(300));
        if (deletes || (!is_stretch && random.OneIn(3))) {
          elements.Delete({.head = subkey});
          now.erase(subkey);
        } else {
          now[subkey] = Format("{}", random.Below(1000));
          elements.Put({.head = subkey}, now[subkey]);
        }
      }
      CW_TRY(WalkAround(tx, now, random));
      now_ = std::move(now);
      return {};
    });
    ASSERT_TRUE(status) << status.error().message();
  }

  /// State 0 is the newest one.
  void Check(size_t which) {
    const Subkeys& expected = which == 0 ? now_ : states_[which].elements;
    const uint64_t seed = random_.Next();
    for (int reruns = 0;; ++reruns) {
      std::vector<storage::BlockRef> missing;
      {
        const storage::Tier tier = KeyspaceRig::TierFor(reruns);
        storage::View view = which == 0 ? rig_.reader().Newest(tier)
                                        : rig_.reader().At(*states_[which].snapshot, tier);
        Transaction tx(rig_.keyspace(), view,
                       which == 0 ? Transaction::Mode::kExecute : Transaction::Mode::kRead, 0);
        Random random(seed);
        const Status status = WalkAround(tx, expected, random);
        if (status || testing::Test::HasFatalFailure()) return;
        ASSERT_EQ(status.error().code(), ErrorCode::kCold) << status.error().message();
        missing = view.missing();
      }
      rig_.FetchCold(std::move(missing));
    }
  }

  static Status WalkAround(Transaction& tx, const Subkeys& expected, Random& random) {
    OrderedElements elements = OpenOrdered(tx);
    OrderedElements::Walk walk(elements);
    auto at = expected.begin();
    walk.SeekToFirst();
    const uint64_t ahead = random.Below(5);
    for (int step = 0; step < 120; ++step) {
      CW_TRY(walk.status());
      EXPECT_EQ(walk.Valid(), at != expected.end());
      if (walk.Valid() != (at != expected.end())) return {};
      if (walk.Valid()) {
        EXPECT_EQ(walk.subkey(), at->first);
        EXPECT_EQ(walk.value(), at->second);
      }
      if (!walk.Valid() || random.OneIn(10)) {
        at = Seek(walk, expected, Format("s{:03}", random.Below(300)), random);
      } else if (random.Below(5) <= ahead) {
        walk.Next();
        ++at;
      } else {
        walk.Prev();
        at = at == expected.begin() ? expected.end() : std::prev(at);
      }
    }
    return CheckPieces(tx, expected, Format("s{:03}", random.Below(300)), random.Below(8));
  }

  static Subkeys::const_iterator Seek(OrderedElements::Walk& walk, const Subkeys& expected,
                                      const std::string& subkey, Random& random) {
    const auto before = [&](Subkeys::const_iterator behind) {
      return behind == expected.begin() ? expected.end() : std::prev(behind);
    };
    switch (random.Below(5)) {
      case 0:
        walk.SeekToLast();
        return before(expected.end());
      case 1:
        walk.SeekToFirst();
        return expected.begin();
      case 2:
        walk.SeekBefore(subkey);
        return before(expected.lower_bound(subkey));
      case 3:
        walk.SeekAtOrBefore(subkey);
        return before(expected.upper_bound(subkey));
      default:
        walk.SeekTo(subkey);
        return expected.lower_bound(subkey);
    }
  }

  static Status CheckPieces(Transaction& tx, const Subkeys& expected, const std::string& from,
                            uint64_t budget) {
    std::vector<std::string> ahead;
    std::vector<std::string> back;
    for (const auto& [subkey, value] : expected) {
      if (subkey >= from) ahead.push_back(subkey);
      if (subkey < from) back.insert(back.begin(), subkey);
    }
    CW_ASSIGN(const std::vector<std::string> forwards, InPieces(tx, true, from, budget));
    EXPECT_EQ(forwards, ahead);
    CW_ASSIGN(const std::vector<std::string> backwards, InPieces(tx, false, from, budget));
    EXPECT_EQ(backwards, back);
    return {};
  }

  Random random_;
  KeyspaceRig rig_;
  Subkeys now_;
  std::vector<State> states_ = std::vector<State>(1);
};

TEST(OrderedElements, AgreeWithAMapAtEveryState) {
  for (const uint64_t seed : support::Seeds(10, 2'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    OrderedModel model(seed);
    for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) model.Step();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace cordwood::keyspace
