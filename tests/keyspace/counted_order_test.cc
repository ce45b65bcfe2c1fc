// Ranks against std::set: elements come and go one by one and in numbers, at random places, at the
// ends and at one place, while they are being counted and afterwards, with stops, merges and power
// loss. What counts them is looked at as a whole, too: it must be what its contract says.

#include "keyspace/types/counted_order.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <set>

#include "tests/keyspace/keyspace_model.h"

namespace cordwood::keyspace {
namespace {

constexpr uint64_t kChildrenMax = 8;
const CountedElements kElements{.generation = 5, .oid = 77, .space = 2};

using Subkeys = std::vector<std::string>;

using Level = std::map<std::string, Separator>;

/// The separators of a level, as they lie there.
Result<Level> LevelOf(Transaction& tx, uint8_t level) {
  Level entries;
  Separators separators(tx, kElements.generation, kElements.oid);
  CW_TRY(separators.VisitFrom(level, {}, [&](const Separator& entry) {
    entries.emplace(entry.text, entry);
    return true;
  }));
  return entries;
}

/// The children of an entry are those from its text on and before the next one's.
void ExpectNodes(const Level& nodes, const Level& children, bool is_root) {
  ASSERT_FALSE(nodes.empty());
  EXPECT_EQ(nodes.begin()->first, "");
  for (auto it = nodes.begin(); it != nodes.end(); ++it) {
    const auto next = std::next(it);
    const auto end = next == nodes.end() ? children.end() : children.lower_bound(next->first);
    uint64_t elements = 0;
    uint64_t count = 0;
    for (auto child = children.lower_bound(it->first); child != end; ++child, ++count) {
      elements += child->second.elements;
    }
    EXPECT_EQ(it->second.elements, elements);
    EXPECT_EQ(it->second.children, count);
    EXPECT_LE(count, kChildrenMax);
    EXPECT_TRUE(is_root || elements > 0);
  }
}

class CountedModel : public KeyspaceModel {
 public:
  explicit CountedModel(uint64_t seed)
      : KeyspaceModel(seed, {.keyspace = {.rank_children_max = kChildrenMax},
                             .store = {.log_segment_bytes = 1 << 20,
                                       .memtable_bytes = 16 << 10,
                                       .block_cache_bytes = 64 << 10}}) {
    Add(Some(300));
  }

  void CheckAll() override {
    Read([&](Transaction& tx) -> Status {
      CW_TRY(CheckElements(tx));
      if (ranks_ != Ranks::kNone) CW_TRY(CheckEntries(tx));
      return ranks_ == Ranks::kWhole ? CheckRanks(tx) : Status();
    });
  }
  int whole() const { return whole_; }

 private:
  void Operate() override {
    switch (random_.Below(8)) {
      case 0:
      case 1:
        return Build();
      case 2:
        return Add({AtAnEnd()});
      case 3:
        return Add(Some(random_.OneIn(20) ? 400 : 3));
      case 4:
        return RemoveFromAnEnd();
      case 5:
        return random_.OneIn(30) ? RemoveStretch(elements_.size())
                                 : RemoveStretch(random_.Below(9));
      case 6:
        return RemoveSome();
      default:
        return Add(AtOnePlace());
    }
  }

  // --- what is done ---

  void Add(const Subkeys& subkeys) {
    std::set<std::string> added;
    for (const std::string& subkey : subkeys) {
      if (!elements_.contains(subkey)) added.insert(subkey);
    }
    Change({}, added);
    elements_.insert(added.begin(), added.end());
  }
  void RemoveAll(const std::set<std::string>& removed) {
    Change(removed, {});
    for (const std::string& subkey : removed) elements_.erase(subkey);
  }
  void Change(const std::set<std::string>& removed, const std::set<std::string>& added) {
    Execute([&](Transaction& tx) -> Status {
      OrderedElements elements(tx, kElements.generation, kElements.oid, kElements.space);
      for (const std::string& subkey : removed) elements.Delete({.head = subkey});
      for (const std::string& subkey : added) elements.Put({.head = subkey}, {});
      CountedOrder order(tx, kElements, ranks_);
      CW_TRY(order.NoteRemoved(Subkeys(removed.begin(), removed.end())));
      return order.NoteAdded(Subkeys(added.begin(), added.end()));
    });
  }

  void Build() {
    if (ranks_ == Ranks::kWhole) return;
    Execute([&](Transaction& tx) -> Status {
      CountedOrder order(tx, kElements, Ranks::kBeingBuilt);
      if (ranks_ == Ranks::kNone) order.Begin();
      CW_ASSIGN(const std::string from, order.CountedTo());
      const auto first = elements_.lower_bound(from);
      const auto left = static_cast<uint64_t>(std::distance(first, elements_.end()));
      slice_ = std::min<uint64_t>(left, random_.Below(60));
      const auto end = std::next(first, static_cast<ptrdiff_t>(slice_));
      CW_TRY(order.Extend(slice_, end == elements_.end() ? std::string() : *end));
      is_counted_ = end == elements_.end();
      if (is_counted_) order.Finish();
      return {};
    });
    ranks_ = is_counted_ ? Ranks::kWhole : Ranks::kBeingBuilt;
  }

