#pragma once

// Reading: a Reader belongs to one thread; it opens one View at a time. A View holds still: it
// shows one state of the store until it is destroyed, and is meant to live for one command or one
// slice of a long one, since it keeps old files and memtables alive.
//
// A read at the visible state never shows what a power cut could take back. A read at the newest
// state shows everything that was executed: its consumer must wait for the seq it may have seen.
//
// Ownership: the store outlives its readers, a reader its view. Threads: one at a time.

#include <array>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/entry.h"
#include "storage/learned_gaps.h"
#include "storage/read_options.h"
#include "storage/table/block_cache.h"
#include "storage/version/sampling.h"
#include "storage/version/version.h"
#include "storage/version/version_cell.h"
#include "storage/visible_iterator.h"

namespace cordwood::storage {

class Store;

/// What can be said about a key without reading a file.
enum class Presence : uint8_t {
  kAbsent,   // it does not exist
  kUnknown,  // a filter says maybe, and the block is not in the cache
  kPresent,  // it exists
};

class View {
 public:
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  /// The state that is shown: everything up to this seq; kMaxSeq for the newest.
  Seq seq() const { return seq_; }

  /// The value of `key`, if it exists, for as long as the view lives. kCold if the view is
  /// cache-only and the blocks are not in the cache; then missing() names them. kCorruption names
  /// file and offset.
  Result<std::optional<std::string_view>> Get(std::string_view key);

  /// Never kCold and never an error: what memtables, filters and cached blocks decide. A present
  /// key's `*value` is as of Get.
  Presence Probe(std::string_view key, std::string_view* value);

  /// Of [begin, end): moves stay in it (VisibleIterator::SetBegin, SetEnd), and what has nothing
  /// there is not looked at. Empty bounds: there are none. The view must outlive the iterator. What
  /// reads once, and not for a client, does not fill the cache.
  VisibleIterator NewIterator(std::string begin = {}, std::string end = {}, bool fill_cache = true);

  /// Draws places in [begin, end), so that each entry is about as likely to be next to one as any
  /// other. The view must outlive it.
  PlaceSampler NewSampler(std::string_view begin, std::string_view end) {
    return PlaceSampler(*version_, begin, end, {.tier = tier_, .missing = &missing_});
  }

  /// The blocks that reads of this view did not find in the cache so far.
  const std::vector<BlockRef>& missing() const { return missing_; }

  /// For one that waits in the middle of its work, so that nothing old is kept alive meanwhile.
  /// Before the first read: from now on the values that were read outlive Rest. REQUIRES: the view
  /// is of the newest state, or at a snapshot.
  void KeepOverRests() { keeps_over_rests_ = true; }
  /// Lets go of the state, and so of the reader. Iterators and samplers must be gone, and nothing
  /// may be read until Renew.
  void Rest();
  /// Shows what is the newest state now, or the same snapshot; nothing is missing yet. REQUIRES: as
  /// a new view.
  void Renew();

 private:
  friend class Reader;
  friend class ReadScope;
  View(Store& store, LearnedGaps* gaps, VersionCell::Slot& slot, VersionCell::Pinned pinned,
       Seq seq, Tier tier, uint32_t ahead);
  uint64_t GapEpoch() const { return gaps_ == nullptr ? 0 : gaps_->epoch(); }

  /// Makes the value live as long as the view.
  std::string_view Keep(FoundEntry found);

  Store& store_;
  VersionCell::Slot& slot_;
  const Version* version_;  // null while it rests
  const Seq seq_;
  const Tier tier_;
  const uint32_t ahead_;
  bool keeps_over_rests_ = false;
  LearnedGaps* const gaps_;
  Seq visible_seq_;  // to everybody, when it was taken
  uint64_t gap_epoch_;
  std::vector<BlockRef> missing_;
  /// The first values out of tables keep their blocks in the cache. Later ones are copied: a
  /// command that reads many keys must not hold on to a block for each.
  std::array<BlockCache::Pin, 4> pins_;
  size_t pin_count_ = 0;
  std::forward_list<std::string> copies_;  // the newest first
  size_t copy_count_ = 0;
};

/// The values that a view gave while the scope lived go with it. For those who read many, and have
/// taken what they need of one before they read the next: a command that names a large value a
/// thousand times must not hold it a thousand times. Scopes end in the reverse order of their
/// beginning.
class ReadScope {
 public:
  explicit ReadScope(View& view) : view_(view), pins_(view.pin_count_), copies_(view.copy_count_) {}
  ~ReadScope();
  ReadScope(const ReadScope&) = delete;
  ReadScope& operator=(const ReadScope&) = delete;

 private:
  View& view_;
  const size_t pins_;
  const size_t copies_;
};

/// Keeps everything readable that was visible at one seq. See Store::TakeSnapshot.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Seq seq() const = 0;
};

class Reader {
 public:
  /// What walks learn of deleted stretches (storage/learned_gaps.h) belongs to the executor: a
  /// reader on another thread does without.
  enum class Gaps : bool { kNone, kLearned };

  explicit Reader(Store& store, Gaps gaps = Gaps::kLearned);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// `ahead`: how many times the usual number of blocks missing() names in front of a walk.
  /// REQUIRES, for all: the reader has no other view.
  View Visible(Tier tier, uint32_t ahead = 1);
  View Newest(Tier tier, uint32_t ahead = 1);
  View At(const Snapshot& snapshot, Tier tier, uint32_t ahead = 1);

 private:
  Store& store_;
  LearnedGaps* const gaps_;
  VersionCell::Slot& slot_;
};

}  // namespace cordwood::storage
