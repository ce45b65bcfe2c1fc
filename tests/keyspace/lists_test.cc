#include "keyspace/types/lists.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "keyspace/core/range_walk.h"
#include "tests/keyspace/keyspace_rig.h"

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

  ObjectPayload Object() {
    ObjectPayload object;
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
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

}  // namespace
}  // namespace cordwood::keyspace
