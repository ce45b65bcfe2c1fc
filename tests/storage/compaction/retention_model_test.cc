// Flushes and merges of a small tree in any order, under snapshots that come and go: whoever may
// read sees what a plain history says, nothing else is kept, and the counters come out right.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "storage/compaction/merge.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

constexpr int kKeys = 4;
constexpr uint8_t kPresumesOne = 1;
constexpr uint8_t kPresumesNothing = 2;

std::string KeyOf(uint64_t index) { return Format("k{}", index); }

// A counter for each key: the number that is its value.
class CountValues final : public CountingPolicy {
 public:
  void Contribution(std::string_view key, std::string_view value, int64_t sign,
                    Counters& sums) const override {
    sums.Add(Counter(key), sign * std::stoll(std::string(value)));
  }
  void Presumed(std::string_view key, uint8_t assumption, Counters& sums) const override {
    if (assumption == kPresumesOne) sums.Add(Counter(key), 1);
  }
  static uint64_t Counter(std::string_view key) { return static_cast<uint64_t>(key.back()); }
};

struct Entry {
  std::string key;
  Seq seq = 0;
  Tag tag;
  std::string value;
};

struct SortedRun {
  std::vector<Entry> entries;
  std::vector<DeadRange> dead;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  void Step() {
    switch (random_.Below(8)) {
      case 0:
        return Flush();
      case 1:
        return Merge(random_.Below(runs_.size() + 1));
      case 2:
        if (snapshots_.size() < 5) snapshots_.insert(Visible());
        return;
      case 3:
        if (!snapshots_.empty()) snapshots_.erase(AnySnapshot());
        return;
      case 4:
        if (random_.OneIn(4)) return DropRange();
        [[fallthrough]];
      default:
        Write();
    }
  }

  // Everything into one run.
  void MergeAll() {
    Flush();
    Merge(0, runs_.size());
  }

  void ForgetSnapshots() { snapshots_.clear(); }

  // What is wrong for some reader; empty if nothing is.
  std::string Wrong() {
    std::set<Seq> points(snapshots_.begin(), snapshots_.end());
    points.insert(Visible());
    points.insert(last_);
    for (const Seq point : points) {
      for (int k = 0; k < kKeys; ++k) {
        const Entry* expected = NewestIn(history_, KeyOf(k), point);
        if (IsDropped(KeyOf(k), expected, point)) continue;
        const std::string found = ValueOf(Stored(KeyOf(k), point));
        if (found == ValueOf(expected)) continue;
        return Format("{} at {}: {} where {} should be", KeyOf(k), point, found, ValueOf(expected));
      }
    }
    return {};
  }

  // The versions of a key that are stored in tables, oldest first: values by their seqs, and the
  // tombstones that hide one.
  std::string Kept(const std::string& key) const {
    std::map<Seq, bool> versions;
    for (const SortedRun& run : runs_) {
      for (const Entry& entry : run.entries) {
        if (entry.key == key) versions[entry.seq] = entry.tag.is_put;
      }
    }
    return Listed(versions);
  }

  // Those that anybody may see, and the tombstones that hide one of them.
  std::string Needed(const std::string& key) {
    std::set<Seq> points(snapshots_.begin(), snapshots_.end());
    points.insert(Visible());
    std::map<Seq, bool> needed;
    for (const Seq point : points) {
      const Entry* entry = NewestIn(history_, key, point);
      if (entry == nullptr || IsDropped(key, entry, point)) continue;
      needed[entry->seq] = entry->tag.is_put;
    }
    return Listed(needed);
  }

  int64_t Counted(const std::string& key) const { return counts_.Get(CountValues::Counter(key)); }
  int64_t Value(const std::string& key) const {
    const Entry* newest = NewestIn(history_, key, kMaxSeq);
    return newest != nullptr && newest->tag.is_put ? std::stoll(newest->value) : 0;
  }
  bool WasDropped(const std::string& key) const { return dropped_.contains(key); }

 private:
  // D is somewhere between what was flushed and what was written, and never goes back.
  Seq Visible() {
    visible_ = std::max({visible_, flushed_, last_ - random_.Below(last_ - flushed_ + 1)});
    return visible_;
  }

  std::multiset<Seq>::iterator AnySnapshot() {
    return std::next(snapshots_.begin(), static_cast<int64_t>(random_.Below(snapshots_.size())));
  }

  void Write() {
    const std::string key = KeyOf(random_.Below(kKeys));
    if (dropped_.contains(key)) return;  // nobody writes there again
    const int64_t before = Value(key);
    Entry entry{.key = key, .seq = ++last_, .tag = {.is_put = !random_.OneIn(3)}};
    if (entry.tag.is_put) entry.value = std::to_string(1 + random_.Below(9));
    int64_t presumed = before;
    if (random_.OneIn(2)) {
      entry.tag.assumption = random_.OneIn(2) ? kPresumesOne : kPresumesNothing;
      presumed = entry.tag.assumption == kPresumesOne ? 1 : 0;
    }
    counts_.Add(CountValues::Counter(key),
                (entry.tag.is_put ? std::stoll(entry.value) : 0) - presumed);
    history_.push_back(entry);
    memtable_.entries.push_back(std::move(entry));
  }

  void DropRange() {
    const uint64_t begin = random_.Below(kKeys);
    const DeadRange dead{.range = {.begin = KeyOf(begin), .end = KeyOf(begin + 1)}, .seq = ++last_};
    dropped_.insert(KeyOf(begin));
    drops_.push_back(dead);
    memtable_.dead.push_back(dead);
  }

