// Sets against std::set: random operations on few keys and members, small thresholds, so that every
// set grows out of its record, dies and comes back, with operations over several of them, copies,
// stops, merges and power loss.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"
#include "keyspace/types/copy.h"
#include "keyspace/types/set_builder.h"
#include "keyspace/types/set_operation.h"
#include "keyspace/types/sets.h"
#include "tests/keyspace/keyspace_model.h"

namespace cordwood::keyspace {
namespace {

using Kind = SetOperation::Kind;
using Members = std::set<std::string>;

constexpr std::string_view kSetKeys[] = {"key0", "key1", "key2", "key3"};

class SetModel final : public KeyspaceModel {
 public:
  explicit SetModel(uint64_t seed)
      : KeyspaceModel(seed, {.keyspace = {.inline_bytes_max = 40, .part_elements_max = 4},
                             .store = {.log_segment_bytes = 1 << 20,
                                       .memtable_bytes = 16 << 10,
                                       .block_cache_bytes = 64 << 10}}) {}

  void CheckAll() override {
    Read([&](Transaction& tx) -> Status {
      int64_t objects = 0;
      for (const std::string_view key : kSetKeys) {
        CW_ASSIGN(const Set set, Open<Set>(tx, key));
        CW_ASSIGN(const Members members, Contents(tx, Kind::kUnion, {std::string(key)}));
        EXPECT_EQ(members, Expected(key)) << key;
        CW_ASSIGN(const uint64_t length, set.Length());
        EXPECT_EQ(length, Expected(key).size()) << key;
        objects += set.in_elements() ? 1 : 0;
      }
      ExpectCounts(tx, model_.size(), objects);
      return {};
    });
  }

 private:
  void Operate() override {
    switch (random_.Below(16)) {
      case 0:
        return RemoveWhole(AnyKey());
      case 1:
      case 2:
      case 3:
        return RemoveMembers(AnyKey());
      case 4:
        return ChangeTwiceInOneTransaction(AnyKey());
      case 5:
        return LookFor(AnyKey());
      case 6:
        return Copy(AnyKey(), AnyKey());
      case 7:
      case 8:
        return Compare();
      case 9:
      case 10:
        return Store(AnyKey());
      default:
        return AddMembers(AnyKey());
    }
  }

  std::string AnyKey() { return std::string(kSetKeys[random_.Below(std::size(kSetKeys))]); }
  std::string AnyMember() {
    return random_.OneIn(3) ? Format("{}", random_.Below(12)) : Format("m{}", random_.Below(24));
  }
  std::vector<std::string> AnyMembers() {
    std::vector<std::string> members;
    for (uint64_t i = random_.Below(8) + 1; i > 0; --i) members.push_back(AnyMember());
    return members;
  }
  static std::vector<std::string_view> Views(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
  }

  Members Expected(std::string_view key) const {
    const auto it = model_.find(std::string(key));
    return it != model_.end() ? it->second : Members();
  }
  void Become(const std::string& key, Members members) {
    if (members.empty()) {
      model_.erase(key);
    } else {
      model_[key] = std::move(members);
    }
  }

  // --- one set ---

