// Strings against std::string: random writes of wholes and of parts around the 4 KiB edge, copies,
// renames, expiries and deletions, with stops, merges and power loss.

#include <gtest/gtest.h>

#include <map>

#include "base/format.h"
#include "keyspace/types/copy.h"
#include "keyspace/types/strings.h"
#include "tests/keyspace/keyspace_model.h"

namespace cordwood::keyspace {
namespace {

constexpr std::string_view kKeys[] = {"key0", "key1", "key2"};
constexpr uint64_t kLongest = 24 * kChunkBytes;

class StringModel final : public KeyspaceModel {
 public:
  explicit StringModel(uint64_t seed)
      : KeyspaceModel(seed, {.store = {.log_segment_bytes = 1 << 20,
                                       .memtable_bytes = 128 << 10,
                                       .block_cache_bytes = 64 << 10}}) {}

  void CheckAll() override {
    Read([&](Transaction& tx) -> Status {
      int64_t objects = 0;
      for (const std::string_view key : kKeys) {
        CW_ASSIGN(const std::optional<RecordView> record, SeeKey(tx, Name(tx, key)));
        const auto expected = model_.find(std::string(key));
        EXPECT_EQ(record.has_value(), expected != model_.end()) << key;
        if (!record || expected == model_.end()) continue;
        CW_ASSIGN(String string, String::Open(tx, Name(tx, key).generation, *record));
        CW_ASSIGN(const std::string value, string.ReadAll());
        EXPECT_TRUE(value == expected->second.value) << key << ", " << value.size() << " bytes";
        EXPECT_EQ(record->header.expiry_ms, expected->second.expiry_ms) << key;
        objects += string.in_chunks() ? 1 : 0;
      }
      ExpectCounts(tx, model_.size(), objects);
      return {};
    });
  }

 private:
  struct Value {
    std::string value;
    std::optional<int64_t> expiry_ms;
  };

  void Operate() override {
    const std::string key(kKeys[random_.Below(std::size(kKeys))]);
    switch (random_.Below(17)) {
      case 0:
        return Set(key);
      case 1:
        RemoveKeyOf(key);
        model_.erase(key);
        return;
      case 2:
        return Copy(key);
      case 3:
        return Rename(key);
      case 4:
        return ChangeExpiry(key);
      case 5:
        return WriteTwiceInOneTransaction(key);
      case 6:
      case 7:
      case 8:
        return ReadParts(key);
      case 9:
      case 10:
      case 11:
        return Write(key, Length(key));
      default:
        return Write(key, AnyOffset(key));
    }
  }

  uint64_t Length(const std::string& key) const {
    const auto it = model_.find(key);
    return it != model_.end() ? it->second.value.size() : 0;
  }

  std::string AnyBytes(uint64_t most) {
    std::string bytes(random_.Below(most) + 1, '\0');
    if (random_.OneIn(5)) return bytes;
    for (char& byte : bytes) byte = random_.OneIn(3) ? '\0' : static_cast<char>(random_.Next());
    return bytes;
  }
  std::string AnyPatch() {
    return AnyBytes(random_.OneIn(4) ? 3 * kChunkBytes : random_.OneIn(3) ? kChunkBytes : 20);
  }
  /// Often at an edge of a chunk.
  uint64_t AnyOffset(const std::string& key) {
    if (random_.OneIn(3)) {
      return (random_.Below(kLongest / kChunkBytes) + 1) * kChunkBytes + random_.Below(3) - 1;
    }
    return random_.OneIn(6) ? random_.Below(kLongest) : random_.Below(Length(key) + 1);
  }

  static void Patch(std::string& value, uint64_t offset, const std::string& bytes) {
    if (value.size() < offset + bytes.size()) value.resize(offset + bytes.size());
    value.replace(offset, bytes.size(), bytes);
  }

  void Set(const std::string& key) {
    const std::string value = AnyBytes(random_.OneIn(2) ? 3 * kChunkBytes : 100);
    Execute([&](Transaction& tx) { return SetString(tx, Name(tx, key), value, std::nullopt); });
    model_[key] = {.value = value};
  }

