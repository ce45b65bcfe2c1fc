// Hashes against std::map: random operations on few keys and fields, small thresholds, so that
// every hash grows out of its record, dies and comes back, with stops, merges and power loss.

#include <gtest/gtest.h>

#include <map>

#include "base/format.h"
#include "keyspace/types/hashes.h"
#include "tests/keyspace/keyspace_model.h"

namespace cordwood::keyspace {
namespace {

using Fields = std::map<std::string, std::string>;

/// Everything that a hash holds, both forms alike.
Result<Fields> Contents(const Hash& hash) {
  Fields fields;
  if (!hash.in_elements()) {
    CW_ASSIGN(const std::vector<Item> pairs, hash.Inline());
    for (const Item& pair : pairs) fields.emplace(pair.name, pair.value);
    return fields;
  }
  CW_ASSIGN(HashedElements elements, hash.Elements());
  HashedElements::Walk walk(elements);
  uint64_t last_hash = 0;
  for (walk.SeekToFirst(); walk.Valid(); walk.Next()) {
    EXPECT_LE(last_hash, walk.hash());
    last_hash = walk.hash();
    EXPECT_TRUE(fields.emplace(walk.name(), walk.value()).second) << "twice: " << walk.name();
  }
  CW_TRY(walk.status());
  return fields;
}

class HashModel final : public KeyspaceModel {
 public:
  explicit HashModel(uint64_t seed)
      : KeyspaceModel(seed, {.keyspace = {.inline_bytes_max = 40},
                             .store = {.log_segment_bytes = 1 << 20,
                                       .memtable_bytes = 16 << 10,
                                       .block_cache_bytes = 64 << 10}}) {}

  void CheckAll() override {
    Read([&](Transaction& tx) -> Status {
      int64_t objects = 0;
      for (const char* key : {"key0", "key1", "key2"}) {
        CW_ASSIGN(const Hash hash, Open<Hash>(tx, key));
        CW_ASSIGN(const Fields contents, Contents(hash));
        EXPECT_EQ(contents, Expected(key)) << key;
        CW_ASSIGN(const uint64_t length, hash.Length());
        EXPECT_EQ(length, Expected(key).size()) << key;
        objects += hash.in_elements() ? 1 : 0;
      }
      ExpectCounts(tx, model_.size(), objects);
      return {};
    });
  }

 private:
  void Operate() override {
    const std::string key = Format("key{}", random_.Below(3));
    switch (random_.Below(13)) {
      case 0:
        RemoveKeyOf(key);
        model_.erase(key);
        return;
      case 1:
      case 2:
      case 3:
        return RemoveFields(key);
      case 4:
        return SetTwiceInOneTransaction(key);
      case 5:
        return ReadFields(key);
      default:
        return SetFields(key);
    }
  }

  Fields Expected(const std::string& key) const {
    const auto it = model_.find(key);
    return it != model_.end() ? it->second : Fields();
  }

  std::string AnyField() { return Format("f{}", random_.Below(24)); }
  std::string AnyValue() { return std::string(random_.Below(random_.OneIn(20) ? 40 : 9), 'v'); }

  /// Pairs, with the same field twice now and then.
  std::vector<std::pair<std::string, std::string>> AnyPairs() {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (uint64_t i = random_.Below(6) + 1; i > 0; --i) {
      pairs.emplace_back(AnyField(), AnyValue() + std::to_string(step_++ % 10));
    }
    return pairs;
  }

  static std::vector<Item> Views(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::vector<Item> views;
    for (const auto& [field, value] : pairs) views.push_back({.name = field, .value = value});
    return views;
  }

  void SetFields(const std::string& key) {
    const auto pairs = AnyPairs();
    uint64_t created = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Hash hash, Open<Hash>(tx, key));
      CW_ASSIGN(created, hash.Set(Views(pairs)));
      return {};
    });
    Fields& fields = model_[key];
    const size_t before = fields.size();
    for (const auto& [field, value] : pairs) fields[field] = value;
    EXPECT_EQ(created, fields.size() - before);
  }

  /// What MULTI does: the second command and its reads see the first one's writes.
  void SetTwiceInOneTransaction(const std::string& key) {
    const auto first = AnyPairs();
    const auto second = AnyPairs();
    Fields fields = Expected(key);
    for (const auto* pairs : {&first, &second}) {
      for (const auto& [field, value] : *pairs) fields[field] = value;
    }
    const std::string gone = first.front().first;
    fields.erase(gone);
    Execute([&](Transaction& tx) -> Status {
      for (const auto* pairs : {&first, &second}) {
        CW_ASSIGN(Hash hash, Open<Hash>(tx, key));
        CW_TRY(hash.Set(Views(*pairs)));
      }
      CW_ASSIGN(Hash hash, Open<Hash>(tx, key));
      const std::string_view view = gone;
      CW_ASSIGN(const uint64_t removed, hash.Remove({&view, 1}));
      EXPECT_EQ(removed, 1u);
      CW_ASSIGN(const Fields contents, Contents(hash));
      EXPECT_EQ(contents, fields) << "within the transaction";
      return {};
    });
    if (fields.empty()) {
      model_.erase(key);
    } else {
      model_[key] = fields;
    }
  }

  void RemoveFields(const std::string& key) {
    std::vector<std::string> names;
    for (uint64_t i = random_.Below(8) + 1; i > 0; --i) names.push_back(AnyField());
    const std::vector<std::string_view> views(names.begin(), names.end());
    uint64_t removed = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Hash hash, Open<Hash>(tx, key));
      CW_ASSIGN(removed, hash.Remove(views));
      return {};
    });
    uint64_t expected = 0;
    if (const auto it = model_.find(key); it != model_.end()) {
      for (const std::string& name : names) expected += it->second.erase(name);
      if (it->second.empty()) model_.erase(it);
    }
    EXPECT_EQ(removed, expected);
  }

  void ReadFields(const std::string& key) {
    std::vector<std::string> names = {AnyField(), AnyField(), AnyField()};
    const std::vector<std::string_view> views(names.begin(), names.end());
    const Fields expected = Expected(key);
    Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(Hash hash, Open<Hash>(tx, key));
      std::vector<std::optional<std::string>> values;
      CW_TRY(hash.GetMany(views, [&](std::optional<std::string_view> value) {
        values.emplace_back(value);
        return true;
      }));
      for (size_t i = 0; i < names.size(); ++i) {
        const auto it = expected.find(names[i]);
        const std::optional<std::string> value =
            it != expected.end() ? std::optional(it->second) : std::nullopt;
        EXPECT_EQ(values[i], value);
        CW_ASSIGN(const std::optional<std::string> single, hash.Get(names[i]));
        EXPECT_EQ(single, value);
      }
      return {};
    });
  }

  std::map<std::string, Fields> model_;
  uint64_t step_ = 0;
};

TEST(HashModel, BothFormsAgreeWithAMap) { RunModel<HashModel>(6, 2'000, 600); }

}  // namespace
}  // namespace cordwood::keyspace
