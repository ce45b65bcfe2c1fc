#pragma once

// Which generation a database number means, at every state that somebody may read, and which
// databases may hold something.
//
// FLUSHDB gives a number a new generation, SWAPDB swaps two; both are records of the system
// generation, so they are as durable as everything else. A change puts a new meaning in front of
// the one before, with the seq from which on it holds; what stands there is never changed. Readers
// take the first meaning that is not newer than their seq, without a lock. Meanings that nobody can
// ask for any more are forgotten.
//
// A generation that was written may hold something until it is dropped, although all its keys may
// be gone again.
//
// Threads: as the methods say.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "keyspace/core/key_codec.h"
#include "storage/reader.h"

namespace cordwood::keyspace {

class Databases {
 public:
  /// Every number has a generation of its own from the start: 1, 2, ... REQUIRES: the count is
  /// below kFirstFree.
  explicit Databases(int count);
  ~Databases();
  Databases(const Databases&) = delete;
  Databases& operator=(const Databases&) = delete;

  /// Reads the records of changed numbers, and looks which generations hold something. REQUIRES:
  /// nothing was committed yet, and the view reads files.
  Status Load(storage::View& view);

  // --- any thread ---

  int count() const { return static_cast<int>(meanings_.size()); }
  /// With everything that was executed.
  Generation Newest(int db) const;
  /// As of `seq`. REQUIRES: a snapshot or a view holds the seq.
  Generation At(int db, storage::Seq seq) const;

  // --- the executor ---

  /// From `seq` on the number means `generation`. Before the store has the change: nobody may read
  /// at `seq` yet. If the store then refuses it, the same call with the generation before undoes
  /// it.
  void Change(storage::Seq seq, int db, Generation generation);
  /// Forgets what no reader asks for. REQUIRES: nobody reads below `oldest`, or ever will.
  void Forget(storage::Seq oldest);
  /// How often a number was given another meaning.
  uint64_t times_changed() const { return times_changed_; }
  /// Meanings that are kept for older readers.
  size_t older() const { return changes_.size(); }

  /// The number that means it; nothing if none does any more.
  std::optional<int> NumberOf(Generation generation) const;
  /// The one that meant it as of `seq`; else as At. REQUIRES: as there.
  std::optional<int> NumberAt(Generation generation, storage::Seq seq) const;
  /// The generation was written, or everything in it is gone.
  void NoteWritten(Generation generation) {
    if (generation != last_written_) written_.insert(last_written_ = generation);
  }
  void NoteDropped(Generation generation) {
    written_.erase(generation);
    last_written_ = kSystemGeneration;
  }
  /// All others are empty.
  const std::set<Generation>& written() const { return written_; }

  /// The first generation that a flush may hand out; smaller ones are the initial ones.
  static constexpr Generation kFirstFree = 1 << 16;

  static std::string RecordKey(int db);

 private:
  struct Meaning {
    storage::Seq since = 0;
    Generation generation = 0;
    std::unique_ptr<Meaning> older;
  };
  struct Changed {
    storage::Seq seq = 0;
    Meaning* meaning = nullptr;
  };

  const Meaning& NewestMeaning(int db) const {
    return *meanings_[static_cast<size_t>(db)].load(std::memory_order_acquire);
  }
  std::atomic<Meaning*>& NewestOf(int db) { return meanings_[static_cast<size_t>(db)]; }
  /// Nothing was changed yet: nobody asks for what it meant before.
  void SetFirst(int db, Generation generation);
  void Renumber(int db, Generation generation);
  void FindWritten(storage::View& view);

  std::vector<std::atomic<Meaning*>> meanings_;  // owned; the newest of each number
  std::deque<Changed> changes_;                  // in the order in which they were made
  std::unordered_map<Generation, int> numbers_;
  uint64_t times_changed_ = 0;
  std::set<Generation> written_;
  Generation last_written_ = kSystemGeneration;  // the set need not be asked for it again
};

}  // namespace cordwood::keyspace
