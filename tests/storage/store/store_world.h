#pragma once

// A store on the simulated environment beside a model of it: what every batch changed, so that the
// state after any prefix of the commit order can be asked for.
//
// Nobody may ask for a key of a dropped range before it is written again, for the store never says
// how much of it is gone yet. The comparisons pass over such keys; the space that they take is
// ShrinksToOneRunWhenEverythingIsCompacted's.
//
// Threads: one.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "storage/store.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {

using State = std::map<std::string, std::string>;

/// Small enough that a few hundred writes rotate, flush and merge many times.
StoreOptions TinyOptions();

class StoreWorld {
 public:
  StoreWorld(uint64_t seed, StoreOptions options);
  ~StoreWorld();

  support::SimEnv& env() { return *env_; }
  Store& store() { return *store_; }
  Random& random() { return random_; }
  bool open() const { return store_ != nullptr; }

  /// Opens, or opens again, and compares with the model: everything that was acknowledged must be
  /// there, and the state must be that after some prefix of the batches. The model continues from
  /// that prefix.
  Status Open();
  Status Close();
  /// The machine goes down and comes back; the store is not open.
  void LosePower(uint64_t seed, support::PowerLoss kind = support::PowerLoss::kRandom);
  void Kill();

  /// One batch of random puts and deletes; rarely of all deletes, or of a dropped range.
  void WriteRandom(int keys_in_all);
  void Put(const std::string& key, const std::string& value);
  void Delete(const std::string& key);
  void DeleteEverything();
  void DropRange(const KeyRange& range);
  /// What the oldest run spans; all there is while there is none.
  KeyRange RangeOfTheLastRun();
  /// Runs background tasks for a random while.
  void LetRun(int steps_max);
  /// Notes that what is visible now was acknowledged.
  void NoteAcknowledged();
  /// Waits until everything written is durable.
  void Sync();

  /// The model after everything written, or at a seq.
  State StateAt(Seq seq) const;
  /// Keys that lie in a dropped range and were not written since.
  std::set<std::string> DroppedAt(Seq seq) const;
  Seq acknowledged() const { return acknowledged_; }

  /// Compares gets, and walks in both directions, with the model at the visible and the newest
  /// state.
  void CheckReads();
  /// The same at a snapshot, without steps back.
  void CheckReadsAt(const Snapshot& snapshot);
  /// Everything but what was dropped, reading files.
  State ReadAll(View& view);

 private:
  struct Change {
    Seq seq = 0;
    std::map<std::string, std::optional<std::string>> writes;
    std::optional<KeyRange> dropped = {};
  };

  KeyRange RandomRange(int keys_in_all);
  void Write(const std::map<std::string, std::optional<std::string>>& writes);
  void CheckView(View& view, const State& expected);

  std::unique_ptr<support::SimEnv> env_;
  const StoreOptions options_;
  Random random_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Reader> reader_;
  std::vector<Change> changes_;  // in commit order
  Seq acknowledged_ = 0;
};

}  // namespace cordwood::storage
