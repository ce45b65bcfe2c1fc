// Lists against std::deque: random operations on few keys and values, small thresholds, so that
// every list grows out of its record, is edited, becomes sparse, dies and comes back, with stops,
// merges and power loss. Ranks of those that are edited are built meanwhile, slice by slice.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/format.h"
#include "base/random.h"
#include "keyspace/types/list_index.h"
#include "keyspace/types/lists.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/rank_build.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

using Elements = std::deque<std::string>;

class ListModel {
 public:
  explicit ListModel(uint64_t seed)
      : random_(seed),
        rig_(
            {.seed = seed,
             .keyspace = {.inline_bytes_max = 40, .steps_without_ranks = 4, .rank_children_max = 8},
             .store = {.log_segment_bytes = 1 << 20,
                       .memtable_bytes = 16 << 10,
                       .block_cache_bytes = 64 << 10}}) {}

  void Step() {
    const std::string key = Format("key{}", random_.Below(3));
    Note();
    switch (random_.Below(24)) {
      case 0:
        return random_.OneIn(8) ? RemoveWhole(key) : CheckAll();
      case 1:
        return random_.OneIn(8) ? rig_.Reopen() : CheckAll();
      case 2:
        return random_.OneIn(8) ? rig_.Compact() : CheckAll();
      case 3:
        return random_.OneIn(8) ? LosePower() : CheckVisible();
      case 4:
      case 5:
        return Rotate(key);
      case 6:
        return Set(key);
      case 7:
      case 8:
        return Remove(key);
      case 9:
      case 10:
      case 11:
        return Insert(key);
      case 12:
        return Trim(key);
      case 13:
      case 14:
      case 15:
        return Pop(key);
      case 16:
        return PopAndPushInOneTransaction(key);
      case 17:
        return random_.OneIn(3) ? Rename(key) : BuildSlice(key);
      case 18:
      case 19:
      case 20:
        return BuildSlice(key);
      default:
        return Push(key);
    }
  }

  void CheckAll() {
    const Status status = rig_.Read([&](Transaction& tx) { return Check(tx); });
    ASSERT_TRUE(status) << status.error().message();
  }
  uint64_t edited() const { return edited_; }
  uint64_t ranked() const { return ranked_; }

 private:
  using Lists = std::map<std::string, Elements>;

  static KeyName Name(Transaction& tx, std::string_view key) {
    return {.generation = tx.GenerationOf(0), .key = key};
  }

  /// What is there now, for readers of what is visible.
  void Note() {
    past_[rig_.store().last_seq()] = model_;
    past_.erase(past_.begin(), std::prev(past_.upper_bound(rig_.store().visible())));
  }
  /// While the log is behind.
  void CheckVisible() {
    Note();
    storage::View view = rig_.reader().Visible(storage::Tier::kMayBlock);
    Transaction tx(rig_.keyspace(), view, Transaction::Mode::kRead, rig_.now_ms());
    const Lists newest = std::exchange(model_, std::prev(past_.upper_bound(view.seq()))->second);
    const Status status = Check(tx);
    model_ = newest;
    ASSERT_TRUE(status) << status.error().message();
  }

  Status Check(Transaction& tx) {
    int64_t objects = 0;
    for (const char* key : {"key0", "key1", "key2"}) {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      const Record* record = found.live();
      EXPECT_EQ(record != nullptr, model_.contains(key)) << key;
      if (record == nullptr) continue;
      CW_TRY(Check(tx, key, *record));
      objects += record->owns_object() ? 1 : 0;
    }
    EXPECT_EQ(tx.CountOf(0, CounterKind::kKeys), static_cast<int64_t>(model_.size()));
    EXPECT_EQ(tx.CountOf(0, CounterKind::kObjects), objects);
    return {};
  }

  Status Check(Transaction& tx, const std::string& key, const Record& record) {
    const Elements& expected = model_[key];
    Elements contents;
    ObjectReader reader(tx, tx.GenerationOf(0), record);
    for (;;) {
      CW_ASSIGN(const auto read, reader.Next());
      if (!read) break;
      contents.emplace_back(read->item.value);
    }
    EXPECT_EQ(contents, expected) << key;
    CW_ASSIGN(const uint64_t count, CountItems(record));
    EXPECT_EQ(count, expected.size()) << key;
    return record.owns_object() ? CheckObject(tx, record, expected) : Status();
  }

