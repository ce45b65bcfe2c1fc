#include "keyspace/types/lists.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/copy.h"
#include "keyspace/types/object_reader.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

constexpr std::string_view kListKey = "l";
using ListTexts = std::vector<std::string>;

class Lists : public testing::Test {
 protected:
  Lists() : rig_({.keyspace = {.inline_bytes_max = 0}}) {}

  static KeyName Name(Transaction& tx) {
    return {.generation = tx.GenerationOf(0), .key = kListKey};
  }

  void With(const std::function<Status(List&)>& work) {
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      List list(tx, Name(tx), std::move(found));
      return work(list);
    });
    ASSERT_TRUE(status) << status.error().message();
  }

  void Push(ListEnd end, const ListTexts& values) {
    With([&](List& list) {
      return list.Push(end, std::vector<std::string_view>(values.begin(), values.end()));
    });
  }
  ListTexts Pop(ListEnd end, uint64_t count) {
    ListTexts popped;
    With([&](List& list) {
      popped.clear();
      return list.Pop(end, count, [&](std::string_view value) { popped.emplace_back(value); });
    });
    return popped;
  }

  uint64_t RemoveEqual(std::string_view value, ListEnd from = ListEnd::kHead,
                       uint64_t most = UINT64_MAX) {
    uint64_t removed = 0;
    With([&](List& list) -> Status {
      CW_ASSIGN(removed, list.RemoveEqual(value, from, most));
      return {};
    });
    return removed;
  }
  bool Insert(List::Side side, std::string_view pivot, std::string_view value) {
    bool inserted = false;
    With([&](List& list) -> Status {
      CW_ASSIGN(inserted, list.Insert(side, pivot, value));
      return {};
    });
    return inserted;
  }
  void Set(uint64_t index, std::string_view value) {
    With([&](List& list) { return list.Set(index, value); });
  }

  ListTexts All() {
    ListTexts all;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      ObjectReader reader(tx, Name(tx).generation, *found.live());
      all.clear();
      for (;;) {
        CW_ASSIGN(const auto read, reader.Next());
        if (!read) return {};
        all.emplace_back(read->item.value);
      }
    });
    EXPECT_TRUE(status) << status.error().message();
    return all;
  }
  bool IsEdited() { return (Object().shape & kEdited) != 0; }

  /// Nothing of it if the list lies inline.
  ObjectPayload Object() {
    ObjectPayload object;
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      if (!found.live()->owns_object()) return {};
      CW_ASSIGN(object, ObjectPayload::Decode(found.live()->payload));
      return {};
    });
    EXPECT_TRUE(status);
    return object;
  }

  /// Store keys under the oid that exist, and what a walk over them steps over.
  struct Under {
    uint64_t keys = 0;
    uint64_t stepped = 0;
  };
  Under KeysUnder(Oid oid) {
    Under under;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      const std::string prefix = ElementPrefix(tx.GenerationOf(0), oid);
      RangeWalk walk(tx, prefix, PrefixEnd(prefix));
      for (walk.Seek(prefix); walk.Valid(); walk.Next()) ++under.keys;
      under.stepped = walk.stepped();
      return walk.status();
    });
    EXPECT_TRUE(status);
    return under;
  }

  /// What a walk over the whole list steps over that is no element.
  uint64_t StepsOverAll(ListEnd from) {
    uint64_t stepped = 0;
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
      ListWalk walk(tx, tx.GenerationOf(0), object, from);
      for (uint64_t met = 0;; ++met) {
        CW_ASSIGN(const auto element, walk.Next());
        if (element) continue;
        EXPECT_EQ(met, object.count);
        stepped = walk.stepped();
        return {};
      }
    });
    EXPECT_TRUE(status);
    return stepped;
  }

  KeyspaceRig rig_;
};

TEST_F(Lists, PopsDeleteNothingAndRangesCoverWhatTheyLeave) {
  for (int i = 0; i < 300; ++i) Push(ListEnd::kTail, {"v"});
  const ObjectPayload full = Object();
  for (int i = 0; i < 255; ++i) Pop(ListEnd::kHead, 1);
  EXPECT_EQ(Object().list->cleared, full.list->head);
  EXPECT_EQ(Object().list->head, full.list->head + 255);
  Pop(ListEnd::kHead, 1);
  EXPECT_EQ(Object().list->cleared, full.list->head + 256);
  Pop(ListEnd::kHead, 43);
  EXPECT_EQ(Object().count, 1u);
  rig_.Compact();
  EXPECT_EQ(KeysUnder(full.oid).keys, 44u) << "what no range covers, and the element";
}

