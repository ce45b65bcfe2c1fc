// Indexes of edited lists by ranks: many insertions at one place and pops and pushes at the ends,
// the requests for ranks, and what lists that nobody asks so of do not pay.

#include <gtest/gtest.h>

#include "base/format.h"
#include "keyspace/types/lists.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/rank_build.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

class ListRanksAtScale : public testing::Test {
 protected:
  static KeyName Name(const Transaction& tx) {
    return {.generation = tx.GenerationOf(0), .key = "l"};
  }

  void Do(const KeyspaceRig::Work& work) {
    const Status status = rig_.Execute(work);
    ASSERT_TRUE(status) << status.error().message();
  }
  using ListWork = std::function<Status(List&)>;
  void WithList(const ListWork& work) {
    Do([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      List list(tx, Name(tx), std::move(found));
      return work(list);
    });
  }
  void Push(ListEnd end, const std::vector<std::string>& values) {
    WithList([&](List& list) {
      return list.Push(end, std::vector<std::string_view>(values.begin(), values.end()));
    });
  }
  Result<ObjectPayload> Payload(Transaction& tx) {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
    return ObjectPayload::Decode(found.live()->payload);
  }
  Ranks ranks() {
    Ranks ranks = Ranks::kNone;
    Do([&](Transaction& tx) -> Status {
      CW_ASSIGN(const ObjectPayload object, Payload(tx));
      ranks = object.ranks;
      return {};
    });
    return ranks;
  }
  void Build() {
    for (bool more = true; more;) {
      Do([&](Transaction& tx) -> Status {
        CW_ASSIGN(const ObjectPayload object, Payload(tx));
        const RankRequest request{.generation = tx.GenerationOf(0), .key = "l", .oid = object.oid};
        CW_ASSIGN(const RankBuild built, BuildRanks(tx, request));
        more = built == RankBuild::kMore;
        return {};
      });
    }
    EXPECT_EQ(ranks(), Ranks::kWhole);
  }
  std::string At(uint64_t index) {
    std::string value;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const ObjectPayload object, Payload(tx));
      CW_ASSIGN(const auto subkey, SubkeyByRank(tx, tx.GenerationOf(0), object, index));
      OrderedElements elements(tx, tx.GenerationOf(0), object.oid, kItemSpace);
      CW_ASSIGN(const auto stored, elements.Get({.head = subkey.value_or("")}));
      value = stored.value_or("nothing");
      return {};
    });
    EXPECT_TRUE(status);
    return value;
  }
  /// The same places from both ends, and in the middle.
  template <typename Expected>
  void ExpectElements(uint64_t count, const Expected& expected) {
    for (uint64_t i = 0; i < 10; ++i) {
      EXPECT_EQ(At(i), expected(i));
      EXPECT_EQ(At(count - 1 - i), expected(count - 1 - i));
      EXPECT_EQ(At(count / 11 * i), expected(count / 11 * i));
    }
  }
  /// Inserts beside the pivot. Ranks go when the list is written anew.
  void Insert(List::Side side, uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; i += 100) {
      WithList([&](List& list) -> Status {
        for (uint64_t j = i; j < i + 100; ++j) {
          CW_ASSIGN(const bool inserted, list.Insert(side, "pivot", Format("x{}", j)));
          EXPECT_TRUE(inserted);
        }
        return {};
      });
    }
    if (ranks() != Ranks::kWhole) Build();
  }

  KeyspaceRig rig_{{.keyspace = {.inline_bytes_max = 0}}};
};

TEST_F(ListRanksAtScale, AHundredThousandInsertionsAtOnePlace) {
  constexpr uint64_t kTogether = 10'000;
  const uint64_t many = support::FullRun() ? 100'000 : 20'000;
  Push(ListEnd::kTail, {"a", "pivot", "y", "z"});
  for (uint64_t count = kTogether; count <= many; count += kTogether) {
    Insert(List::Side::kAfter, count - kTogether, count);
    ExpectElements(count + 4, [&](uint64_t i) -> std::string {
      if (i < 2) return i == 0 ? "a" : "pivot";
      if (i >= count + 2) return i == count + 2 ? "y" : "z";
      return Format("x{}", count + 1 - i);
    });
  }
}

