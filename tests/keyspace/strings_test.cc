#include "keyspace/types/strings.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/copy.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

constexpr std::string_view kKey = "s";
constexpr uint64_t kMegabyte = 1 << 20;
// What stands around a value in a batch: its key, the record, the owner marker.
constexpr uint64_t kAroundBytes = 200;

class StringsInChunks : public testing::Test {
 protected:
  static KeyName Name(Transaction& tx, std::string_view key = kKey) {
    return {.generation = tx.GenerationOf(0), .key = key};
  }

  void Execute(const KeyspaceRig::Work& work) {
    const uint64_t before = rig_.store().Stats().user_bytes_written;
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CW_TRY(work(tx));
      drops_ranges_ = tx.drops_ranges();
      return {};
    });
    ASSERT_TRUE(status) << status.error().message();
    written_ = rig_.store().Stats().user_bytes_written - before;
  }

  void Write(uint64_t offset, std::string_view bytes) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      CW_ASSIGN(length_, WriteStringAt(tx, Name(tx), found, offset, bytes));
      return {};
    });
  }

  void Set(std::string_view value) {
    Execute([&](Transaction& tx) { return SetString(tx, Name(tx), value, std::nullopt); });
  }

  void Remove() {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      return RemoveKey(tx, Name(tx), found);
    });
  }

  void SetExpiry(std::optional<int64_t> expiry_ms) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      CW_ASSIGN(Record record, ForNewHeader(tx, Name(tx).generation, *found.live()));
      record.expiry_ms = expiry_ms;
      return PutRecord(tx, Name(tx), found, record);
    });
  }

  struct Seen {
    bool in_chunks = false;
    uint64_t entries = 0;
    std::string value;
  };
  Seen See(std::string_view key = kKey) {
    Seen seen;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const std::optional<RecordView> record, SeeKey(tx, Name(tx, key)));
      if (!record) return Fail(ErrorCode::kNotFound, "there is no string");
      CW_ASSIGN(String string, String::Open(tx, Name(tx).generation, *record));
      seen.in_chunks = string.in_chunks();
      if (seen.in_chunks) {
        CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record->payload));
        seen.entries = object.entries;
      }
      CW_ASSIGN(seen.value, string.ReadAll());
      EXPECT_EQ(seen.value.size(), string.length());
      return {};
    });
    EXPECT_TRUE(status) << status.error().message();
    return seen;
  }

  /// The store keys of all elements in the database.
  uint64_t CountElements() {
    uint64_t count = 0;
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      count = 0;
      const std::string prefix = TablePrefix(tx.GenerationOf(0), Table::kElement);
      RangeWalk walk(tx, PrefixEnd(prefix));
      for (walk.Seek(prefix); walk.Valid(); walk.Next()) ++count;
      return walk.status();
    });
    EXPECT_TRUE(status) << status.error().message();
    return count;
  }

  int64_t Objects() { return rig_.keyspace().NewestCount(0, CounterKind::kObjects); }

  KeyspaceRig rig_;
  uint64_t length_ = 0;
  uint64_t written_ = 0;
  bool drops_ranges_ = false;
};

std::string Numbered(uint64_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += Format("{},", i);
  text.resize(bytes);
  return text;
}

// --- when ---

TEST_F(StringsInChunks, APatchedStringStaysWholeUpTo4KiB) {
  Write(0, Numbered(kPatchedWholeMax - 1));
  Write(kPatchedWholeMax - 1, "x");
  EXPECT_EQ(length_, kPatchedWholeMax);
  EXPECT_FALSE(See().in_chunks);
  EXPECT_EQ(Objects(), 0);
  Write(kPatchedWholeMax, "y");
  EXPECT_EQ(length_, kPatchedWholeMax + 1);
  EXPECT_TRUE(See().in_chunks);
  EXPECT_EQ(See().value, Numbered(kPatchedWholeMax - 1) + "xy");
  EXPECT_EQ(Objects(), 1);
}

TEST_F(StringsInChunks, WhatIsSetAsAWholeStaysWhole) {
  Set(Numbered(3 * kMegabyte));
  EXPECT_FALSE(See().in_chunks);
  EXPECT_EQ(See().value, Numbered(3 * kMegabyte));
}

