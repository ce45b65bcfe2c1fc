#include "keyspace/types/object_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/format.h"
#include "keyspace/core/keys.h"
#include "keyspace/types/copy.h"
#include "keyspace/types/hashes.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

constexpr Generation kReaderGeneration = 1;
using FieldValues = std::map<std::string, std::string>;

KeyName NamedKey(std::string_view key) { return {.generation = kReaderGeneration, .key = key}; }

/// A hash of so many fields; some were there and are gone.
FieldValues MakeHash(KeyspaceRig& rig, std::string_view key, int fields, int gone) {
  FieldValues pairs;
  for (int i = 0; i < fields + gone; ++i) pairs[Format("field{}", i)] = Format("value{}", i);
  const Status status = rig.Execute([&](Transaction& tx) -> Status {
    CW_ASSIGN(Lookup found, FindKey(tx, NamedKey(key)));
    Hash hash(tx, NamedKey(key), std::move(found));
    std::vector<Item> items;
    for (const auto& [field, value] : pairs) items.push_back({.name = field, .value = value});
    CW_TRY(hash.Set(items));
    return {};
  });
  EXPECT_TRUE(status);
  for (int i = 0; i < gone; ++i) {
    const std::string field = Format("field{}", fields + i);
    pairs.erase(field);
    EXPECT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, NamedKey(key)));
      const std::string_view name = field;
      CW_TRY(Hash(tx, NamedKey(key), std::move(found)).Remove({&name, 1}));
      return {};
    }));
  }
  return pairs;
}

/// With a new reader after each `items_a_reader` items, and wherever one paused.
Result<FieldValues> ReadInPieces(Transaction& tx, const Record& record, uint64_t items_a_reader,
                                 uint64_t budget = UINT64_MAX) {
  FieldValues pairs;
  std::string position;
  for (int readers = 0; readers < 1000; ++readers) {
    ObjectReader reader(tx, kReaderGeneration, record, position);
    reader.SetBudget(budget);
    for (uint64_t i = 0; i < items_a_reader; ++i) {
      const auto next = reader.Next();
      if (!next && next.error().code() == ErrorCode::kPaused) break;
      if (!next) return std::unexpected(next.error());
      if (!*next) return pairs;
      const Item& item = (*next)->item;
      EXPECT_TRUE(pairs.emplace(item.name, item.value).second) << item.name << " twice";
    }
    position = reader.position();
  }
  ADD_FAILURE() << "it does not get on";
  return pairs;
}

TEST(ObjectReader, ReadsBothFormsInAnyPieces) {
  KeyspaceRig rig;
  for (const int fields : {1, 9, 300}) {
    const std::string key = Format("h{}", fields);
    const FieldValues pairs = MakeHash(rig, key, fields, fields > 100 ? 200 : 0);
    ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, NamedKey(key)));
      const Record& record = *found.live();
      EXPECT_EQ(record.owns_object(), fields > 100);
      CW_ASSIGN(const uint64_t count, CountItems(record));
      EXPECT_EQ(count, pairs.size());
      for (const uint64_t items : {1, 2, 7, 1000}) {
        for (const uint64_t budget : {uint64_t{3}, UINT64_MAX}) {
          CW_ASSIGN(const FieldValues read, ReadInPieces(tx, record, items, budget));
          EXPECT_EQ(read, pairs);
        }
      }
      return {};
    }));
  }
}

TEST(ObjectReader, GivesAStringAsOneItem) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    for (const char* value : {"", "text"}) {
      const Record record{.payload = value};
      CW_ASSIGN(const FieldValues read, ReadInPieces(tx, record, 1));
      EXPECT_EQ(read, (FieldValues{{"", value}}));
    }
    return {};
  }));
}

