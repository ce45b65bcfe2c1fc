#include "keyspace/core/transaction.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"

namespace cordwood::keyspace {
namespace {

constexpr uint64_t kOpOverheadBytes = 16;
/// Writes that go into a batch between two pauses.
constexpr uint64_t kFilledAtOnce = 64;

/// At most those of the key or field that the store key is for; what is too long is told exactly.
uint64_t NameBytes(std::string_view store_key) {
  if (store_key.size() <= kNameBytesMax) return store_key.size();
  const std::optional<ParsedKey> key = ParseStoreKey(store_key);
  if (!key) return 0;
  if (key->table != Table::kElement) return key->rest.size();
  const bool is_separator = key->rest.starts_with(static_cast<char>(kSeparatorSpace));
  const uint64_t in_front = is_separator ? kSeparatorHeadBytes : kSubkeyHeadBytes;
  return key->rest.size() - std::min<uint64_t>(in_front, key->rest.size());
}

}  // namespace

Transaction::~Transaction() {
  for (const PendingObject& object : pending_) keyspace_.pending_objects().GiveUp(object);
}

Generation Transaction::GenerationOf(int db) const {
  if (const auto it = generations_.find(db); it != generations_.end()) return it->second;
  const Databases& databases = keyspace_.databases();
  return mode_ == Mode::kExecute ? databases.Newest(db) : databases.At(db, view_.seq());
}

template <typename Visit>
void Transaction::ForEachWritten(const Visit& visit) const {
  Generation last = kSystemGeneration;
  for (const auto& [key, written] : overlay_) {
    if (!written.value) continue;
    std::string_view rest = key;
    const Generation generation = TakeOrderedVarint(rest).value_or(kSystemGeneration);
    if (generation != last) visit(generation);
    last = generation;
  }
}

std::vector<int> Transaction::WrittenDatabases() const {
  CHECK(mode_ == Mode::kExecute);
  const Databases& databases = keyspace_.databases();
  std::set<Generation> written = databases.written();
  ForEachWritten([&](Generation generation) { written.insert(generation); });
  for (const Generation generation : dropped_) written.erase(generation);
  std::map<Generation, int> changed;
  for (const auto& [db, generation] : generations_) changed.emplace(generation, db);
  std::vector<int> numbers;
  for (const Generation generation : written) {
    const auto it = changed.find(generation);
    const std::optional<int> db =
        it != changed.end() ? std::optional(it->second) : databases.NumberOf(generation);
    if (db && GenerationOf(*db) == generation) numbers.push_back(*db);
  }
  std::ranges::sort(numbers);
  return numbers;
}

int64_t Transaction::CountOf(int db, CounterKind kind) const {
  const uint64_t counter = CounterId(GenerationOf(db), kind);
  storage::Store& store = keyspace_.store();
  if (mode_ == Mode::kRead) return store.CountAt(counter, view_.seq());
  return store.NewestCount(counter) + counts_.Get(counter);
}

Result<std::optional<std::string_view>> Transaction::Get(std::string_view store_key) {
  if (const Overlay::Written* own = overlay_.Find(store_key)) return own->value;
  return waiter_ == nullptr || looks_ahead_ ? view_.Get(store_key) : GetWaiting(store_key);
}

Result<std::optional<std::string_view>> Transaction::GetWaiting(std::string_view store_key) {
  // Of blocks that were named, one that cannot be read need not be one that it takes.
  Status waited;
  for (auto earlier = earlier_;; earlier = Waiter::Earlier::kStay) {
    Result<std::optional<std::string_view>> found = view_.Get(store_key);
    if (found || found.error().code() != ErrorCode::kCold) return found;
    CW_TRY(waited);
    LookAhead();
    waited = AwaitBlocks(earlier);
  }
}

void Transaction::LookAhead() {
  if (look_ahead_ == nullptr) return;
  earlier_ = Waiter::Earlier::kStay;
  looks_ahead_ = true;
  (*look_ahead_)();
  looks_ahead_ = false;
}

void Transaction::WaitWith(Waiter& waiter) {
  view_.KeepOverRests();
  waiter_ = &waiter;
}

template <typename Wait>
Status Transaction::Resting(const Wait& wait) {
  for (ViewUser* const user : users_) user->LetGo();
  view_.Rest();
  const Status status = wait();
  view_.Renew();
  return status;
}

Status Transaction::AwaitBlocks(Waiter::Earlier earlier) {
  std::vector<storage::BlockRef> blocks = view_.missing();
  CHECK(waits() && !blocks.empty());
  return Resting([&] { return waiter_->Await(std::move(blocks), earlier); });
}

Status Transaction::Pause() {
  return Resting([&] { return waiter_->Pause(); });
}

Status Transaction::AwaitCommit(uint64_t bytes, bool frees) {
  CW_TRY(Resting([&] { return waiter_->AwaitCommit(bytes, frees); }));
  keeps_turn_ = true;
  return {};
}

storage::Presence Transaction::Probe(std::string_view store_key, std::string_view* value) {
  const Overlay::Written* own = overlay_.Find(store_key);
  if (own == nullptr) return view_.Probe(store_key, value);
  if (!own->value) return storage::Presence::kAbsent;
  *value = *own->value;
  return storage::Presence::kPresent;
}

std::optional<Transaction::OwnWrite> Transaction::FirstWrite(std::string_view store_key) const {
  const auto it = overlay_.AtOrAfter(store_key);
  if (it == overlay_.end()) return std::nullopt;
  return OwnWrite{.key = it->first, .value = it->second.value};
}

std::optional<Transaction::OwnWrite> Transaction::LastWriteBefore(
    std::string_view store_key) const {
  const auto it = overlay_.LastBefore(store_key);
  if (it == overlay_.end()) return std::nullopt;
  return OwnWrite{.key = it->first, .value = it->second.value};
}

Overlay::Touched Transaction::Touch(std::string_view store_key, uint64_t value_bytes) {
  CHECK(mode_ == Mode::kExecute);
  const uint64_t bytes = store_key.size() + value_bytes;
  write_bytes_ += bytes + kOpOverheadBytes;
  largest_write_bytes_ = std::max(largest_write_bytes_, bytes);
  return overlay_.Touch(store_key);
}

void Transaction::PutParts(std::string_view store_key, std::string_view head, std::string_view tail,
                           Assumption assumption) {
  frees_ = false;
  has_puts_ = true;
  const Overlay::Touched touched = Touch(store_key, head.size() + tail.size());
  touched.written.value = overlay_.Copy(head, tail);
  // What lies beneath the transaction's first write of a key is what the batch has to settle.
  if (touched.first) touched.written.assumption = assumption;
}

void Transaction::PutShrunk(std::string_view store_key, std::string_view head,
                            std::string_view tail) {
  const bool frees = frees_;
  PutParts(store_key, head, tail);
  frees_ = frees;
}

void Transaction::Delete(std::string_view store_key) { Touch(store_key, 0).written.value.reset(); }

void Transaction::DropRange(std::string begin, std::string end) {
  CHECK(mode_ == Mode::kExecute);
  write_bytes_ += begin.size() + end.size() + kOpOverheadBytes;
  // The range stands in front of all writes of the batch, and so does not cover them.
  if (has_puts_) overlay_.DeleteRange(begin, end);
  ranges_.push_back({.begin = std::move(begin), .end = std::move(end)});
}

void Transaction::DropGeneration(Generation generation) {
  std::string begin;
  AppendOrderedVarint(begin, generation);
  std::string end = PrefixEnd(begin);
  DropRange(std::move(begin), std::move(end));
  for (const CounterKind kind :
       {CounterKind::kKeys, CounterKind::kExpires, CounterKind::kObjects}) {
    const uint64_t counter = CounterId(generation, kind);
    counts_.Add(counter, -(keyspace_.store().NewestCount(counter) + counts_.Get(counter)));
  }
  dropped_.push_back(generation);
}

void Transaction::PutDeadline(Generation generation, int64_t expiry_ms, std::string_view key) {
  std::string store_key = DeadlineKey(generation, expiry_ms, key);
  const auto [first, inserted] = first_deadlines_.try_emplace(generation, store_key);
  if (!inserted && store_key < first->second) first->second = store_key;
  Put(store_key, {});
}

void Transaction::Count(Generation generation, CounterKind kind, int64_t delta) {
  counts_.Add(CounterId(generation, kind), delta);
}

void Transaction::SetGeneration(int db, Generation generation) {
  std::string value;
  AppendVarint64(value, generation);
  PutShrunk(Databases::RecordKey(db), value);
  generations_[db] = generation;
}

std::optional<int> Transaction::NumberOf(Generation generation) const {
  const auto own =
      std::ranges::find(generations_, generation, &std::pair<const int, Generation>::second);
  if (own != generations_.end()) return own->first;
  const Databases& databases = keyspace_.databases();
  return mode_ == Mode::kExecute ? databases.NumberOf(generation)
                                 : databases.NumberAt(generation, view_.seq());
}

void Transaction::AddChange(Generation generation, std::string_view key, KeyChange::Kind kind,
                            const std::optional<ListEnds>& ends) {
  const std::optional<int> db = NumberOf(generation);
  if (!db) return;
  changes_.push_back({.db = *db,
                      .generation = generation,
                      .key = overlay_.Copy(key, {}),
                      .kind = kind,
                      .ends = ends});
}

void Transaction::AddSignal(Generation generation, std::string_view key) {
  if (const std::optional<int> db = NumberOf(generation)) {
    signals_.push_back({.db = *db, .key = overlay_.Copy(key, {})});
  }
}

void Transaction::AddEvent(EventClass event_class, std::string_view event, Generation generation,
                           std::string_view key) {
  if (const std::optional<int> db = NumberOf(generation)) {
    events_.push_back(
        {.event_class = event_class, .event = event, .db = *db, .key = overlay_.Copy(key, {})});
  }
}

void Transaction::SpendOids(storage::WriteBatch& batch) {
  for (uint64_t i = 0; i < oids_; ++i) batch.Note({});
}

Oid Transaction::NewOid() {
  CHECK(!is_guarded());  // others write before this is committed
  return keyspace_.store().last_seq() + ++oids_;
}

Status Transaction::WriteApart(uint64_t bytes, const Fill& fill) {
  CHECK(waits() && mode_ == Mode::kExecute);
  return Resting([&]() -> Status {
    CW_TRY(waiter_->AwaitRoom(bytes));
    storage::WriteBatch batch;
    SpendOids(batch);
    fill(batch, keyspace_.store().last_seq() + batch.count() + 1);
    CW_TRY(keyspace_.store().Write(batch));
    oids_ = 0;
    return {};
  });
}

Status Transaction::CheckEachSize() const {
  storage::BatchSizes sizes;
  for (const auto& [key, written] : overlay_) {
    if (const uint64_t name_bytes = NameBytes(key); name_bytes > kNameBytesMax) {
      return Fail(ErrorCode::kTooLarge,
                  Format("key or field is too long: {} bytes where {} are allowed", name_bytes,
                         kNameBytesMax));
    }
    const uint64_t value_bytes = written.value ? written.value->size() : 0;
    sizes.NoteEntry(key.size(), value_bytes);
    sizes.batch_bytes += key.size() + value_bytes + kOpOverheadBytes;
  }
  return keyspace_.store().write_limits().Check(sizes);
}

void Transaction::FillWithWrites(storage::WriteBatch& batch,
                                 const storage::Store::Pause& pause) const {
  Databases& databases = keyspace_.databases();
  uint64_t filled = 0;
  for (const auto& [key, write] : overlay_) {
    const auto assumption = static_cast<uint8_t>(write.assumption);
    if (write.value) {
      std::string_view rest = key;
      const Generation generation = TakeOrderedVarint(rest).value_or(kSystemGeneration);
      if (generation != kSystemGeneration) databases.NoteWritten(generation);
      batch.Put(key, *write.value, assumption);
    } else {
      batch.Delete(key, assumption);
    }
    if (pause && ++filled % kFilledAtOnce == 0) pause();
  }
}

Result<storage::Seq> Transaction::Commit(const storage::Store::Pause& pause) {
  storage::Store& store = keyspace_.store();
  if (!has_writes()) {
    ApplyDeadlines();
    return store.last_seq();
  }
  CW_TRY(CheckSizes());
  storage::WriteBatch batch;
  batch.Reserve(write_bytes_ + counts_.sums().size() * kOpOverheadBytes);
  // In front: a range covers what has a smaller seq, and so nothing that was written behind it.
  for (const Range& range : ranges_) batch.DropRange(range.begin, range.end);
  FillWithWrites(batch, pause);
  for (const auto& [counter, delta] : counts_.sums()) batch.Count(counter, delta);
  CHECK(oids_ <= batch.count());  // the numbers handed out are those of the batch's operations
  overlay_.DropLargeValues();
  CW_ASSIGN(const storage::Seq seq, WriteToStore(batch, pause));
  pending_.clear();
  ApplyDeadlines();
  Databases& databases = keyspace_.databases();
  for (const Generation generation : dropped_) databases.NoteDropped(generation);
  keyspace_.stats().expired_keys.fetch_add(expired_, std::memory_order_relaxed);
  return seq;
}

void Transaction::CountLookups() {
  KeyspaceStats& stats = keyspace_.stats();
  stats.hits.fetch_add(hits_, std::memory_order_relaxed);
  stats.misses.fetch_add(misses_, std::memory_order_relaxed);
}

Result<storage::Seq> Transaction::WriteToStore(const storage::WriteBatch& batch,
                                               const storage::Store::Pause& pause) {
  storage::Store& store = keyspace_.store();
  Databases& databases = keyspace_.databases();
  // In front: once the store has the batch, D may pass it, and who reads at D must find the change.
  const storage::Seq seq = store.last_seq() + batch.count();
  std::map<int, Generation> before;
  for (const auto& [db, generation] : generations_) {
    before[db] = databases.Newest(db);
    databases.Change(seq, db, generation);
  }
  Result<storage::Seq> written = store.Write(batch, pause);
  if (!written) {
    for (const auto& [db, generation] : before) databases.Change(seq, db, generation);
  } else if (!generations_.empty()) {
    databases.Forget(store.OldestReader());
  }
  return written;
}

void Transaction::ApplyDeadlines() {
  if (floors_.empty() && first_deadlines_.empty() && dropped_.empty()) return;
  DeadlineFloors& floors = keyspace_.deadline_floors();
  for (const auto& [generation, floor] : floors_) floors.Raise(generation, floor);
  for (const auto& [generation, first] : first_deadlines_) floors.Lower(generation, first);
  for (const Generation generation : dropped_) floors.Forget(generation);
}

}  // namespace cordwood::keyspace
