#include "keyspace/core/databases.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"

namespace cordwood::keyspace {
namespace {

// A start steps over so many deleted keys to see whether a generation holds something.
constexpr uint64_t kHiddenPerGeneration = 8192;

}  // namespace

Databases::Databases(int count) : meanings_(static_cast<size_t>(count)) {
  CHECK(static_cast<Generation>(count) < kFirstFree);
  for (int db = 0; db < count; ++db) SetFirst(db, static_cast<Generation>(db) + 1);
}

Databases::~Databases() {
  for (std::atomic<Meaning*>& newest : meanings_) {
    // One after the other: a chain may be long.
    for (std::unique_ptr<Meaning> meaning(newest.load()); meaning != nullptr;) {
      meaning = std::move(meaning->older);
    }
  }
}

std::string Databases::RecordKey(int db) {
  return KeyRecordKey(kSystemGeneration, Format("db:{}", db));
}

void Databases::SetFirst(int db, Generation generation) {
  const std::unique_ptr<Meaning> replaced(NewestOf(db).load());
  Renumber(db, generation);
  NewestOf(db).store(new Meaning{.since = 0, .generation = generation, .older = nullptr});
}

void Databases::Renumber(int db, Generation generation) {
  if (const Meaning* before = NewestOf(db).load()) {
    // After the first half of a swap it is the other number's.
    const auto it = numbers_.find(before->generation);
    if (it != numbers_.end() && it->second == db) numbers_.erase(it);
  }
  numbers_[generation] = db;
}

Status Databases::Load(storage::View& view) {
  for (int db = 0; db < count(); ++db) {
    CW_ASSIGN(const std::optional<std::string_view> value, view.Get(RecordKey(db)));
    if (!value) continue;
    ByteReader in(*value);
    const std::optional<uint64_t> generation = in.Varint64();
    if (!generation || !in.empty()) {
      return Fail(ErrorCode::kCorruption, Format("the record of database {} is malformed", db));
    }
    SetFirst(db, *generation);
  }
  FindWritten(view);
  return {};
}

void Databases::FindWritten(storage::View& view) {
  std::set<Generation> meant;
  for (const auto& [generation, db] : numbers_) meant.insert(generation);
  storage::VisibleIterator keys = view.NewIterator({}, {}, /*fill_cache=*/false);
  for (auto it = meant.begin(); it != meant.end();) {
    keys.SetBudget(kHiddenPerGeneration);
    keys.Seek(TablePrefix(*it, Table::kKey));
    if (!keys.Valid() && keys.status()) return;  // nothing lies behind it
    // In doubt, because so much was deleted or cannot be read, it may hold something.
    std::string place;
    if (keys.Valid()) {
      place = keys.key();
    } else if (keys.stopped()) {
      place = keys.passed();
    }
    std::string_view rest = place;
    const Generation met = TakeOrderedVarint(rest).value_or(*it);
    if (meant.contains(met)) written_.insert(met);
    it = meant.upper_bound(met);
  }
}

Generation Databases::Newest(int db) const { return NewestMeaning(db).generation; }

Generation Databases::At(int db, storage::Seq seq) const {
  const Meaning* meaning = &NewestMeaning(db);
  while (meaning->since > seq) {
    meaning = meaning->older.get();
    CHECK(meaning != nullptr);
  }
  return meaning->generation;
}

void Databases::Change(storage::Seq seq, int db, Generation generation) {
  Renumber(db, generation);
  std::atomic<Meaning*>& newest = NewestOf(db);
  auto meaning = std::make_unique<Meaning>();
  meaning->since = seq;
  meaning->generation = generation;
  meaning->older.reset(newest.load());
  newest.store(meaning.release(), std::memory_order_release);
  changes_.push_back({.seq = seq, .meaning = newest.load()});
  ++times_changed_;
}

void Databases::Forget(storage::Seq oldest) {
  for (; !changes_.empty() && changes_.front().seq <= oldest; changes_.pop_front()) {
    // Every reader stops at this one, or in front of it. What is behind the one before went before.
    changes_.front().meaning->older.reset();
  }
}

std::optional<int> Databases::NumberOf(Generation generation) const {
  const auto it = numbers_.find(generation);
  if (it == numbers_.end()) return std::nullopt;
  return it->second;
}

std::optional<int> Databases::NumberAt(Generation generation, storage::Seq seq) const {
  const std::optional<int> newest = NumberOf(generation);
  if (newest && At(*newest, seq) == generation) return newest;
  for (int db = 0; db < count(); ++db) {
    if (At(db, seq) == generation) return db;
  }
  return std::nullopt;
}

}  // namespace cordwood::keyspace