TEST_F(StringsInChunks, AChangeOfTheHeaderAloneMovesALongValueOnce) {
  Set(Numbered(kRenewedWholeMax));
  SetExpiry(rig_.now_ms() + 1000);
  EXPECT_FALSE(See().in_chunks);
  Set(Numbered(kRenewedWholeMax + 1));
  SetExpiry(rig_.now_ms() + 1000);
  EXPECT_TRUE(See().in_chunks);
  EXPECT_EQ(See().value, Numbered(kRenewedWholeMax + 1));
  EXPECT_GT(written_, kRenewedWholeMax);
  SetExpiry(rig_.now_ms() + 2000);
  EXPECT_LT(written_, kAroundBytes);
  SetExpiry(std::nullopt);
  EXPECT_LT(written_, kAroundBytes);
  EXPECT_EQ(See().value, Numbered(kRenewedWholeMax + 1));
  EXPECT_EQ(rig_.keyspace().NewestCount(0, CounterKind::kExpires), 0);
}

// --- what it costs ---

TEST_F(StringsInChunks, AnAppendOfTenBytesToAMegabyteWritesAChunk) {
  Set(Numbered(kMegabyte));
  Write(kMegabyte, "0123456789");
  EXPECT_GT(written_, kMegabyte);
  for (uint64_t i = 1; i < 2 * kChunkBytes / 10; ++i) {
    Write(kMegabyte + 10 * i, "0123456789");
    ASSERT_LT(written_, kChunkBytes + kAroundBytes) << i;
  }
  Write(kMegabyte / 2, "x");
  EXPECT_LT(written_, kChunkBytes + kAroundBytes);
}

TEST_F(StringsInChunks, AChunkThatIsWrittenOverLeavesTheRecordAlone) {
  Write(0, Numbered(100 * kChunkBytes));
  Write(5 * kChunkBytes + 7, "abc");
  std::string expected = Numbered(100 * kChunkBytes);
  expected.replace(5 * kChunkBytes + 7, 3, "abc");
  EXPECT_LT(written_, kChunkBytes + 64);
  EXPECT_EQ(See().value, expected);
}

