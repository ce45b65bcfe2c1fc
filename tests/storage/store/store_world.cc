#include "tests/storage/store/store_world.h"

#include <gtest/gtest.h>

#include "base/format.h"

namespace cordwood::storage {

StoreOptions TinyOptions() {
  return {.log_segment_bytes = 64 << 10,
          .memtable_bytes = 8 << 10,
          .memtable_list_entries = 8,
          .block_cache_bytes = 64 << 10,
          .block_bytes = 512,
          .fragment_bytes = 4 << 10,
          .runs_per_level = 3,
          .last_level_fanout = 3};
}

StoreWorld::StoreWorld(uint64_t seed, StoreOptions options)
    : env_(std::make_unique<support::SimEnv>(seed)), options_(options), random_(seed) {}

StoreWorld::~StoreWorld() {
  reader_.reset();
  store_.reset();
}

Status StoreWorld::Open() {
  Result<std::unique_ptr<Store>> opened = Store::Open(*env_, "data", options_);
  if (!opened) return std::unexpected(opened.error());
  store_ = std::move(*opened);
  reader_ = std::make_unique<Reader>(*store_);
  const Seq last = store_->last_seq();
  EXPECT_GE(last, acknowledged_) << "an acknowledged write is lost";
  std::erase_if(changes_, [&](const Change& change) { return change.seq > last; });
  if (last != 0) {
    EXPECT_TRUE(!changes_.empty() && changes_.back().seq == last) << "a batch was torn";
  }
  View view = reader_->Newest(Tier::kMayBlock);
  const State found = ReadAll(view);
  if (!env_->frozen()) {
    EXPECT_EQ(found, StateAt(last));
  }
  acknowledged_ = last;
  return {};
}

Status StoreWorld::Close() {
  reader_.reset();
  const Status closed = store_->Close();
  store_.reset();
  return closed;
}

void StoreWorld::LosePower(uint64_t seed, support::PowerLoss kind) {
  NoteAcknowledged();
  std::unique_ptr<support::SimEnv> next = env_->LosePower(seed, kind);
  reader_.reset();
  store_.reset();
  env_ = std::move(next);
}

void StoreWorld::Kill() {
  NoteAcknowledged();
  std::unique_ptr<support::SimEnv> next = env_->Kill();
  reader_.reset();
  store_.reset();
  env_ = std::move(next);
}

void StoreWorld::Write(const std::map<std::string, std::optional<std::string>>& writes) {
  WriteBatch batch;
  for (const auto& [key, value] : writes) {
    if (value) {
      batch.Put(key, *value);
    } else {
      batch.Delete(key);
    }
  }
  const Result<Seq> seq = store_->Write(batch);
  if (seq) changes_.push_back({.seq = *seq, .writes = writes});
}

void StoreWorld::DropRange(const KeyRange& range) {
  WriteBatch batch;
  batch.DropRange(range.begin, range.end.value_or(""));
  const Result<Seq> seq = store_->Write(batch);
  if (seq) changes_.push_back({.seq = *seq, .writes = {}, .dropped = range});
}

void StoreWorld::DeleteEverything() {
  std::map<std::string, std::optional<std::string>> writes;
  for (const auto& [key, value] : StateAt(kMaxSeq)) writes[key] = std::nullopt;
  if (!writes.empty()) Write(writes);
}

KeyRange StoreWorld::RangeOfTheLastRun() {
  const std::shared_ptr<const Tree> tree = store_->versions().tree();
  if (tree->runs().empty()) return {};
  const std::span<const Fragment> oldest = tree->runs().back().fragments;
  return {.begin = oldest.front().range.begin, .end = oldest.back().range.end};
}

KeyRange StoreWorld::RandomRange(int keys_in_all) {
  if (random_.OneIn(3)) return {};
  if (random_.OneIn(2)) return RangeOfTheLastRun();
  const uint64_t begin = random_.Below(static_cast<uint64_t>(keys_in_all));
  return {.begin = Format("key:{:05}", begin), .end = Format("key:{:05}", 2 * begin + 1)};
}

void StoreWorld::WriteRandom(int keys_in_all) {
  if (random_.OneIn(60)) return DeleteEverything();
  if (random_.OneIn(60)) return DropRange(RandomRange(keys_in_all));
  std::map<std::string, std::optional<std::string>> writes;
  const uint64_t count = 1 + random_.Below(random_.OneIn(20) ? 40 : 3);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string key = Format("key:{:05}", random_.Below(static_cast<uint64_t>(keys_in_all)));
    if (random_.OneIn(4)) {
      writes[key] = std::nullopt;
    } else {
      const uint64_t size = random_.OneIn(30) ? random_.Below(3000) : random_.Below(60);
      writes[key] = Format("{}-{}", changes_.size(), std::string(size, 'v'));
    }
  }
  Write(writes);
  if (random_.OneIn(2)) store_->Kick();
}

void StoreWorld::Put(const std::string& key, const std::string& value) { Write({{key, value}}); }
void StoreWorld::Delete(const std::string& key) { Write({{key, std::nullopt}}); }