  void Write(const std::string& key, uint64_t offset) {
    const std::string bytes = AnyPatch();
    uint64_t length = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      CW_ASSIGN(length, WriteStringAt(tx, Name(tx, key), found, offset, bytes));
      return {};
    });
    Patch(model_[key].value, offset, bytes);
    EXPECT_EQ(length, Length(key));
  }

  void WriteTwiceInOneTransaction(const std::string& key) {
    const std::string first = AnyPatch();
    const std::string second = AnyPatch();
    const uint64_t at = AnyOffset(key);
    std::string expected = model_[key].value;
    Patch(expected, at, first);
    Patch(expected, at / 2, second);
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      CW_TRY(WriteStringAt(tx, Name(tx, key), found, at, first));
      CW_ASSIGN(const Lookup again, FindKey(tx, Name(tx, key)));
      CW_TRY(WriteStringAt(tx, Name(tx, key), again, at / 2, second));
      CW_ASSIGN(const std::optional<RecordView> record, SeeKey(tx, Name(tx, key)));
      CW_ASSIGN(String string, String::Open(tx, Name(tx, key).generation, *record));
      CW_ASSIGN(const std::string value, string.ReadAll());
      EXPECT_TRUE(value == expected) << "within the transaction";
      return {};
    });
    model_[key].value = expected;
  }

  void ReadParts(const std::string& key) {
    if (!model_.contains(key)) return;
    const std::string& value = model_[key].value;
    const uint64_t begin = random_.Below(value.size() + 1);
    const uint64_t end = begin + random_.Below(value.size() - begin + 1);
    Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const std::optional<RecordView> record, SeeKey(tx, Name(tx, key)));
      CW_ASSIGN(String string, String::Open(tx, Name(tx, key).generation, *record));
      EXPECT_EQ(string.length(), value.size());
      CW_ASSIGN(const std::string part, string.ReadPart(begin, end));
      EXPECT_TRUE(part == value.substr(begin, end - begin)) << begin << " to " << end;
      return {};
    });
  }

  static std::string Another(const std::string& key) { return key == "key0" ? "key1" : "key0"; }

  void Copy(const std::string& key) {
    if (!model_.contains(key)) return;
    const std::string other = Another(key);
    Execute([&](Transaction& tx) -> Status {
      const KeyName to = Name(tx, other);
      CW_ASSIGN(const Lookup source, FindKey(tx, Name(tx, key)));
      CW_ASSIGN(const Lookup target, FindKey(tx, to));
      CW_ASSIGN(const Record copy, CopyRecord(tx, to.generation, *source.live(), to.generation));
      return PutRecord(tx, to, target, copy);
    });
    model_[other] = model_[key];
  }

  void Rename(const std::string& key) {
    if (!model_.contains(key)) return;
    const std::string other = Another(key);
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup source, FindKey(tx, Name(tx, key)));
      CW_ASSIGN(const Lookup target, FindKey(tx, Name(tx, other)));
      CW_TRY(DetachKey(tx, Name(tx, key), source));
      return PutRecord(tx, Name(tx, other), target, *source.live());
    });
    model_[other] = model_[key];
    model_.erase(key);
  }

  void ChangeExpiry(const std::string& key) {
    if (!model_.contains(key)) return;
    std::optional<int64_t> expiry_ms;
    if (random_.OneIn(2)) expiry_ms = rig_.now_ms() + 1'000'000 + static_cast<int64_t>(step_++);
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      CW_ASSIGN(Record record, ForNewHeader(tx, Name(tx, key).generation, *found.live()));
      record.expiry_ms = expiry_ms;
      return PutRecord(tx, Name(tx, key), found, record);
    });
    model_[key].expiry_ms = expiry_ms;
  }

  std::map<std::string, Value> model_;
  uint64_t step_ = 0;
};

TEST(StringModel, BothFormsAgreeWithAString) { RunModel<StringModel>(6, 2'000, 400); }

}  // namespace
}  // namespace cordwood::keyspace