  void Flush() {
    runs_.insert(runs_.begin(), std::exchange(memtable_, {}));
    flushed_ = last_;
    Merge(0, 1);
  }

  void Merge(size_t first) {
    if (first == runs_.size()) return;
    Merge(first, first + 1 + random_.Below(runs_.size() - first));
  }

  // The runs from `first` up to `end` become one.
  void Merge(size_t first, size_t end) {
    if (first == end) return;
    const auto older_may_exist = [&](std::string_view key) {
      if (end < runs_.size() && random_.OneIn(10)) return true;  // as a filter says
      return std::any_of(runs_.begin() + static_cast<int64_t>(end), runs_.end(),
                         [&](const SortedRun& run) {
                           return std::any_of(run.entries.begin(), run.entries.end(),
                                              [&](const Entry& e) { return e.key == key; });
                         });
    };
    MergePlan plan{
        .rules = {.readers = ReadPoints({snapshots_.begin(), snapshots_.end()}, Visible()),
                  .older_may_exist = older_may_exist,
                  .counting = &counting_},
        .older_may_lie_in = [&](const KeyRange&) { return end < runs_.size(); }};
    std::vector<Entry> entries;
    for (size_t i = first; i < end; ++i) {
      entries.insert(entries.end(), runs_[i].entries.begin(), runs_[i].entries.end());
      plan.dead.insert(plan.dead.end(), runs_[i].dead.begin(), runs_[i].dead.end());
    }
    SortedRun merged{.entries = Retain(std::move(entries), plan), .dead = CarriedDeadRanges(plan)};
    runs_.erase(runs_.begin() + static_cast<int64_t>(first),
                runs_.begin() + static_cast<int64_t>(end));
    runs_.insert(runs_.begin() + static_cast<int64_t>(first), std::move(merged));
  }

  std::vector<Entry> Retain(std::vector<Entry> entries, const MergePlan& plan) {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return CompareEntries(a.key, PackTrailer(a.seq, a.tag), b.key, PackTrailer(b.seq, b.tag)) < 0;
    });
    Retention retention(plan.rules, DeadRangeSweep(plan.dead, plan.rules.readers));
    std::vector<Entry> kept;
    const auto keep = [&](const RetainedEntry* entry) {
      if (entry == nullptr) return;
      kept.push_back({.key = entry->key,
                      .seq = entry->seq,
                      .tag = entry->tag,
                      .value = std::string(entry->value)});
    };
    for (const Entry& entry : entries) {
      keep(retention.Add(entry.key, PackTrailer(entry.seq, entry.tag), entry.value));
    }
    keep(retention.Finish());
    counts_.Add(retention.corrections());
    return kept;
  }

  static std::string Listed(const std::map<Seq, bool>& versions) {
    std::string list;
    for (const auto& [seq, is_put] : versions) {
      if (is_put) list += Format(" {}", seq);
      if (!is_put && !list.empty() && !list.ends_with('-')) list += " -";
    }
    return list;
  }

  static const Entry* NewestIn(const std::vector<Entry>& entries, const std::string& key,
                               Seq at_most) {
    const Entry* newest = nullptr;
    for (const Entry& entry : entries) {
      if (entry.key != key || entry.seq > at_most) continue;
      if (newest == nullptr || entry.seq > newest->seq) newest = &entry;
    }
    return newest;
  }

  const Entry* Stored(const std::string& key, Seq at_most) const {
    const Entry* newest = NewestIn(memtable_.entries, key, at_most);
    for (size_t i = 0; newest == nullptr && i < runs_.size(); ++i) {
      newest = NewestIn(runs_[i].entries, key, at_most);
    }
    return newest;
  }

  static std::string ValueOf(const Entry* entry) {
    return entry != nullptr && entry->tag.is_put ? entry->value : "nothing";
  }

  // Nobody asks for it at that seq: how much of it is gone is not said.
  bool IsDropped(const std::string& key, const Entry* entry, Seq point) const {
    return entry != nullptr &&
           std::any_of(drops_.begin(), drops_.end(), [&](const DeadRange& dead) {
             return dead.range.Contains(key) && entry->seq < dead.seq && dead.seq <= point;
           });
  }

  Random random_;
  const CountValues counting_;
  Counters counts_;
  std::vector<Entry> history_;
  std::vector<DeadRange> drops_;
  std::set<std::string> dropped_;
  SortedRun memtable_;
  std::vector<SortedRun> runs_;  // newest first
  std::multiset<Seq> snapshots_;
  Seq last_ = 0;
  Seq flushed_ = 0;
  Seq visible_ = 0;
};

TEST(RetentionModel, ShowsEverySnapshotItsStateAndKeepsNothingElse) {
  uint64_t kept = 0;
  for (const uint64_t seed : support::Seeds(500, 20'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    World world(seed);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 40; ++i) {
        world.Step();
        ASSERT_EQ(world.Wrong(), "");
      }
      world.MergeAll();
      ASSERT_EQ(world.Wrong(), "");
      for (int k = 0; k < kKeys; ++k) {
        const std::string needed = world.Needed(KeyOf(k));
        ASSERT_EQ(world.Kept(KeyOf(k)), needed) << KeyOf(k);
        kept += needed.size();
      }
    }
    world.ForgetSnapshots();
    world.MergeAll();
    for (int k = 0; k < kKeys; ++k) {
      if (world.WasDropped(KeyOf(k))) continue;
      ASSERT_EQ(world.Counted(KeyOf(k)), world.Value(KeyOf(k))) << KeyOf(k);
    }
  }
  EXPECT_GT(kept, 0u);
}

}  // namespace
}  // namespace cordwood::storage
