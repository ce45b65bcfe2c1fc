#include "keyspace/core/record.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/coding.h"
#include "base/random.h"
#include "keyspace/types/hashes.h"

namespace cordwood::keyspace {
namespace {

constexpr Type kTypes[] = {Type::kString,    Type::kList, Type::kSet,
                           Type::kSortedSet, Type::kHash, Type::kStream};

TEST(Record, ComesBack) {
  for (const Type type : kTypes) {
    for (const Form form : {Form::kInline, Form::kElements}) {
      for (const std::optional<int64_t> expiry_ms :
           {std::optional<int64_t>(), std::optional<int64_t>(1),
            std::optional<int64_t>(std::numeric_limits<int64_t>::max())}) {
        const Record record{
            .type = type, .form = form, .expiry_ms = expiry_ms, .payload = std::string("a\0b", 3)};
        const Result<Record> decoded = Record::Decode(record.Encode());
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->type, type);
        EXPECT_EQ(decoded->form, form);
        EXPECT_EQ(decoded->expiry_ms, expiry_ms);
        EXPECT_EQ(decoded->payload, record.payload);
        EXPECT_EQ(EncodedRecordHasExpiry(record.Encode()), expiry_ms.has_value());
      }
    }
  }
}

TEST(Record, RefusesUnknownHeadersAndCutOnes) {
  const std::string good = Record{.expiry_ms = 5, .payload = "v"}.Encode();
  for (size_t size = 0; size < 10; ++size) {
    EXPECT_FALSE(Record::Decode(good.substr(0, size))) << size;
  }
  EXPECT_TRUE(Record::Decode(good));
  EXPECT_FALSE(Record::Decode(std::string("\x60\0", 2)));  // a type that is none
  EXPECT_FALSE(Record::Decode(std::string("\x02\0", 2)));  // a form that is none
  EXPECT_FALSE(Record::Decode(std::string("\0\x02", 2)));  // a flag that is none
}

TEST(Record, ExpiresAtItsTimeAndNotBefore) {
  const Record record{.expiry_ms = 1000};
  EXPECT_FALSE(record.ExpiredAt(999));
  EXPECT_TRUE(record.ExpiredAt(1000));
  EXPECT_FALSE(Record{}.ExpiredAt(std::numeric_limits<int64_t>::max()));
}

TEST(ObjectPayload, ComesBackAndRefusesTheRest) {
  const std::string bytes =
      ObjectPayload{.oid = 300, .count = 1 << 20, .entries = 17, .shape = kEdited}.Encode();
  const Result<ObjectPayload> object = ObjectPayload::Decode(bytes);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->oid, 300u);
  EXPECT_EQ(object->count, 1u << 20);
  EXPECT_EQ(object->entries, 17);
  EXPECT_EQ(object->shape, kEdited);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ObjectPayload::Decode(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(ObjectPayload::Decode(bytes + "x"));
  EXPECT_FALSE(ObjectPayload::Decode(ObjectPayload{.entries = 18}.Encode()));
  EXPECT_FALSE(ObjectPayload::Decode(ObjectPayload{.shape = kShapeMax + 1}.Encode()));
}

TEST(ObjectPayload, OfAListComesBackWithItsSpan) {
  const uint64_t middle = uint64_t{1} << 63;
  const ListSpan span = {.head = middle - 1,
                         .tail = middle + 2,
                         .cleared = middle - 300,
                         .tail_cleared = middle + 2,
                         .packed_bytes = 9};
  for (const std::optional<uint64_t> packed : {std::optional<uint64_t>(0), {}, {700}}) {
    ObjectPayload list{.oid = 300, .count = 3, .list = span};
    list.list->packed_bytes = packed;
    const std::string bytes = list.Encode();
    const Result<ObjectPayload> object = ObjectPayload::Decode(bytes);
    ASSERT_TRUE(object);
    EXPECT_EQ(object->list, list.list);
    const size_t without = ObjectPayload{.oid = 300, .count = 3}.Encode().size();
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(ObjectPayload::Decode(bytes.substr(0, size)).has_value(), size == without) << size;
    }
    EXPECT_FALSE(ObjectPayload::Decode(bytes + "x"));
  }
}

TEST(ObjectPayload, OfASortedSetHasItsScores) {
  const ScoreSpan scores = {.floor = 7, .ceiling = uint64_t{1} << 63};
  const std::string bytes = ObjectPayload{.oid = 300, .count = 3, .scores = scores}.Encode();
  const Result<ObjectPayload> object = ObjectPayload::Decode(bytes);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->scores, scores);
  EXPECT_FALSE(object->list.has_value());
  const size_t without = ObjectPayload{.oid = 300, .count = 3}.Encode().size();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ObjectPayload::Decode(bytes.substr(0, size)).has_value(), size == without) << size;
  }
  EXPECT_FALSE(ObjectPayload::Decode(bytes + "x"));
  EXPECT_FALSE(ObjectPayload::Decode(
      ObjectPayload{.count = 3, .scores = ScoreSpan{.floor = 8, .ceiling = 7}}.Encode()));
  std::string unknown = bytes;
  unknown[without] = 3;
  EXPECT_FALSE(ObjectPayload::Decode(unknown));
}