void StoreWorld::LetRun(int steps_max) {
  for (uint64_t i = random_.Below(static_cast<uint64_t>(steps_max)); i > 0; --i) {
    if (!env_->Step()) break;
  }
}

void StoreWorld::NoteAcknowledged() {
  if (store_ != nullptr && !env_->frozen()) {
    acknowledged_ = std::max(acknowledged_, store_->visible());
  }
}

void StoreWorld::Sync() {
  store_->Kick();
  env_->Await([this] { return store_->synced() >= store_->last_seq() || env_->frozen(); });
  NoteAcknowledged();
}

State StoreWorld::StateAt(Seq seq) const {
  State state;
  for (const Change& change : changes_) {
    if (change.seq > seq) break;
    if (change.dropped) {
      std::erase_if(state,
                    [&](const auto& entry) { return change.dropped->Contains(entry.first); });
    }
    for (const auto& [key, value] : change.writes) {
      if (value) {
        state[key] = *value;
      } else {
        state.erase(key);
      }
    }
  }
  return state;
}

std::set<std::string> StoreWorld::DroppedAt(Seq seq) const {
  std::set<std::string> written;
  std::set<std::string> dropped;
  for (const Change& change : changes_) {
    if (change.seq > seq) break;
    for (const std::string& key : written) {
      if (change.dropped && change.dropped->Contains(key)) dropped.insert(key);
    }
    for (const auto& [key, value] : change.writes) {
      written.insert(key);
      dropped.erase(key);
    }
  }
  return dropped;
}

State StoreWorld::ReadAll(View& view) {
  const std::set<std::string> dropped = DroppedAt(view.seq());
  State state;
  VisibleIterator it = view.NewIterator();
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    if (dropped.contains(std::string(it.key()))) continue;
    const bool inserted = state.emplace(it.key(), it.value()).second;
    EXPECT_TRUE(inserted) << "twice: " << it.key();
  }
  EXPECT_TRUE(it.status() || env_->frozen());
  return state;
}

void StoreWorld::CheckView(View& view, const State& expected) {
  EXPECT_EQ(ReadAll(view), expected);
  const std::set<std::string> dropped = DroppedAt(view.seq());
  const auto pass_over_dropped = [&](VisibleIterator& it, void (VisibleIterator::*move)()) {
    while (it.Valid() && dropped.contains(std::string(it.key()))) (it.*move)();
  };
  VisibleIterator it = view.NewIterator();
  auto model = expected.rbegin();
  for (it.SeekToLast();; it.Prev(), ++model) {
    pass_over_dropped(it, &VisibleIterator::Prev);
    if (!it.Valid() || model == expected.rend()) break;
    ASSERT_EQ(it.key(), model->first);
    ASSERT_EQ(it.value(), model->second);
  }
  EXPECT_TRUE(it.status());
  EXPECT_FALSE(it.Valid());
  EXPECT_TRUE(model == expected.rend());
  for (int i = 0; i < 20; ++i) {
    const std::string key = Format("key:{:05}", random_.Below(400));
    if (dropped.contains(key)) continue;
    const Result<std::optional<std::string_view>> value = view.Get(key);
    ASSERT_TRUE(value) << value.error().message();
    const auto found = expected.find(key);
    ASSERT_EQ(value->has_value(), found != expected.end()) << key;
    if (*value) {
      ASSERT_EQ(**value, found->second);
    }
    VisibleIterator before = view.NewIterator();
    before.SeekBefore(key);
    pass_over_dropped(before, &VisibleIterator::Prev);
    auto at = expected.lower_bound(key);
    ASSERT_EQ(before.Valid(), at != expected.begin());
    if (before.Valid()) {
      ASSERT_EQ(before.key(), std::prev(at)->first);
    }
    // A turn in the middle of a walk.
    VisibleIterator turning = view.NewIterator();
    turning.Seek(key);
    pass_over_dropped(turning, &VisibleIterator::Next);
    for (int step = 0; step < 6; ++step) {
      ASSERT_EQ(turning.Valid(), at != expected.end());
      if (!turning.Valid()) break;
      ASSERT_EQ(turning.key(), at->first);
      ASSERT_EQ(turning.value(), at->second);
      const bool forwards = random_.OneIn(2);
      const auto move = forwards ? &VisibleIterator::Next : &VisibleIterator::Prev;
      (turning.*move)();
      pass_over_dropped(turning, move);
      if (forwards) {
        ++at;
      } else if (at == expected.begin()) {
        ASSERT_FALSE(turning.Valid());
        break;
      } else {
        --at;
      }
    }
  }
}

void StoreWorld::CheckReadsAt(const Snapshot& snapshot) {
  View view = reader_->At(snapshot, Tier::kMayBlock);
  EXPECT_EQ(ReadAll(view), StateAt(snapshot.seq()));
}

void StoreWorld::CheckReads() {
  {
    const Seq visible = store_->visible();
    View view = reader_->Visible(Tier::kMayBlock);
    EXPECT_EQ(view.seq(), visible);
    CheckView(view, StateAt(visible));
  }
  View view = reader_->Newest(Tier::kMayBlock);
  CheckView(view, StateAt(kMaxSeq));
}

}  // namespace cordwood::storage
