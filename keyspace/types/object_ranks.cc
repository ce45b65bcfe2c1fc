#include "keyspace/types/object_ranks.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "keyspace/core/in_turns.h"
#include "keyspace/types/counted_order.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::keyspace {
namespace {

CountedOrder CountedOrderOf(Transaction& tx, Generation generation, const ObjectPayload& object) {
  return {tx, CountedElementsOf(generation, object), object.ranks};
}

/// Takes what both have in common out of both. REQUIRES: they are sorted.
Status KeepDifferences(Transaction& tx, std::vector<std::string>& a, std::vector<std::string>& b) {
  size_t kept_a = 0;
  size_t kept_b = 0;
  const auto keep = [](std::vector<std::string>& all, size_t i, size_t& kept) {
    if (kept != i) all[kept] = std::move(all[i]);
    ++kept;
  };
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    CW_TRY(tx.Breathe());
    if (j == b.size() || (i < a.size() && a[i] < b[j])) {
      keep(a, i++, kept_a);
    } else if (i == a.size() || b[j] < a[i]) {
      keep(b, j++, kept_b);
    } else {
      ++i;
      ++j;
    }
  }
  a.resize(kept_a);
  b.resize(kept_b);
  return {};
}

}  // namespace

bool MayHaveRanks(const ObjectPayload& object) {
  return object.scores || (object.list && (object.shape & kEdited) != 0);
}

Result<std::optional<std::string>> SubkeyByRank(Transaction& tx, Generation generation,
                                                const ObjectPayload& object, uint64_t index) {
  if (object.list && !MayHaveRanks(object)) return ListSubkey(object.list->head + index);
  if (object.ranks != Ranks::kWhole) return std::nullopt;
  return CountedOrderOf(tx, generation, object).SubkeyAt(index);
}

Result<std::optional<uint64_t>> CountByRanks(Transaction& tx, Generation generation,
                                             const ObjectPayload& set, const OrderRange& range) {
  if (set.ranks != Ranks::kWhole) return std::nullopt;
  if (range.IsEmpty()) return 0;
  CountedOrder order = CountedOrderOf(tx, generation, set);
  uint64_t begin = 0;
  uint64_t end = set.count;
  if (!range.begin.empty()) {
    CW_ASSIGN(begin, order.RankOf(range.begin));
  }
  if (!range.end.empty()) {
    CW_ASSIGN(end, order.RankOf(range.end));
  }
  if (end < begin) {
    return Fail(ErrorCode::kCorruption, "the ranks of a sorted set are not those of its members");
  }
  return end - begin;
}

void AskForRanks(Transaction& tx, const KeyName& name, const ObjectPayload& object,
                 uint64_t steps) {
  Keyspace& keyspace = tx.keyspace();
  if (!MayHaveRanks(object) || object.ranks == Ranks::kWhole) return;
  if (steps <= keyspace.options().steps_without_ranks) return;
  keyspace.rank_requests().Ask(name.generation, name.key, object.oid);
}

void AskForRanksAt(Transaction& tx, const KeyName& name, const ObjectPayload& object,
                   uint64_t index) {
  AskForRanks(tx, name, object, std::min(index, object.count - index));
}

Status NoteInRanks(Transaction& tx, Generation generation, const ObjectPayload& object,
                   std::vector<std::string> deleted, std::vector<std::string> put) {
  if (object.ranks == Ranks::kNone) return {};
  CW_TRY(SortInTurns(tx, deleted, std::less()));
  CW_TRY(SortInTurns(tx, put, std::less()));
  CW_TRY(KeepDifferences(tx, deleted, put));
  CountedOrder order = CountedOrderOf(tx, generation, object);
  CW_TRY(order.NoteRemoved(deleted));
  return order.NoteAdded(put);
}

}  // namespace cordwood::keyspace
