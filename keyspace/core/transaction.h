#pragma once

// What one command reads and writes. Writes go to a private overlay that the command's own reads
// see; Commit turns them into one batch. A command that must run again (its blocks are cold) drops
// its transaction and with it everything it did.
//
// In read mode it shows the visible state; in execute mode the newest. Both judge expiry at
// `now_ms`, the command's one look at the clock.
//
// One that waits may let others commit meanwhile, if a guard is told what it reads: it is then to
// be committed only if none of that was changed. What it writes apart, in batches of its own before
// Commit, is dropped if it is not committed.
//
// Ownership: the keyspace and the view outlive it. Threads: the loop for reads, the executor for
// the rest.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/key_change.h"
#include "keyspace/core/key_event.h"
#include "keyspace/core/keyspace.h"
#include "keyspace/core/overlay.h"
#include "keyspace/core/pending_objects.h"
#include "keyspace/core/read_guard.h"
#include "keyspace/core/waiter.h"
#include "storage/reader.h"
#include "storage/write_batch.h"

namespace cordwood::keyspace {

class Transaction {
 public:
  enum class Mode : uint8_t { kRead, kExecute };

  Transaction(Keyspace& keyspace, storage::View& view, Mode mode, int64_t now_ms)
      : keyspace_(keyspace),
        view_(view),
        mode_(mode),
        now_ms_(now_ms),
        bytes_that_fit_(std::min(kNameBytesMax, keyspace.store().write_limits().smallest())) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// From now on reads wait for blocks that are not in the cache: they answer kCold no more. Before
  /// the first read, for a command that has a stack of its own; it outlives the transaction.
  /// REQUIRES: as View::KeepOverRests.
  void WaitWith(Waiter& waiter);
  bool waits() const { return waiter_ != nullptr; }
  /// Lets others have their turn, if it is time. Does nothing without a waiter. An error: the work
  /// is given up.
  Status Breathe() {
    return waiter_ != nullptr && !keeps_turn_ && waiter_->IsTime() ? Pause() : Status();
  }
  /// Waits for what the view misses. REQUIRES: waits(), and something is missing.
  Status AwaitBlocks(Waiter::Earlier earlier);
  /// From now on whoever waits for a block waits as well for those that `look` lacks, which reads
  /// what is going to be read next; all of these stay. It outlives this; null: nothing.
  void LookAheadBy(const std::function<void()>* look) {
    look_ahead_ = look;
    earlier_ = Waiter::Earlier::kGo;
  }
  /// From now on others may commit while it waits. The guard outlives it. REQUIRES: as WaitWith.
  void GuardReads(ReadGuard& guard) { guard_ = &guard; }
  bool is_guarded() const { return guard_ != nullptr; }
  /// As the guard's.
  void NoteRead(Generation generation, std::string_view key) {
    if (guard_ != nullptr) guard_->NoteRead(generation, key);
  }
  void NoteExpiry(std::optional<int64_t> expiry_ms) {
    if (guard_ != nullptr && expiry_ms && *expiry_ms > now_ms_) guard_->NoteExpiry(*expiry_ms);
  }
  /// Null: nobody commits while it waits.
  ReadGuard* guard() { return guard_; }
  /// Returns when it may be committed as Waiter::AwaitCommit says. From now on others do not get
  /// their turn but where it has to wait, until ShareTurns. REQUIRES: waits().
  Status AwaitCommit(uint64_t bytes, bool frees);
  void ShareTurns() { keeps_turn_ = false; }
  /// Walks that read through the view, and must not while it rests.
  void Register(ViewUser& user) { users_.push_back(&user); }
  void Unregister(ViewUser& user) { std::erase(users_, &user); }

  Keyspace& keyspace() { return keyspace_; }
  storage::View& view() { return view_; }
  Mode mode() const { return mode_; }
  int64_t now_ms() const { return now_ms_; }

  Generation GenerationOf(int db) const;
  /// The numbers of those that may hold something, ascending; all others are empty. REQUIRES:
  /// execute mode.
  std::vector<int> WrittenDatabases() const;
  int64_t CountOf(int db, CounterKind kind) const;