TEST_F(ListRanksAtScale, AtTheEnd) {
  Push(ListEnd::kTail, {"a", "pivot"});
  Insert(List::Side::kAfter, 0, 5'000);
  ExpectElements(5'002, [](uint64_t i) -> std::string {
    if (i < 2) return i == 0 ? "a" : "pivot";
    return Format("x{}", 5'001 - i);
  });
}

TEST_F(ListRanksAtScale, AtTheFront) {
  Push(ListEnd::kTail, {"pivot", "z"});
  Insert(List::Side::kBefore, 0, 900);
  ExpectElements(902, [](uint64_t i) -> std::string {
    if (i >= 900) return i == 900 ? "pivot" : "z";
    return Format("x{}", i);
  });
}

TEST_F(ListRanksAtScale, PopsAndPushesKeepThemUp) {
  std::vector<std::string> values;
  for (int i = 0; i < 4'000; ++i) values.push_back(Format("{}", i));
  Push(ListEnd::kTail, values);
  WithList([](List& list) -> Status {
    CW_TRY(list.RemoveEqual("7", ListEnd::kHead, 1));
    return {};
  });
  Build();
  for (int i = 0; i < 3'000; ++i) {
    WithList([](List& list) { return list.Pop(ListEnd::kHead, 1, [](std::string_view) {}); });
    Push(ListEnd::kTail, {Format("{}", 4'000 + i)});
  }
  EXPECT_EQ(ranks(), Ranks::kWhole);
  ExpectElements(3'999, [](uint64_t i) { return Format("{}", 3'001 + i); });
  WithList([](List& list) { return list.Pop(ListEnd::kTail, 3'000, [](std::string_view) {}); });
  ExpectElements(999, [](uint64_t i) { return Format("{}", 3'001 + i); });
}

TEST_F(ListRanksAtScale, AreAskedForByWalksOfMoreThanAThousandSteps) {
  RankRequests& requests = rig_.keyspace().rank_requests();
  const KeyName name{.generation = 1, .key = "l"};
  Do([&](Transaction& tx) -> Status {
    const ObjectPayload unedited{.oid = 5, .count = 9'000, .list = ListSpan()};
    AskForRanksAt(tx, name, unedited, 4'000);
    ObjectPayload edited{.oid = 5, .count = 9'000, .shape = kEdited, .list = ListSpan()};
    AskForRanksAt(tx, name, edited, 1'024);
    AskForRanksAt(tx, name, edited, 9'000 - 1'024);
    edited.ranks = Ranks::kWhole;
    AskForRanksAt(tx, name, edited, 4'000);
    EXPECT_TRUE(requests.empty());
    edited.ranks = Ranks::kBeingBuilt;
    AskForRanksAt(tx, name, edited, 1'025);
    AskForRanksAt(tx, name, edited, 4'000);
    return {};
  });
  ASSERT_FALSE(requests.empty());
  EXPECT_EQ(requests.front(), (RankRequest{.generation = 1, .key = "l", .oid = 5}));
  requests.Pop();
  EXPECT_TRUE(requests.empty()) << "once";
}

TEST_F(ListRanksAtScale, ABuildOfAnotherObjectIsNotWanted) {
  Push(ListEnd::kTail, {"a", "b", "c"});
  const auto build = [&](std::string_view key, Oid more) {
    RankBuild built = RankBuild::kMore;
    Do([&](Transaction& tx) -> Status {
      CW_ASSIGN(const ObjectPayload object, Payload(tx));
      CW_ASSIGN(built, BuildRanks(tx, {.generation = tx.GenerationOf(0),
                                       .key = std::string(key),
                                       .oid = object.oid + more}));
      EXPECT_EQ(tx.has_writes(), built != RankBuild::kNotWanted);
      return {};
    });
    return built;
  };
  EXPECT_EQ(build("l", 0), RankBuild::kNotWanted) << "unedited";
  WithList([](List& list) -> Status {
    CW_TRY(list.Insert(List::Side::kAfter, "a", "x"));
    return {};
  });
  EXPECT_EQ(build("l", 1), RankBuild::kNotWanted) << "of another object";
  EXPECT_EQ(build("other", 0), RankBuild::kNotWanted);
  EXPECT_EQ(build("l", 0), RankBuild::kCounted);
  EXPECT_EQ(build("l", 0), RankBuild::kNotWanted) << "it has them";
}

TEST(RankRequests, AreBoundedAndTakeTurns) {
  RankRequests requests;
  for (Oid oid = 0; oid < 1'000; ++oid) requests.Ask(1, "k", oid);
  EXPECT_EQ(requests.front().oid, 0u);
  requests.Rotate();
  EXPECT_EQ(requests.front().oid, 1u);
  int left = 0;
  for (; !requests.empty(); ++left) requests.Pop();
  EXPECT_EQ(left, 64);
}

}  // namespace
}  // namespace cordwood::keyspace
