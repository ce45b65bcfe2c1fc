#include "keyspace/core/expiry_cycle.h"

#include <optional>
#include <set>
#include <string>

#include "base/check.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/range_walk.h"

namespace cordwood::keyspace {
namespace {

/// True if the deadline is done with, false if it has to wait for blocks.
bool Serve(Transaction& tx, std::string_view store_key, ExpiryOutcome& outcome) {
  const std::optional<ParsedKey> deadline = ParseStoreKey(store_key);
  CHECK(deadline.has_value());  // it lies within the table of deadlines
  const KeyName name{.generation = deadline->generation, .key = deadline->rest};
  const Result<Lookup> found = FindKey(tx, name);
  if (!found && found.error().code() == ErrorCode::kCold) {
    outcome.cold = true;
    return false;
  }
  if (!found) {
    ++outcome.unreadable;
  } else if (found->stored && found->stored->expiry_ms == deadline->expiry_ms) {
    if (RemoveKey(tx, name, *found)) {
      tx.NoteExpired(name.generation, name.key);
      ++outcome.removed;
    } else {
      ++outcome.unreadable;
    }
  } else {
    tx.Delete(store_key);
    ++outcome.stale;
  }
  return true;
}

/// Deadlines between two looks at the time.
constexpr uint64_t kDeadlinesBetweenClocks = 16;

/// What a run may still do.
class Allowance {
 public:
  explicit Allowance(const ExpiryLimits& limits) : limits_(limits) {}

  /// Whether it may look at one more deadline.
  bool Take() {
    if (served_ >= limits_.deadlines) ended_ = true;
    const bool looks = served_ > 0 && served_ % kDeadlinesBetweenClocks == 0;
    if (!ended_ && looks && limits_.time_is_up && limits_.time_is_up()) ended_ = true;
    if (!ended_) ++served_;
    return !ended_;
  }
  /// No more deadlines.
  void End() { ended_ = true; }

  uint64_t hidden = kHiddenPerSlice;

 private:
  const ExpiryLimits& limits_;
  uint64_t served_ = 0;
  bool ended_ = false;
};

bool NamedManyBlocks(Transaction& tx) {
  return storage::BytesOf(tx.view().missing()) > kColdBytesPerRun;
}

/// Serves what is due in one generation; takes what it looked at off `allowance`.
Status ServeGeneration(Transaction& tx, Generation generation, Allowance& allowance,
                       ExpiryOutcome& outcome) {
  const std::string end = DeadlineKey(generation, tx.now_ms() + 1, {});
  const std::string start = tx.keyspace().deadline_floors().Of(generation);
  if (start >= end) return {};
  std::string floor = start;
  std::optional<std::string> left;  // the first deadline that stays
  // Up to what lies behind all deadlines.
  storage::VisibleIterator deadlines =
      tx.NewIterator(start, TablePrefix(generation, Table::kOwner));
  deadlines.SetBudget(allowance.hidden);
  for (deadlines.Seek(floor); deadlines.Valid() && deadlines.key() < end; deadlines.Next()) {
    if (!allowance.Take()) {
      outcome.more = true;
      break;
    }
    if (Serve(tx, deadlines.key(), outcome)) {
      outcome.got_on = true;
    } else {
      if (!left) left = deadlines.key();
      if (NamedManyBlocks(tx)) allowance.End();
    }
    floor = deadlines.key();
  }
  allowance.hidden = deadlines.budget();
  if (deadlines.stopped()) {
    floor = deadlines.passed();
    if (floor < end) {
      const bool cold = deadlines.status().error().code() == ErrorCode::kCold;
      (cold ? outcome.cold : outcome.paused) = true;
    }
  } else if (!deadlines.status()) {
    return deadlines.status();
  } else if (deadlines.Valid()) {
    floor = deadlines.key();
  } else {
    floor = TablePrefix(generation, Table::kOwner);
  }
  if (left) floor = *std::move(left);
  if (floor > start) outcome.got_on = true;
  tx.RaiseDeadlineFloor(generation, std::move(floor));
  return {};
}

}  // namespace

Result<ExpiryOutcome> ExpiryCycle::Run(Transaction& tx, const ExpiryLimits& limits) {
  ExpiryOutcome outcome;
  const std::set<Generation>& due = keyspace_.deadline_floors().Due(tx.now_ms());
  auto place = due.lower_bound(next_);
  Allowance allowance(limits);
  for (size_t left = due.size(); left > 0 && !outcome.more && !outcome.paused; --left) {
    if (place == due.end()) place = due.begin();
    const Generation generation = *place++;
    CW_TRY(ServeGeneration(tx, generation, allowance, outcome));
    if (outcome.more || outcome.paused) next_ = generation + 1;
  }
  return outcome;
}

}  // namespace cordwood::keyspace