  std::string AtAnEnd() {
    if (elements_.empty()) return "m";
    if (random_.OneIn(2)) return *elements_.rbegin() + "z";
    const std::string& first = *elements_.begin();
    return first.size() > 1 ? first.substr(0, first.size() - 1) : "0" + first;
  }
  Subkeys Some(uint64_t count) {
    Subkeys subkeys;
    for (; count > 0; --count) subkeys.push_back(Format("{:04}", random_.Below(10'000)));
    return subkeys;
  }
  Subkeys AtOnePlace() {
    Subkeys subkeys;
    for (uint64_t i = 0; i < 5; ++i) subkeys.push_back(Format("5000{:03}", random_.Below(1000)));
    return subkeys;
  }
  void RemoveFromAnEnd() {
    if (elements_.empty()) return;
    RemoveAll({random_.OneIn(2) ? *elements_.begin() : *elements_.rbegin()});
  }
  void RemoveStretch(uint64_t most) {
    auto it = elements_.lower_bound(Some(1).front());
    if (most == elements_.size()) it = elements_.begin();
    std::set<std::string> removed;
    for (; it != elements_.end() && removed.size() < most; ++it) removed.insert(*it);
    RemoveAll(removed);
  }
  void RemoveSome() {
    std::set<std::string> removed;
    for (const std::string& subkey : Some(5)) {
      const auto it = elements_.lower_bound(subkey);
      if (it != elements_.end()) removed.insert(*it);
    }
    RemoveAll(removed);
  }

  // --- what holds ---

  Status CheckElements(Transaction& tx) {
    std::set<std::string> stored;
    OrderedElements elements(tx, kElements.generation, kElements.oid, kElements.space);
    OrderedElements::Walk walk(elements);
    for (walk.SeekToFirst(); walk.Valid(); walk.Next()) stored.emplace(walk.subkey());
    CW_TRY(walk.status());
    EXPECT_EQ(stored, elements_);
    return {};
  }

  /// Of each level from the elements that are counted up to the root, and of the one above it.
  Result<std::vector<Level>> AllLevels(Transaction& tx) {
    std::vector<Level> levels(1);
    std::string counted_to;
    if (ranks_ == Ranks::kBeingBuilt) {
      Separators separators(tx, kElements.generation, kElements.oid);
      CW_ASSIGN(counted_to, separators.CountedTo());
    }
    for (const std::string& subkey : elements_) {
      const bool counts = ranks_ == Ranks::kWhole || subkey < counted_to;
      if (counts) levels[0].emplace(subkey, Separator{.elements = 1});
    }
    while (levels.size() == 1 || !levels.back().empty()) {
      CW_ASSIGN(Level level, LevelOf(tx, static_cast<uint8_t>(levels.size())));
      levels.push_back(std::move(level));
    }
    return levels;
  }

  Status CheckEntries(Transaction& tx) {
    CW_ASSIGN(const std::vector<Level> levels, AllLevels(tx));
    for (size_t level = Separators::kLeaves; level < levels.size() - 1; ++level) {
      const Level& nodes = levels[level];
      const bool is_root = level == levels.size() - 2;
      ExpectNodes(nodes, levels[level - 1], is_root);
      EXPECT_EQ(nodes.size() == 1, is_root);
      if (level == Separators::kLeaves) continue;
      EXPECT_TRUE(!is_root || nodes.begin()->second.children > 1);
      for (const auto& [text, node] : nodes) EXPECT_TRUE(levels[level - 1].contains(text)) << text;
    }
    return {};
  }

  Status CheckRanks(Transaction& tx) {
    ++whole_;
    uint64_t rank = 0;
    const uint64_t every = random_.Below(20) + 1;
    for (const std::string& subkey : elements_) {
      if (rank % every != 0) {
        ++rank;
        continue;
      }
      CountedOrder order(tx, kElements, ranks_);
      CW_ASSIGN(const uint64_t found, order.RankOf(subkey));
      EXPECT_EQ(found, rank);
      CW_ASSIGN(const uint64_t behind, order.RankOf(subkey + '\0'));
      EXPECT_EQ(behind, rank + 1);
      CW_ASSIGN(const std::string at, order.SubkeyAt(rank));
      EXPECT_EQ(at, subkey);
      ++rank;
    }
    CountedOrder order(tx, kElements, ranks_);
    CW_ASSIGN(const uint64_t before_all, order.RankOf({}));
    EXPECT_EQ(before_all, 0u);
    CW_ASSIGN(const uint64_t all, order.RankOf("\xff"));
    EXPECT_EQ(all, elements_.size());
    return {};
  }

  std::set<std::string> elements_;
  Ranks ranks_ = Ranks::kNone;
  uint64_t slice_ = 0;
  bool is_counted_ = false;
  int whole_ = 0;
};

TEST(CountedOrder, AgreesWithASetWhileItIsBuiltAndAfterwards) {
  RunModel<CountedModel>(4, 2'000, 500);
}

/// A hundred thousand elements, with bounds as they are.
class CountedOrderAtScale : public testing::Test {
 protected:
  static constexpr uint64_t kMany = 100'000;

  static std::string At(uint64_t number) { return Format("{:08}", number); }

  void Put(uint64_t first, uint64_t last, Ranks ranks) {
    Do(
        [&](Transaction& tx, CountedOrder& order) -> Status {
          OrderedElements elements(tx, kElements.generation, kElements.oid, kElements.space);
          Subkeys subkeys;
          for (uint64_t i = first; i < last; ++i) {
            elements.Put({.head = At(i)}, {});
            subkeys.push_back(At(i));
          }
          return order.NoteAdded(subkeys);
        },
        ranks);
  }
  void Remove(uint64_t first, uint64_t last) {
    Do([&](Transaction& tx, CountedOrder& order) -> Status {
      OrderedElements elements(tx, kElements.generation, kElements.oid, kElements.space);
      Subkeys subkeys;
      for (uint64_t i = first; i < last; ++i) {
        elements.Delete({.head = At(i)});
        subkeys.push_back(At(i));
      }
      return order.NoteRemoved(subkeys);
    });
  }
  void Build(uint64_t elements) {
    Do(
        [&](Transaction&, CountedOrder& order) -> Status {
          order.Begin();
          return {};
        },
        Ranks::kBeingBuilt);
    for (uint64_t from = 0; from < elements;) {
      const uint64_t count = std::min<uint64_t>(2048, elements - from);
      Do([&](Transaction&, CountedOrder& order) { return order.Extend(count, At(from + count)); },
         Ranks::kBeingBuilt);
      from += count;
    }
    Do(
        [&](Transaction&, CountedOrder& order) -> Status {
          order.Finish();
          return {};
        },
        Ranks::kBeingBuilt);
  }
  using Work = std::function<Status(Transaction&, CountedOrder&)>;
  void Do(const Work& work, Ranks ranks = Ranks::kWhole) {
    const Status status = rig_.Execute([&](Transaction& tx) -> Status {
      CountedOrder order(tx, kElements, ranks);
      return work(tx, order);
    });
    ASSERT_TRUE(status) << status.error().message();
  }
  /// The most steps that ranks and indexes at a few places take, of `count` from `first` on.
  void ExpectFewSteps(uint64_t first, uint64_t count) {
    CountedElements bounds = kElements;
    bounds.begin = At(first);
    const Status status = rig_.Read([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Separators::Root root,
                Separators(tx, kElements.generation, kElements.oid).FindRoot());
      EXPECT_LE(root.level, 3);
      for (uint64_t rank = 0; rank < count; rank += count / 50 + 1) {
        CountedOrder order(tx, bounds, Ranks::kWhole);
        CW_ASSIGN(const uint64_t found, order.RankOf(At(first + rank)));
        EXPECT_EQ(found, rank);
        EXPECT_LE(order.steps(), root.level * 256u);
        CountedOrder back(tx, bounds, Ranks::kWhole);
        CW_ASSIGN(const std::string subkey, back.SubkeyAt(rank));
        EXPECT_EQ(subkey, At(first + rank));
        EXPECT_LE(back.steps(), root.level * 256u);
      }
      return {};
    });
    ASSERT_TRUE(status) << status.error().message();
  }

  KeyspaceRig rig_;
};

TEST_F(CountedOrderAtScale, ARankTakes256StepsALevel) {
  for (uint64_t i = 0; i < kMany; i += 5'000) Put(i, i + 5'000, Ranks::kNone);
  Build(kMany);
  ExpectFewSteps(0, kMany);
}

TEST_F(CountedOrderAtScale, EmptiedLeavesOfTheFrontGo) {
  constexpr uint64_t kKept = 1'000;
  Put(0, kKept, Ranks::kNone);
  Build(kKept);
  // Rising scores while the front is removed.
  for (uint64_t i = kKept; i < kMany; i += 500) {
    Put(i, i + 500, Ranks::kWhole);
    Remove(i - kKept, i - kKept + 500);
  }
  ExpectFewSteps(kMany - kKept, kKept);
  const Status status = rig_.Read([&](Transaction& tx) -> Status {
    CW_ASSIGN(const Level leaves, LevelOf(tx, Separators::kLeaves));
    EXPECT_LE(leaves.size(), kKept / 64 + 1);
    return {};
  });
  EXPECT_TRUE(status);
}

TEST_F(CountedOrderAtScale, WhatIsTakenAwayWritesNothingThatAdds) {
  Put(0, 5'000, Ranks::kNone);
  Build(5'000);
  Do([&](Transaction& tx, CountedOrder& order) -> Status {
    for (uint64_t i = 0; i < 1'000; ++i) CW_TRY(order.NoteRemoved(Subkeys{At(i)}));
    EXPECT_TRUE(tx.frees());
    return {};
  });
}

}  // namespace
}  // namespace cordwood::keyspace