TEST(ObjectReader, NobodyGetsPastWhatIsDamaged) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    const ObjectPayload object{.oid = 9, .count = 3};
    OrderedElements elements(tx, kReaderGeneration, object.oid, kItemSpace);
    elements.Put({.head = "hash0001", .tail = "a"}, kNoFieldExpiry, "1");
    elements.Put({.head = "hash0002", .tail = "b"}, "?");
    elements.Put({.head = "hash0003", .tail = "c"}, kNoFieldExpiry, "3");
    const Record record{.type = Type::kHash, .form = Form::kElements, .payload = object.Encode()};
    std::string position;
    for (int tries = 0; tries < 3; ++tries) {
      ObjectReader reader(tx, kReaderGeneration, record, position);
      auto next = reader.Next();
      if (tries == 0) {
        EXPECT_TRUE(next && *next);
        next = reader.Next();
      }
      EXPECT_EQ(next.error().code(), ErrorCode::kCorruption);
      position = reader.position();
    }
    return {};
  }));
}

TEST(ObjectReader, RefusesTypesThatCannotBeReadYet) {
  KeyspaceRig rig;
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    for (const Form form : {Form::kInline, Form::kElements}) {
      const Record record{.type = Type::kStream, .form = form};
      EXPECT_EQ(ObjectReader(tx, kReaderGeneration, record).Next().error().code(),
                ErrorCode::kUnsupported);
    }
    return {};
  }));
}

TEST(ObjectReader, TellsWhatElementsTakeInTheStore) {
  KeyspaceRig rig;
  MakeHash(rig, "h", 300, 0);
  ASSERT_TRUE(rig.Execute([&](Transaction& tx) -> Status {
    CW_ASSIGN(const Lookup found, FindKey(tx, NamedKey("h")));
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
    const std::string prefix = ElementPrefix(kReaderGeneration, object.oid);
    RangeWalk walk(tx, prefix, PrefixEnd(prefix));
    uint64_t expected = 0;
    for (walk.Seek(prefix); walk.Valid(); walk.Next()) {
      expected += walk.key().size() + walk.value().size();
    }
    uint64_t bytes = 0;
    for (ObjectReader items(tx, kReaderGeneration, *found.live());;) {
      CW_ASSIGN(const auto next, items.Next());
      if (!next) break;
      bytes += next->stored_bytes;
    }
    EXPECT_EQ(bytes, expected);
    return {};
  }));
}

TEST(TypeTraits, HaveTheNamesThatClientsKnow) {
  EXPECT_EQ(TypeName(Type::kString), "string");
  EXPECT_EQ(TypeName(Type::kList), "list");
  EXPECT_EQ(TypeName(Type::kSet), "set");
  EXPECT_EQ(TypeName(Type::kSortedSet), "zset");
  EXPECT_EQ(TypeName(Type::kHash), "hash");
  EXPECT_EQ(TypeName(Type::kStream), "stream");
}

TEST(TypeTraits, TellTheEncodingOfEveryShape) {
  const auto encoding = [](Type type, uint8_t shape) {
    const Record record{.type = type, .payload = InlinePayload{.shape = shape}.Encode()};
    return std::string(*EncodingOf(record));
  };
  EXPECT_EQ(encoding(Type::kList, 0), "listpack");
  EXPECT_EQ(encoding(Type::kList, kBeyondListpack), "quicklist");
  EXPECT_EQ(encoding(Type::kSet, 0), "intset");
  EXPECT_EQ(encoding(Type::kSet, kBeyondIntset), "listpack");
  EXPECT_EQ(encoding(Type::kSet, kBeyondIntset | kBeyondListpack), "hashtable");
  EXPECT_EQ(encoding(Type::kSortedSet, 0), "listpack");
  EXPECT_EQ(encoding(Type::kSortedSet, kBeyondListpack), "skiplist");
  EXPECT_EQ(encoding(Type::kHash, 0), "listpack");
  EXPECT_EQ(encoding(Type::kHash, kBeyondListpack), "hashtable");
  EXPECT_EQ(encoding(Type::kStream, 0), "stream");
}

}  // namespace
}  // namespace cordwood::keyspace