TEST_F(Lists, PushesAndPopsTakeAConstantNumberOfSteps) {
  Push(ListEnd::kHead, {"first", "second"});
  const Oid oid = Object().oid;
  for (int i = 0; i < 100'000; ++i) {
    Push(ListEnd::kHead, {"v"});
    if (Pop(ListEnd::kTail, 1).size() != 1) break;
  }
  for (const ListEnd end : {ListEnd::kHead, ListEnd::kTail}) EXPECT_LE(StepsOverAll(end), 8u);
  EXPECT_EQ(Object().oid, oid);
}

TEST_F(Lists, AStackAtABoundaryWritesOneRangeInManyPops) {
  for (int i = 0; i < 256; ++i) Push(ListEnd::kHead, {"v"});
  Push(ListEnd::kTail, {"last"});
  const uint64_t head = Object().list->head;
  Pop(ListEnd::kHead, 255);
  for (int i = 0; i < 1000; ++i) {
    Pop(ListEnd::kHead, 1);
    EXPECT_EQ(Object().list->cleared, i == 0 ? head + 256 : head + 255);
    Push(ListEnd::kHead, {"again"});
    if (testing::Test::HasFailure()) return;
  }
}

TEST_F(Lists, NothingIsLeftOfOneThatWasPoppedFromAndDeleted) {
  for (int i = 0; i < 200; ++i) Push(ListEnd::kTail, {Format("{}", i)});
  Pop(ListEnd::kHead, 100);
  Pop(ListEnd::kTail, 99);
  const Oid oid = Object().oid;
  With([&](List& list) { return list.Trim(0, 0); });
  rig_.Compact();
  EXPECT_EQ(KeysUnder(oid).keys, 0u);
  // A small one is deleted element by element, what lies around its bounds included.
  Push(ListEnd::kTail, {"a", "b", "c"});
  Pop(ListEnd::kHead, 1);
  const Oid small = Object().oid;
  Pop(ListEnd::kHead, 2);
  EXPECT_EQ(KeysUnder(small).keys, 0u);
}

TEST_F(Lists, TheElementsThatWerePoppedAreNotCopied) {
  Push(ListEnd::kTail, ListTexts(2000, "v"));
  Pop(ListEnd::kHead, 1990);
  Oid copied = 0;
  const Status status = rig_.Execute([&](Transaction& tx) -> Status {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
    const Generation generation = Name(tx).generation;
    CW_ASSIGN(const Record copy, CopyRecord(tx, generation, *found.live(), generation));
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(copy.payload));
    EXPECT_EQ(object.list->cleared, object.list->head);
    EXPECT_EQ(object.entries, 10);
    copied = object.oid;
    return PutRecord(tx, {.generation = generation, .key = "copy"}, {}, copy);
  });
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(KeysUnder(copied).keys, 10u);
}

TEST_F(Lists, AreListpacksAgainAtHalfOfTheLimit) {
  rig_.keyspace().options().list_listpack_size = 4;
  const auto is_beyond = [&] { return (Object().shape & kBeyondListpack) != 0; };
  Push(ListEnd::kTail, {"a", "b", "c", "d"});
  EXPECT_FALSE(is_beyond());
  Push(ListEnd::kHead, {"e"});
  EXPECT_TRUE(is_beyond());
  Pop(ListEnd::kTail, 2);
  EXPECT_TRUE(is_beyond());
  RemoveEqual("e");
  EXPECT_FALSE(is_beyond());
}

// A trim of thousands does not look at them; once few are left they are counted.
TEST_F(Lists, TrimsOfManyCountWhatIsLeftLater) {
  Push(ListEnd::kTail, ListTexts(8000, std::string(10, 'v')));
  EXPECT_EQ(Object().list->packed_bytes, 8000 * 12u);
  With([&](List& list) { return list.Trim(1000, 4000); });
  EXPECT_EQ(Object().list->packed_bytes, std::nullopt);
  EXPECT_EQ(Object().count, 4000u);
  Pop(ListEnd::kHead, 100);
  EXPECT_EQ(Object().list->packed_bytes, std::nullopt);
  With([&](List& list) { return list.Trim(0, 500); });
  EXPECT_EQ(Object().list->packed_bytes, 500 * 12u);
  EXPECT_NE(Object().shape & kBeyondListpack, 0);
  With([&](List& list) { return list.Trim(200, 300); });
  EXPECT_EQ(Object().shape & kBeyondListpack, 0);
}