  // --- store keys; values live as long as the transaction and its view ---
  Result<std::optional<std::string_view>> Get(std::string_view store_key);
  /// What can be said without reading a file; `value` is filled if present.
  storage::Presence Probe(std::string_view store_key, std::string_view* value);
  /// Walks what is committed; the overlay does not show. REQUIRES: nothing in the range walked was
  /// written by this transaction. See keyspace/core/range_walk.h for one without this requirement.
  /// Bounds as in storage/reader.h.
  storage::VisibleIterator NewIterator(std::string begin, std::string end) {
    return view_.NewIterator(std::move(begin), std::move(end));
  }
  /// What this transaction wrote first at or after `store_key`.
  struct OwnWrite {
    std::string_view key;
    std::optional<std::string_view> value;  // absent: deleted
  };
  std::optional<OwnWrite> FirstWrite(std::string_view store_key) const;
  /// And last before `store_key`; empty: last of all.
  std::optional<OwnWrite> LastWriteBefore(std::string_view store_key) const;

  // --- writing; REQUIRES execute mode ---
  void Put(std::string_view store_key, std::string_view value,
           Assumption assumption = Assumption::kSettled) {
    PutParts(store_key, {}, value, assumption);
  }
  /// The value is `head` and `tail`, one behind the other.
  void PutParts(std::string_view store_key, std::string_view head, std::string_view tail,
                Assumption assumption = Assumption::kSettled);
  /// As PutParts, for a value that takes the place of a larger one: still only takes away.
  void PutShrunk(std::string_view store_key, std::string_view head, std::string_view tail = {});
  void Delete(std::string_view store_key);
  /// Everything in the range is gone, what this transaction wrote there included.
  void DropRange(std::string begin, std::string end);
  /// Everything of the generation is gone; its counters become zero.
  void DropGeneration(Generation generation);
  void PutDeadline(Generation generation, int64_t expiry_ms, std::string_view key);
  /// No deadline is left before this one; takes effect with Commit.
  void RaiseDeadlineFloor(Generation generation, std::string floor) {
    floors_[generation] = std::move(floor);
  }
  void Count(Generation generation, CounterKind kind, int64_t delta);
  /// Makes `generation` what `db` means, for this transaction's commands too.
  void SetGeneration(int db, Generation generation);
  /// Writes a batch of about so many bytes, which `fill` is called to make, when the store has room
  /// for it; `first` is the seq of the batch's next operation. Renews the view. REQUIRES: waits().
  using Fill = std::function<void(storage::WriteBatch& batch, storage::Seq first)>;
  Status WriteApart(uint64_t bytes, const Fill& fill);
  /// An object that was begun by WriteApart is dropped unless this is committed.
  void AdoptPending(const PendingObject& object) { pending_.push_back(object); }
  /// Numbers that nobody had before, for objects and generations. REQUIRES: !is_guarded(). Such a
  /// one takes its numbers from what it writes apart.
  Oid NewOid();
  Generation NewGeneration() { return Databases::kFirstFree + NewOid(); }
  /// The key was changed. Who writes its record says so by itself; who writes only elements calls
  /// this.
  void NoteChange(Generation generation, std::string_view key,
                  KeyChange::Kind kind = KeyChange::Kind::kChanged,
                  const std::optional<ListEnds>& ends = std::nullopt) {
    if (keyspace_.reports_changes()) AddChange(generation, key, kind, ends);
  }
  /// The changes so far, if anybody wants to know of them.
  const std::vector<KeyChange>& changes() const { return changes_; }
  /// The key has got what a command may wait for: said by who pushes, and by who gives a key
  /// another value under its name.
  void Signal(Generation generation, std::string_view key) {
    if (keyspace_.reports_signals()) AddSignal(generation, key);
  }
  /// Those so far, in their order, if anybody waits.
  const std::vector<KeySignal>& signals() const { return signals_; }
  /// What happened to the key, in Redis' order and by its names, which are static.
  void Notify(EventClass event_class, std::string_view event, Generation generation,
              std::string_view key) {
    if (keyspace_.reports_events(event_class)) AddEvent(event_class, event, generation, key);
  }
  /// Those so far. A run that counts has them also if it wrote nothing, and in read mode.
  const std::vector<KeyEvent>& events() const { return events_; }
  /// The transaction removed a key because it had expired.
  void NoteExpired(Generation generation, std::string_view key) {
    ++expired_;
    Notify(EventClass::kExpired, "expired", generation, key);
  }
  /// It looked for a key that somebody named.
  void NoteLookup(bool found) { ++(found ? hits_ : misses_); }
  /// The run is not undone: adds its lookups to the statistics. Once.
  void CountLookups();

