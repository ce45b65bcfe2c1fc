// What a set's bytes are, and what a set becomes by its members.

#include "keyspace/types/sets.h"

#include <gtest/gtest.h>

#include "base/coding.h"
#include "base/format.h"
#include "keyspace/types/set_builder.h"
#include "keyspace/types/set_cursor.h"
#include "keyspace/types/traits.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

constexpr uint8_t kIntset = 0;
constexpr uint8_t kListpack = kBeyondIntset;
constexpr uint8_t kHashTable = kBeyondIntset | kBeyondListpack;

TEST(Sets, AMemberHasNoValue) {
  std::string items;
  AppendInlineItem(items, "member", {}, {});
  EXPECT_EQ(items, std::string("\6member\0", 8));
  ByteReader good(items);
  EXPECT_EQ(TakeInlineMember(good)->name, "member");
  std::string damaged;
  AppendInlineItem(damaged, "member", {}, "v");
  ByteReader bad(damaged);
  EXPECT_EQ(TakeInlineMember(bad).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(MemberOf("12345678member", {})->name, "member");
  EXPECT_EQ(MemberOf("12345678member", "v").error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(MemberOf("1234567", {}).error().code(), ErrorCode::kCorruption);
}

TEST(Sets, ShapesFollowTheMembers) {
  const KeyspaceOptions options = {
      .set_intset_entries = 4, .set_listpack_entries = 3, .set_listpack_value_bytes = 5};
  EXPECT_EQ(SetShapeWith(options, kIntset, 3, "-7"), kIntset);
  EXPECT_EQ(SetShapeWith(options, kIntset, 4, "8"), kHashTable);
  EXPECT_EQ(SetShapeWith(options, kIntset, 2, "a"), kListpack);
  EXPECT_EQ(SetShapeWith(options, kIntset, 3, "a"), kHashTable);
  EXPECT_EQ(SetShapeWith(options, kIntset, 0, "abcdef"), kHashTable);
  EXPECT_EQ(SetShapeWith(options, kListpack, 2, "1"), kListpack);
  EXPECT_EQ(SetShapeWith(options, kListpack, 3, "1"), kHashTable);
  // An integer too long for a listpack is an intset's member, until something else comes.
  const uint8_t long_integer = SetShapeWith(options, kIntset, 0, "123456");
  EXPECT_EQ(long_integer & kBeyondIntset, 0);
  EXPECT_EQ(SetShapeWith(options, long_integer, 1, "a"), kHashTable);
}

// The same members give the same record, whatever the order of their shapes.
TEST(Sets, ABuilderGoesByWhatItHolds) {
  KeyspaceRig rig({.keyspace = {.inline_bytes_max = 64}});
  const auto build = [&](int integers, int others) {
    std::string encoding;
    const Status status = rig.Execute([&](Transaction& tx) -> Status {
      SetBuilder set(tx, tx.GenerationOf(0));
      for (int i = 0; i < integers; ++i) {
        CW_TRY(set.Add(Format("hash-{:03}{}", i, i)));
      }
      for (int i = 0; i < others; ++i) {
        CW_TRY(set.Add(Format("hasi-{:03}m{}", i, i)));
      }
      CW_ASSIGN(const Record record, set.Finish());
      CW_ASSIGN(const SetCursor members, SetCursor::Of(tx.GenerationOf(0), record));
      EXPECT_EQ(members.count(), static_cast<uint64_t>(integers + others));
      EXPECT_EQ(record.owns_object(), integers + others > 20);
      CW_ASSIGN(encoding, EncodingOf(record));
      return {};
    });
    EXPECT_TRUE(status) << status.error().message();
    return encoding;
  };
  EXPECT_EQ(build(3, 0), "intset");
  EXPECT_EQ(build(512, 0), "intset");
  EXPECT_EQ(build(513, 0), "hashtable");
  EXPECT_EQ(build(3, 1), "listpack");
  EXPECT_EQ(build(127, 1), "listpack");
  EXPECT_EQ(build(128, 1), "hashtable");
}

}  // namespace
}  // namespace cordwood::keyspace