  Status CheckObject(Transaction& tx, const Record& record, const Elements& expected) {
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
    edited_ += (object.shape & kEdited) != 0 ? 1 : 0;
    Elements backwards;
    ListWalk walk(tx, tx.GenerationOf(0), object, ListEnd::kTail);
    for (;;) {
      CW_ASSIGN(const auto element, walk.Next());
      if (!element) break;
      backwards.emplace_front(element->value);
    }
    EXPECT_EQ(backwards, expected);
    const std::vector<std::string_view> values(expected.begin(), expected.end());
    EXPECT_EQ(object.list->packed_bytes, ListpackEntryBytes(values));
    return object.ranks == Ranks::kWhole ? CheckRanks(tx, object) : Status();
  }

  Status CheckRanks(Transaction& tx, const ObjectPayload& object) {
    ++ranked_;
    ListWalk walk(tx, tx.GenerationOf(0), object, ListEnd::kHead);
    for (uint64_t index = 0; index < object.count; ++index) {
      CW_ASSIGN(const auto element, walk.Next());
      CW_ASSIGN(const auto subkey, SubkeyByRank(tx, tx.GenerationOf(0), object, index));
      EXPECT_EQ(subkey, element->subkey) << index;
    }
    return {};
  }

  std::string AnyValue() {
    const size_t longer = random_.OneIn(20) ? random_.Below(60) : 0;
    return Format("{}", random_.Below(12)) + std::string(longer, 'v');
  }
  ListEnd AnyEnd() { return random_.OneIn(2) ? ListEnd::kHead : ListEnd::kTail; }
  uint64_t AnyCount() { return (random_.OneIn(30) ? random_.Below(600) : random_.Below(6)) + 1; }

  static void PushTo(Elements& list, ListEnd end, const std::string& value) {
    end == ListEnd::kHead ? list.push_front(value) : list.push_back(value);
  }
  static std::string TakeFrom(Elements& list, ListEnd end) {
    const std::string value = end == ListEnd::kHead ? list.front() : list.back();
    end == ListEnd::kHead ? list.pop_front() : list.pop_back();
    return value;
  }
  void ForgetIfEmpty(const std::string& key) {
    if (model_[key].empty()) model_.erase(key);
  }

