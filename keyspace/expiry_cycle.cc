#include "keyspace/expiry_cycle.h"

#include <optional>
#include <string>

#include "base/check.h"
#include "keyspace/keys.h"

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
      tx.NoteExpired();
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

/// Serves what is due in one generation; takes what it looked at off `limit`.
Status ServeGeneration(Transaction& tx, Generation generation, uint64_t& limit,
                       ExpiryOutcome& outcome) {
  const std::string end = DeadlineKey(generation, tx.now_ms() + 1, {});
  std::string floor = tx.keyspace().deadline_floors().Of(generation);
  if (floor >= end) return {};
  std::optional<std::string> left;  // the first deadline that stays
  storage::VisibleIterator deadlines = tx.NewIterator();
  for (deadlines.Seek(floor); deadlines.Valid() && deadlines.key() < end; deadlines.Next()) {
    if (limit == 0) {
      outcome.more = true;
      break;
    }
    --limit;
    if (!Serve(tx, deadlines.key(), outcome) && !left) left = deadlines.key();
    floor = deadlines.key();
  }
  if (!deadlines.status()) {
    if (deadlines.status().error().code() != ErrorCode::kCold) return deadlines.status();
    outcome.cold = true;
  } else if (deadlines.Valid()) {
    floor = deadlines.key();
  } else {
    floor = TablePrefix(generation, Table::kOwner);  // behind all deadlines
  }
  tx.RaiseDeadlineFloor(generation, left ? *std::move(left) : std::move(floor));
  return {};
}

}  // namespace

Result<ExpiryOutcome> ExpiryCycle::Run(Transaction& tx, uint64_t limit) {
  ExpiryOutcome outcome;
  const int databases = keyspace_.databases().count();
  const int first = first_db_;
  for (int i = 0; i < databases && !outcome.more; ++i) {
    const int db = (first + i) % databases;
    CW_TRY(ServeGeneration(tx, tx.GenerationOf(db), limit, outcome));
    if (outcome.more) first_db_ = (db + 1) % databases;
  }
  return outcome;
}

}  // namespace cordwood::keyspace