// So they go on while the disk is full.
TEST_F(Lists, WhatTakesAwayOnlyTakesAway) {
  const auto frees = [&](const std::function<Status(List&)>& work) {
    bool only_frees = false;
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      List list(tx, Name(tx), std::move(found));
      CW_TRY(work(list));
      only_frees = tx.has_writes() && tx.frees();
      return {};
    });
    EXPECT_TRUE(status);
    return only_frees;
  };
  for (const uint64_t inline_bytes : {0, 512}) {
    rig_.keyspace().options().inline_bytes_max = inline_bytes;
    Push(ListEnd::kTail, {"a", "b", "c", "d", "e", "f", "g"});
    EXPECT_TRUE(frees([](List& list) { return list.Pop(ListEnd::kHead, 1, [](auto) {}); }));
    EXPECT_TRUE(frees([](List& list) -> Status {
      CW_ASSIGN(const uint64_t removed, list.RemoveEqual("d", ListEnd::kHead, 1));
      EXPECT_EQ(removed, 1u);
      return {};
    }));
    EXPECT_TRUE(frees([](List& list) { return list.Trim(1, 3); }));
    EXPECT_FALSE(frees([](List& list) { return list.Set(0, "x"); }));
    EXPECT_TRUE(frees([](List& list) { return list.Pop(ListEnd::kTail, 9, [](auto) {}); }));
  }
}

// --- edited ones ---

TEST_F(Lists, WhatLremTakesFromTheEndsIsPopped) {
  Push(ListEnd::kTail, {"a", "b", "c", "d", "a"});
  EXPECT_EQ(RemoveEqual("a"), 2u);
  EXPECT_FALSE(IsEdited());
  EXPECT_EQ(RemoveEqual("b"), 1u);
  EXPECT_FALSE(IsEdited());
  Push(ListEnd::kHead, {"e"});
  EXPECT_EQ(RemoveEqual("c"), 1u);
  EXPECT_TRUE(IsEdited());
  EXPECT_EQ(All(), (ListTexts{"e", "d"}));
  EXPECT_EQ(Pop(ListEnd::kHead, 1), ListTexts{"e"});
  EXPECT_EQ(Object().list->head + 1, Object().list->tail) << "past what is gone";
}