  void With(const std::string& key, const std::function<Status(List&)>& work) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx, key)));
      List list(tx, Name(tx, key), std::move(found));
      return work(list);
    });
  }

  void Push(const std::string& key) {
    const ListEnd end = AnyEnd();
    std::vector<std::string> values;
    for (uint64_t i = AnyCount(); i > 0; --i) values.push_back(AnyValue());
    With(key, [&](List& list) {
      return list.Push(end, std::vector<std::string_view>(values.begin(), values.end()));
    });
    for (const std::string& value : values) PushTo(model_[key], end, value);
  }

  void Pop(const std::string& key) {
    const ListEnd end = AnyEnd();
    const uint64_t count = AnyCount();
    std::vector<std::string> popped;
    With(key, [&](List& list) {
      popped.clear();
      return list.Pop(end, count, [&](std::string_view value) { popped.emplace_back(value); });
    });
    std::vector<std::string> expected;
    Elements& list = model_[key];
    while (expected.size() < count && !list.empty()) expected.push_back(TakeFrom(list, end));
    EXPECT_EQ(popped, expected);
    ForgetIfEmpty(key);
  }

  /// What MULTI does: each sees what the one before it did.
  void PopAndPushInOneTransaction(const std::string& key) {
    if (!model_.contains(key)) return;
    const ListEnd from = AnyEnd();
    const ListEnd to = AnyEnd();
    const uint64_t count = AnyCount();
    const std::string value = AnyValue();
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx, key)));
      CW_TRY(List(tx, Name(tx, key), std::move(found)).Pop(from, count, [](std::string_view) {}));
      for (uint64_t i = count; i > 0; --i) {
        CW_ASSIGN(Lookup again, FindKey(tx, Name(tx, key)));
        const std::string_view pushed = value;
        CW_TRY(List(tx, Name(tx, key), std::move(again)).Push(to, {&pushed, 1}));
      }
      return {};
    });
    Elements& list = model_[key];
    for (uint64_t i = 0; i < count && !list.empty(); ++i) TakeFrom(list, from);
    for (uint64_t i = 0; i < count; ++i) PushTo(list, to, value);
  }

  void Rotate(const std::string& key) {
    if (!model_.contains(key)) return;
    const ListEnd from = AnyEnd();
    const ListEnd to = AnyEnd();
    std::string value;
    With(key, [&](List& list) {
      return list.Rotate(from, to, [&](std::string_view moved) { value = moved; });
    });
    const std::string expected = TakeFrom(model_[key], from);
    PushTo(model_[key], to, expected);
    EXPECT_EQ(value, expected);
  }

  void Set(const std::string& key) {
    if (!model_.contains(key)) return;
    const uint64_t index = random_.Below(model_[key].size());
    const std::string value = AnyValue();
    With(key, [&](List& list) { return list.Set(index, value); });
    model_[key][index] = value;
  }

  void Insert(const std::string& key) {
    if (!model_.contains(key)) return;
    const List::Side side = random_.OneIn(2) ? List::Side::kBefore : List::Side::kAfter;
    const std::string pivot = AnyValue();
    const std::string value = AnyValue();
    bool inserted = false;
    With(key, [&](List& list) -> Status {
      CW_ASSIGN(inserted, list.Insert(side, pivot, value));
      return {};
    });
    Elements& list = model_[key];
    const auto at = std::ranges::find(list, pivot);
    EXPECT_EQ(inserted, at != list.end());
    if (at != list.end()) list.insert(side == List::Side::kBefore ? at : at + 1, value);
  }

  void Remove(const std::string& key) {
    if (!model_.contains(key)) return;
    const ListEnd from = AnyEnd();
    const uint64_t most = random_.OneIn(2) ? UINT64_MAX : random_.Below(3) + 1;
    const std::string value = AnyValue();
    uint64_t removed = 0;
    With(key, [&](List& list) -> Status {
      CW_ASSIGN(removed, list.RemoveEqual(value, from, most));
      return {};
    });
    Elements& list = model_[key];
    if (from == ListEnd::kTail) std::ranges::reverse(list);
    uint64_t expected = 0;
    std::erase_if(list, [&](const std::string& other) {
      return other == value && expected < most && ++expected > 0;
    });
    if (from == ListEnd::kTail) std::ranges::reverse(list);
    EXPECT_EQ(removed, expected);
    ForgetIfEmpty(key);
  }

  void Trim(const std::string& key) {
    if (!model_.contains(key)) return;
    Elements& list = model_[key];
    const uint64_t first = random_.Below(random_.OneIn(2) ? 3 : list.size()) % list.size();
    const uint64_t most = list.size() - first;
    const uint64_t count = random_.OneIn(2) ? most - std::min<uint64_t>(most, random_.Below(3))
                                            : random_.Below(most + 1);
    With(key, [&](List& trimmed) { return trimmed.Trim(first, count); });
    const auto begin = list.begin() + static_cast<ptrdiff_t>(first);
    list = Elements(begin, begin + static_cast<ptrdiff_t>(count));
    ForgetIfEmpty(key);
  }

  void BuildSlice(const std::string& key) {
    const RankSlice slice{.elements = random_.Below(40)};
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      if (found.live() == nullptr || !found.live()->owns_object()) return {};
      CW_ASSIGN(const auto object, ObjectPayload::Decode(found.live()->payload));
      const RankRequest request{.generation = tx.GenerationOf(0), .key = key, .oid = object.oid};
      CW_TRY(BuildRanks(tx, request, slice));
      return {};
    });
  }

  void Rename(const std::string& key) {
    const std::string other = Format("key{}", random_.Below(3));
    if (!model_.contains(key) || key == other) return;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      CW_ASSIGN(const Lookup before, FindKey(tx, Name(tx, other)));
      CW_TRY(PutRecord(tx, Name(tx, other), before, *found.stored));
      return DetachKey(tx, Name(tx, key), found);
    });
    model_[other] = std::move(model_[key]);
    model_.erase(key);
  }

  void RemoveWhole(const std::string& key) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx, key)));
      return found.stored ? RemoveKey(tx, Name(tx, key), found) : Status();
    });
    model_.erase(key);
  }

  void LosePower() {
    Note();
    if (random_.OneIn(2)) rig_.Settle();
    rig_.LosePower(random_.Next());
    model_ = std::prev(past_.upper_bound(rig_.store().last_seq()))->second;
    past_.clear();
  }

  void Execute(const KeyspaceRig::Work& work) {
    const Status status = rig_.Execute(work);
    ASSERT_TRUE(status) << status.error().message();
  }

  Random random_;
  KeyspaceRig rig_;
  Lists model_;
  std::map<storage::Seq, Lists> past_;  // by the last seq of each change, from what is visible on
  uint64_t edited_ = 0;                 // lists that were, when they were looked at
  uint64_t ranked_ = 0;                 // those with ranks
};

TEST(ListModel, BothFormsAgreeWithADeque) {
  uint64_t ranked = 0;
  for (const uint64_t seed : support::Seeds(6, 2'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    ListModel model(seed);
    for (int i = 0; i < 600 && !testing::Test::HasFailure(); ++i) model.Step();
    model.CheckAll();
    EXPECT_GT(model.edited(), 0u);
    ranked += model.ranked();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(ranked, 0u);
}

}  // namespace
}  // namespace cordwood::keyspace
