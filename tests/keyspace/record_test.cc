#include "keyspace/core/record.h"

#include <gtest/gtest.h>

#include <limits>

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
  const std::string bytes = ObjectPayload{.oid = 300, .count = 1 << 20}.Encode();
  const Result<ObjectPayload> object = ObjectPayload::Decode(bytes);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->oid, 300u);
  EXPECT_EQ(object->count, 1u << 20);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ObjectPayload::Decode(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(ObjectPayload::Decode(bytes + "x"));
}

TEST(InlineHash, ComesBackInOrder) {
  const std::string value(300, 'v');
  const std::vector<FieldValue> pairs = {
      {.field = "b", .value = "1"}, {.field = "", .value = ""}, {.field = "a", .value = value}};
  const std::string payload = EncodeInlineHash(pairs);
  const Result<std::vector<FieldValue>> decoded = DecodeInlineHash(payload);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 3u);
  for (size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ((*decoded)[i].field, pairs[i].field);
    EXPECT_EQ((*decoded)[i].value, pairs[i].value);
  }
}

TEST(InlineHash, RefusesEveryCutPayload) {
  const std::vector<FieldValue> pair = {{.field = "field", .value = "value"}};
  const std::string payload = EncodeInlineHash(pair);
  for (size_t size = 1; size < payload.size(); ++size) {
    const Result<std::vector<FieldValue>> decoded = DecodeInlineHash(payload.substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace cordwood::keyspace