  void AddMembers(const std::string& key) {
    const std::vector<std::string> members = AnyMembers();
    uint64_t added = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Set set, Open<Set>(tx, key));
      CW_ASSIGN(added, set.Add(Views(members)));
      return {};
    });
    const size_t before = model_[key].size();
    model_[key].insert(members.begin(), members.end());
    EXPECT_EQ(added, model_[key].size() - before);
  }

  void RemoveMembers(const std::string& key) {
    const std::vector<std::string> members = AnyMembers();
    uint64_t removed = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Set set, Open<Set>(tx, key));
      CW_ASSIGN(removed, set.Remove(Views(members)));
      return {};
    });
    Members left = Expected(key);
    uint64_t expected = 0;
    for (const std::string& member : members) expected += left.erase(member);
    EXPECT_EQ(removed, expected);
    Become(key, std::move(left));
  }

  void RemoveWhole(const std::string& key) {
    RemoveKeyOf(key);
    model_.erase(key);
  }

  /// What MULTI does: the second command and its reads see the first one's writes.
  void ChangeTwiceInOneTransaction(const std::string& key) {
    const std::vector<std::string> added = AnyMembers();
    const std::vector<std::string> removed = AnyMembers();
    Members expected = Expected(key);
    expected.insert(added.begin(), added.end());
    for (const std::string& member : removed) expected.erase(member);
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Set first, Open<Set>(tx, key));
      CW_TRY(first.Add(Views(added)));
      CW_ASSIGN(Set second, Open<Set>(tx, key));
      CW_TRY(second.Remove(Views(removed)));
      CW_ASSIGN(const Members members, Contents(tx, Kind::kUnion, {key}));
      EXPECT_EQ(members, expected) << "within the transaction";
      return {};
    });
    Become(key, std::move(expected));
  }

  void LookFor(const std::string& key) {
    const std::vector<std::string> members = AnyMembers();
    const Members expected = Expected(key);
    Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(Set set, Open<Set>(tx, key));
      std::vector<bool> found;
      CW_TRY(set.GetMany(Views(members), [&](std::optional<std::string_view> value) {
        found.push_back(value.has_value());
        return true;
      }));
      for (size_t i = 0; i < members.size(); ++i) {
        EXPECT_EQ(found[i], expected.contains(members[i]));
        CW_ASSIGN(const bool contains, set.Contains(members[i]));
        EXPECT_EQ(contains, expected.contains(members[i]));
      }
      return {};
    });
  }

  void Copy(const std::string& from, const std::string& to) {
    if (from == to || !model_.contains(from)) return;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup source, FindKey(tx, Name(tx, from)));
      CW_ASSIGN(const Lookup target, FindKey(tx, Name(tx, to)));
      const Generation generation = Name(tx, from).generation;
      CW_ASSIGN(const Record copy, CopyRecord(tx, generation, *source.live(), generation));
      return PutRecord(tx, Name(tx, to), target, copy);
    });
    model_[to] = model_[from];
  }

  // --- several ---

  Result<Members> Contents(Transaction& tx, Kind kind, const std::vector<std::string>& keys) {
    Members members;
    std::string last;
    CW_TRY(Operate(tx, kind, keys, [&](std::string_view subkey) -> Status {
      EXPECT_LT(last, subkey);
      last = subkey;
      members.emplace(HashedElements::NameIn(subkey));
      return {};
    }));
    return members;
  }

  template <typename Visit>
  static Status Operate(Transaction& tx, Kind kind, const std::vector<std::string>& keys,
                        const Visit& visit) {
    std::vector<SetOperation::Source> sets;
    for (size_t i = 0; i < keys.size(); ++i) {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, keys[i])));
      if (found.live() == nullptr) {
        if (kind == Kind::kIntersection || (kind == Kind::kDifference && i == 0)) return {};
        continue;
      }
      CW_ASSIGN(SetCursor set, SetCursor::Of(Name(tx, keys[i]).generation, *found.live()));
      sets.push_back({.set = std::move(set)});
    }
    if (sets.empty()) return {};
    SetOperation operation(kind, std::move(sets));
    for (bool done = false; !done;) {
      CW_ASSIGN(done, operation.Advance(tx, [&](std::string_view subkey, double) -> Result<bool> {
        CW_TRY(visit(subkey));
        return true;
      }));
    }
    return {};
  }

  Kind AnyKind() { return static_cast<Kind>(random_.Below(3)); }
  std::vector<std::string> AnyKeys() {
    std::vector<std::string> keys;
    for (uint64_t i = random_.Below(4) + 1; i > 0; --i) keys.push_back(AnyKey());
    return keys;
  }
  Members ExpectedOf(Kind kind, const std::vector<std::string>& keys) const {
    Members result = Expected(keys.front());
    for (size_t i = 1; i < keys.size(); ++i) {
      const Members other = Expected(keys[i]);
      if (kind == Kind::kUnion) {
        result.insert(other.begin(), other.end());
      } else {
        std::erase_if(result, [&](const std::string& member) {
          return other.contains(member) == (kind == Kind::kDifference);
        });
      }
    }
    return result;
  }

  void Compare() {
    const Kind kind = AnyKind();
    const std::vector<std::string> keys = AnyKeys();
    Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Members members, Contents(tx, kind, keys));
      EXPECT_EQ(members, ExpectedOf(kind, keys)) << static_cast<int>(kind);
      return {};
    });
  }

  /// Long ones wait; also where the key is one of the sets.
  void Store(const std::string& key) {
    const Kind kind = AnyKind();
    const std::vector<std::string> keys = AnyKeys();
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup before, FindKey(tx, Name(tx, key)));
      SetBuilder result(tx, Name(tx, key).generation);
      CW_TRY(Operate(tx, kind, keys, [&](std::string_view subkey) { return result.Add(subkey); }));
      if (result.count() > 0) {
        CW_ASSIGN(const Record record, result.Finish());
        return PutRecord(tx, Name(tx, key), before, record);
      }
      return before.stored ? RemoveKey(tx, Name(tx, key), before) : Status();
    });
    Become(key, ExpectedOf(kind, keys));
  }

  std::map<std::string, Members> model_;
};

TEST(SetModel, BothFormsAgreeWithASet) { RunModel<SetModel>(6, 2'000, 600); }

}  // namespace
}  // namespace cordwood::keyspace