TEST(ObjectPayload, OfAListThatLeavesTheNumbersIsRefused) {
  const auto decodes = [](uint64_t head, std::initializer_list<uint64_t> varints) {
    std::string bytes = ObjectPayload{.shape = kEdited}.Encode();
    bytes.push_back(1);
    AppendFixed64(bytes, head);
    for (const uint64_t number : varints) AppendVarint64(bytes, number);
    bytes.push_back(0);  // of ranks
    return ObjectPayload::Decode(bytes).has_value();
  };
  EXPECT_TRUE(decodes(5, {2, 5, UINT64_MAX - 7, 0}));
  EXPECT_FALSE(decodes(5, {2, 6, 0, 0}));
  EXPECT_FALSE(decodes(5, {UINT64_MAX - 4, 0, 0, 0}));
  EXPECT_FALSE(decodes(5, {2, 5, UINT64_MAX - 6, 0}));
}

TEST(ObjectPayload, OfAnUneditedListHasAnElementAtEachPosition) {
  ObjectPayload list{.count = 3, .list = ListSpan{.head = 5, .tail = 9, .tail_cleared = 9}};
  EXPECT_FALSE(ObjectPayload::Decode(list.Encode()));
  list.shape = kEdited;
  EXPECT_TRUE(ObjectPayload::Decode(list.Encode()));
  list = {.count = 4, .list = list.list};
  EXPECT_TRUE(ObjectPayload::Decode(list.Encode()));
}

TEST(ObjectPayload, OfAnEditedListSaysHowFarItsRanksAre) {
  ObjectPayload list{.count = 3, .list = ListSpan{.head = 5, .tail = 8, .tail_cleared = 8}};
  const size_t unedited_bytes = list.Encode().size();
  list.shape = kEdited;
  for (const Ranks ranks : {Ranks::kNone, Ranks::kBeingBuilt, Ranks::kWhole}) {
    list.ranks = ranks;
    const std::string bytes = list.Encode();
    EXPECT_EQ(bytes.size(), unedited_bytes + 1);
    const Result<ObjectPayload> object = ObjectPayload::Decode(bytes);
    ASSERT_TRUE(object);
    EXPECT_EQ(object->ranks, ranks);
  }
  std::string bytes = list.Encode();
  bytes.back() = 3;
  EXPECT_FALSE(ObjectPayload::Decode(bytes));
}

TEST(ObjectPayload, CountsEntriesUpToMany) {
  ObjectPayload object;
  object.NoteEntries(16);
  EXPECT_EQ(object.entries, 16);
  object.NoteEntries(UINT64_MAX - 16);
  EXPECT_EQ(object.entries, ObjectPayload::kManyEntries);
}

TEST(InlinePayload, ComesBackAndRefusesTheRest) {
  const std::string bytes = InlinePayload{.shape = kBeyondListpack, .items = "items"}.Encode();
  const Result<InlinePayload> payload = InlinePayload::Decode(bytes);
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->shape, kBeyondListpack);
  EXPECT_EQ(payload->items, "items");
  EXPECT_FALSE(InlinePayload::Decode(""));
  EXPECT_FALSE(InlinePayload::Decode(InlinePayload{.shape = kShapeMax + 1}.Encode()));
}

Result<std::vector<Item>> Decoded(std::string_view items) {
  std::vector<Item> decoded;
  CW_TRY(VisitInlineItems(items, [&](const Item& item) {
    decoded.push_back(item);
    return true;
  }));
  return decoded;
}

TEST(InlineItems, ComeBackInOrder) {
  const std::string value(300, 'v');
  const std::vector<Item> pairs = {
      {.name = "b", .value = "1"}, {.name = "", .value = ""}, {.name = "a", .value = value}};
  std::string items;
  for (const Item& pair : pairs) {
    const size_t before = items.size();
    AppendInlineItem(items, pair.name, "", pair.value);
    EXPECT_EQ(items.size() - before, InlineItemBytes(pair.name.size(), pair.value.size()));
  }
  EXPECT_EQ(Decoded(items), pairs);
}

TEST(InlineItems, HaveTheHeadInFrontOfTheirValue) {
  std::string items;
  AppendInlineItem(items, "name", "head", "tail");
  EXPECT_EQ(Decoded(items), std::vector<Item>({{.name = "name", .value = "headtail"}}));
}

TEST(InlineItems, AreRefusedWhereverTheyAreCut) {
  std::string items;
  AppendInlineItem(items, "field", "", "value");
  for (size_t size = 1; size < items.size(); ++size) {
    const Result<std::vector<Item>> decoded = Decoded(items.substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace cordwood::keyspace