  bool has_writes() const { return !overlay_.empty() || !ranges_.empty(); }
  bool drops_ranges() const { return !ranges_.empty(); }
  /// It writes so much that Commit takes longer than one turn should.
  bool is_much() const { return overlay_.size() > kWritesAtOnce; }
  static constexpr size_t kWritesAtOnce = 4096;
  /// Roughly what Commit would write.
  uint64_t write_bytes() const { return write_bytes_; }
  /// True if all it does is take away.
  bool frees() const { return frees_; }
  /// kTooLarge, naming the bound, if a name that is written or the whole is larger than any may be:
  /// then Commit writes nothing.
  Status CheckSizes() const {
    if (write_bytes_ <= bytes_that_fit_) return {};
    const bool each_fits = largest_write_bytes_ <= bytes_that_fit_ &&
                           write_bytes_ <= keyspace_.store().write_limits().batch_bytes;
    return each_fits ? Status() : CheckEachSize();
  }
  /// Writes the batch, if there is anything to write; returns the newest seq given so far. `pause`
  /// as in storage::Store::Write.
  Result<storage::Seq> Commit(const storage::Store::Pause& pause = {});

 private:
  struct Range {
    std::string begin;
    std::string end;
  };

  /// The number of the database that means `generation`, for this transaction's commands.
  std::optional<int> NumberOf(Generation generation) const;
  void AddChange(Generation generation, std::string_view key, KeyChange::Kind kind,
                 const std::optional<ListEnds>& ends);
  void AddSignal(Generation generation, std::string_view key);
  void AddEvent(EventClass event_class, std::string_view event, Generation generation,
                std::string_view key);
  Status Pause();
  /// The numbers that were handed out will be nobody else's, whoever writes next.
  void SpendOids(storage::WriteBatch& batch);
  /// Runs `wait` while nothing is read. Renews the view.
  template <typename Wait>
  Status Resting(const Wait& wait);
  Result<std::optional<std::string_view>> GetWaiting(std::string_view store_key);
  void LookAhead();
  Overlay::Touched Touch(std::string_view store_key, uint64_t value_bytes);
  Status CheckEachSize() const;
  /// Calls `visit(generation)` for those that the overlay puts something into.
  template <typename Visit>
  void ForEachWritten(const Visit& visit) const;
  /// Writes the batch together with the new meanings of databases.
  Result<storage::Seq> WriteToStore(const storage::WriteBatch& batch,
                                    const storage::Store::Pause& pause);
  /// Appends what is in the overlay, and notes the generations that it puts something into.
  void FillWithWrites(storage::WriteBatch& batch, const storage::Store::Pause& pause) const;
  void ApplyDeadlines();

  Keyspace& keyspace_;
  storage::View& view_;
  Waiter* waiter_ = nullptr;
  ReadGuard* guard_ = nullptr;
  std::vector<ViewUser*> users_;
  const Mode mode_;
  const int64_t now_ms_;
  const uint64_t bytes_that_fit_;  // what is written as a whole; then every part fits
  Overlay overlay_;
  std::vector<Range> ranges_;
  storage::Counters counts_;
  std::vector<KeyChange> changes_;
  std::vector<KeySignal> signals_;
  std::vector<KeyEvent> events_;
  std::map<int, Generation> generations_;
  std::vector<Generation> dropped_;
  std::map<Generation, std::string> floors_;           // raised
  std::map<Generation, std::string> first_deadlines_;  // of those written
  std::vector<PendingObject> pending_;
  uint64_t oids_ = 0;  // handed out, and not spent
  uint64_t expired_ = 0;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
  uint64_t write_bytes_ = 0;
  uint64_t largest_write_bytes_ = 0;  // key and value
  bool frees_ = true;
  bool has_puts_ = false;
  bool keeps_turn_ = false;
  const std::function<void()>* look_ahead_ = nullptr;
  bool looks_ahead_ = false;  // and does not wait
  Waiter::Earlier earlier_ = Waiter::Earlier::kGo;
};

}  // namespace cordwood::keyspace