TEST_F(StringsInChunks, AWriteFarBehindTheEndIsOneChunk) {
  constexpr uint64_t kFar = 536870911;
  Write(kFar, "x");
  EXPECT_EQ(length_, kFar + 1);
  EXPECT_LT(written_, kChunkBytes + kAroundBytes);
  EXPECT_EQ(CountElements(), 1u);
  const Status status = rig_.Read([&](Transaction& tx) -> Status {
    CW_ASSIGN(const std::optional<RecordView> record, SeeKey(tx, Name(tx)));
    CW_ASSIGN(String string, String::Open(tx, Name(tx).generation, *record));
    CW_ASSIGN(const std::string end, string.ReadPart(kFar - 10'000, kFar + 1));
    EXPECT_EQ(end, std::string(10'000, '\0') + "x");
    CW_ASSIGN(const std::string begin, string.ReadPart(0, 3));
    EXPECT_EQ(begin, std::string(3, '\0'));
    return {};
  });
  EXPECT_TRUE(status) << status.error().message();
  Write(3, "abc");
  EXPECT_EQ(length_, kFar + 1);
  EXPECT_EQ(CountElements(), 2u);
}

// --- zeros ---

TEST_F(StringsInChunks, ZerosTakeNothing) {
  Write(0, std::string(3 * kChunkBytes, '\0'));
  EXPECT_EQ(CountElements(), 0u);
  EXPECT_EQ(See().value, std::string(3 * kChunkBytes, '\0'));
  Write(kChunkBytes, "abc");
  EXPECT_EQ(CountElements(), 1u);
  EXPECT_EQ(written_ / kChunkBytes, 0u) << "zeros at the end of a chunk are cut";
  Write(kChunkBytes, std::string_view("\0\0\0", 3));  // a part of it
  EXPECT_EQ(CountElements(), 0u);
  Write(kChunkBytes, "abc");
  Write(0, std::string(3 * kChunkBytes, '\0'));  // all of it
  EXPECT_EQ(CountElements(), 0u);
  EXPECT_EQ(See().value, std::string(3 * kChunkBytes, '\0'));
  Remove();
  EXPECT_EQ(Objects(), 0);
}

TEST_F(StringsInChunks, APatchBehindTheEndOfAWholeStringKeepsIt) {
  Set("abc");
  Write(2 * kChunkBytes, "x");
  EXPECT_EQ(See().value, "abc" + std::string(2 * kChunkBytes - 3, '\0') + "x");
  EXPECT_EQ(CountElements(), 2u);
}

// --- ends ---

TEST_F(StringsInChunks, FewChunksAreDeletedOneByOneAndManyByARange) {
  Write(0, Numbered(16 * kChunkBytes));
  EXPECT_EQ(See().entries, 16u);
  Remove();
  EXPECT_FALSE(drops_ranges_);
  EXPECT_EQ(CountElements(), 0u);
  Write(0, Numbered(17 * kChunkBytes));
  Remove();
  EXPECT_TRUE(drops_ranges_);
  rig_.Compact();
  EXPECT_EQ(rig_.store().Stats().entries_on_disk, 0u);
}

TEST_F(StringsInChunks, ASetThatDoesNotReadLeavesNoChunkBehind) {
  for (const uint64_t chunks : {2, 100}) {
    Write(0, Numbered(chunks * kChunkBytes));
    rig_.Compact();
    rig_.Reopen();
    Set("short");
    EXPECT_EQ(Objects(), 0);
    EXPECT_EQ(See().value, "short");
    rig_.Compact();
    EXPECT_EQ(CountElements(), 0u) << chunks;
    EXPECT_EQ(rig_.store().Stats().entries_on_disk, 1u) << chunks;
  }
}

TEST_F(StringsInChunks, ACopyHasChunksOfItsOwn) {
  Write(5 * kChunkBytes, Numbered(20 * kChunkBytes));
  const std::string value = See().value;
  Execute([&](Transaction& tx) -> Status {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
    const Generation generation = Name(tx).generation;
    CW_ASSIGN(const Record copy, CopyRecord(tx, generation, *found.live(), generation));
    return PutRecord(tx, Name(tx, "copy"), {}, copy);
  });
  EXPECT_EQ(CountElements(), 40u) << "absent chunks are not copied";
  Write(0, "changed");
  EXPECT_EQ(See("copy").value, value);
  Remove();
  rig_.Compact();
  EXPECT_EQ(See("copy").value, value);
}

// --- cold, damaged ---

TEST_F(StringsInChunks, AReadNamesAllColdChunksAtOnce) {
  Write(0, Numbered(100 * kChunkBytes));
  rig_.Compact();
  rig_.Reopen();
  const uint64_t reruns = rig_.reruns();
  EXPECT_EQ(See().value, Numbered(100 * kChunkBytes));
  EXPECT_LE(rig_.reruns() - reruns, 3u) << "the table, the record, the chunks";
}

TEST_F(StringsInChunks, AReadOfAPartFetchesItsChunksAlone) {
  Write(0, Numbered(100 * kChunkBytes));
  rig_.Compact();
  rig_.Reopen();
  uint64_t most = 0;
  const Status status = rig_.Read([&](Transaction& tx) -> Status {
    CW_ASSIGN(const std::optional<RecordView> record, SeeKey(tx, Name(tx)));
    CW_ASSIGN(String string, String::Open(tx, Name(tx).generation, *record));
    const Result<std::string> part = string.ReadPart(10 * kChunkBytes - 1, 11 * kChunkBytes + 1);
    most = std::max(most, storage::BytesOf(tx.view().missing()));
    CW_TRY(part);
    EXPECT_EQ(*part, Numbered(100 * kChunkBytes).substr(10 * kChunkBytes - 1, kChunkBytes + 2));
    return {};
  });
  EXPECT_TRUE(status) << status.error().message();
  EXPECT_GT(most, 2 * kChunkBytes / 2);
  EXPECT_LT(most, 4 * (kChunkBytes + 512));
}

TEST_F(StringsInChunks, DamageIsAnError) {
  Write(0, Numbered(3 * kChunkBytes - 100));
  const auto spoil = [&](uint64_t chunk, uint64_t bytes) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
      std::string subkey(1, static_cast<char>(kItemSpace));
      subkey += {'\0', '\0', '\0', static_cast<char>(chunk)};
      tx.Put(ElementKey(Name(tx).generation, object.oid, subkey), std::string(bytes, 'x'));
      return {};
    });
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const std::optional<RecordView> record, SeeKey(tx, Name(tx)));
      CW_ASSIGN(String string, String::Open(tx, Name(tx).generation, *record));
      CW_TRY(string.ReadAll());
      return {};
    });
    return !status && status.error().code() == ErrorCode::kCorruption;
  };
  EXPECT_FALSE(spoil(2, kChunkBytes - 100));
  EXPECT_TRUE(spoil(2, kChunkBytes - 99)) << "beyond the length";
  EXPECT_FALSE(spoil(2, 1));
  EXPECT_TRUE(spoil(0, kChunkBytes + 1)) << "beyond the chunk";

  const Status status = rig_.Read([&](Transaction& tx) -> Status {
    const ObjectPayload object{.oid = 1, .count = kChunkedBytesMax + 1};
    const Record record{.form = Form::kElements, .payload = object.Encode()};
    CW_TRY(String::Open(tx, Name(tx).generation, record.view()));
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace cordwood::keyspace