TEST_F(Lists, WhatWasTrimmedFromAnEditedOneStaysGoneWhenItGrowsBack) {
  Push(ListEnd::kTail, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  ASSERT_TRUE(Insert(List::Side::kAfter, "4", "between"));
  With([&](List& list) { return list.Trim(7, 4); });
  EXPECT_EQ(All(), (ListTexts{"6", "7", "8", "9"}));
  for (int i = 0; i < 8; ++i) Push(ListEnd::kHead, {"new"});
  const ListTexts expected = {"new", "new", "new", "new", "new", "new",
                              "new", "new", "6",   "7",   "8",   "9"};
  EXPECT_EQ(All(), expected);
  rig_.Compact();
  EXPECT_EQ(All(), expected);
}

TEST_F(Lists, InsertsAtOnePlaceKeepTheirOrderHoweverMany) {
  Push(ListEnd::kTail, {"first", "last"});
  const int inserts = support::FullRun() ? 100'000 : 40'000;
  for (int i = 0; i < inserts; ++i) {
    ASSERT_TRUE(Insert(List::Side::kAfter, "first", Format("{}", i)));
    if (i == inserts / 2) Set(1, "set");
  }
  const ListTexts all = All();
  ASSERT_EQ(all.size(), static_cast<size_t>(inserts) + 2);
  EXPECT_EQ(all.front(), "first");
  EXPECT_EQ(all.back(), "last");
  for (int i = 0; i < inserts; ++i) {
    const std::string expected = i == inserts / 2 ? "set" : Format("{}", i);
    ASSERT_EQ(all[static_cast<size_t>(inserts - i)], expected);
  }
}

// A merge may take the tombstones of what was popped long before it takes what these hide.
TEST_F(Lists, WhatWasInsertedAndPoppedStaysGoneWhenTheHeadComesBack) {
  const auto many = [](int count) { return ListTexts(static_cast<size_t>(count), "v"); };
  const auto flush = [this] {
    ASSERT_TRUE(rig_.Execute([](Transaction& tx) -> Status {
      for (int i = 0; i < 300; ++i) tx.Put(Format("\1\2filler{}", i), std::string(1024, 'x'));
      return {};
    }));
    rig_.Settle();
  };
  Push(ListEnd::kTail, {"first"});
  Push(ListEnd::kTail, many(1000));
  ASSERT_TRUE(Insert(List::Side::kAfter, "first", "ghost"));
  rig_.Compact();
  for (int round = 0; round < 2; ++round) {
    Pop(ListEnd::kHead, 400);
    Push(ListEnd::kHead, many(400));
  }
  Pop(ListEnd::kHead, 400);
  flush();
  EXPECT_EQ(All(), many(602));
  Push(ListEnd::kHead, many(400));
  EXPECT_EQ(All(), many(1002));
}

TEST_F(Lists, InsertsAtTheEndsArePushes) {
  Push(ListEnd::kTail, {"first", "last"});
  ASSERT_TRUE(Insert(List::Side::kBefore, "first", "before"));
  ASSERT_TRUE(Insert(List::Side::kAfter, "last", "behind"));
  EXPECT_FALSE(IsEdited());
  EXPECT_FALSE(Insert(List::Side::kAfter, "none", "x"));
  EXPECT_EQ(All(), (ListTexts{"before", "first", "last", "behind"}));
}

// LMOVE in, LREM out: a reliable queue of a few hundred, one of which is never done.
TEST_F(Lists, AQueueThatIsLeftThroughItsMiddleDoesNotGrow) {
  const auto id = [](int i) { return Format("{:036}", i); };
  for (int i = 0; i < 200; ++i) Push(ListEnd::kHead, {id(i)});
  uint64_t longest = 0;
  uint64_t most_steps = 0;
  for (int i = 200; i < 6000; ++i) {
    Push(ListEnd::kHead, {id(i)});
    ASSERT_EQ(RemoveEqual(id(i - 199), ListEnd::kTail, 1), 1u);
    const ListSpan span = *Object().list;
    longest = std::max(longest, span.tail - span.head);
    if (i % 500 == 0) most_steps = std::max(most_steps, StepsOverAll(ListEnd::kTail));
  }
  EXPECT_EQ(Object().count, 200u);
  EXPECT_LE(longest, 8 * 200u + 1024u + 1u);
  EXPECT_LE(most_steps, 2 * longest);
}

TEST_F(Lists, ASparseOneOfAFewBytesComesBackInline) {
  rig_.keyspace().options().inline_bytes_max = 512;
  Push(ListEnd::kTail, {std::string(300, 'a'), std::string(300, 'b'), "stays"});
  for (int i = 0; i < 1200 && Object().oid != 0; ++i) {
    Push(ListEnd::kTail, {Format("{}", i)});
    if (i > 0) RemoveEqual(Format("{}", i - 1));
    if (i == 1) {
      Pop(ListEnd::kHead, 2);
    }
  }
  bool in_elements = true;
  With([&](List& list) -> Status {
    in_elements = list.in_elements();
    return {};
  });
  EXPECT_FALSE(in_elements);
  EXPECT_EQ(All().front(), "stays");
}

TEST_F(Lists, ThousandsAreRemovedByWritingWhatStays) {
  ListTexts values;
  for (int i = 0; i < 24'000; ++i) values.push_back(i % 4 == 0 ? Format("{}", i) : "many");
  Push(ListEnd::kTail, values);
  Oid before = Object().oid;
  EXPECT_EQ(RemoveEqual("many", ListEnd::kTail, 16'000), 16'000u);
  EXPECT_NE(Object().oid, before);
  EXPECT_FALSE(IsEdited());
  int kept = 2000;
  std::erase_if(values, [&](const std::string& value) { return value == "many" && kept-- <= 0; });
  EXPECT_EQ(All(), values);
  rig_.Compact();
  EXPECT_EQ(KeysUnder(before).keys, 0u);
  // Pops of thousands from one that is edited.
  Push(ListEnd::kHead, ListTexts(10'000, "new"));
  ASSERT_TRUE(Insert(List::Side::kAfter, "12000", "x"));
  ASSERT_TRUE(IsEdited());
  before = Object().oid;
  EXPECT_EQ(Pop(ListEnd::kHead, 10'000), ListTexts(10'000, "new"));
  EXPECT_FALSE(IsEdited());
  EXPECT_EQ(All().size(), 8001u);
  rig_.Compact();
  EXPECT_EQ(KeysUnder(before).keys, 0u);
}

TEST_F(Lists, ThousandsAreDeletedIfMoreStay) {
  ListTexts values;
  for (int i = 0; i < 40'000; ++i) values.push_back(i % 4 == 0 ? "some" : Format("{}", i));
  Push(ListEnd::kTail, values);
  const Oid before = Object().oid;
  EXPECT_EQ(RemoveEqual("some", ListEnd::kTail, 9000), 9000u);
  int kept = 1000;
  std::erase_if(values, [&](const std::string& value) { return value == "some" && kept-- <= 0; });
  EXPECT_EQ(All(), values);
  const ListTexts head(values.begin(), values.begin() + 8500);
  const ListTexts tail(values.rbegin(), values.rbegin() + 9000);
  EXPECT_EQ(Pop(ListEnd::kHead, 8500), head);
  EXPECT_EQ(Pop(ListEnd::kTail, 9000), tail);
  values = ListTexts(values.begin() + 8500, values.end() - 9000);
  EXPECT_EQ(All(), values);
  EXPECT_EQ(Object().count, values.size());
  EXPECT_TRUE(IsEdited());
  EXPECT_EQ(Object().oid, before) << "it was not written anew";
}

}  // namespace
}  // namespace cordwood::keyspace
