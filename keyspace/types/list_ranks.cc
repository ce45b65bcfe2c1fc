#include "keyspace/types/list_ranks.h"

#include <algorithm>

#include "keyspace/types/counted_order.h"

namespace cordwood::keyspace {
namespace {

CountedOrder OrderOf(Transaction& tx, Generation generation, const ObjectPayload& list) {
  return {tx, CountedElementsOf(Type::kList, generation, list), list.ranks};
}

}  // namespace

Result<std::optional<std::string>> SubkeyByRank(Transaction& tx, Generation generation,
                                                const ObjectPayload& list, uint64_t index) {
  if (list.ranks != Ranks::kWhole) return std::nullopt;
  return OrderOf(tx, generation, list).SubkeyAt(index);
}

void AskForRanks(Transaction& tx, const KeyName& name, const ObjectPayload& list, uint64_t index) {
  if ((list.shape & kEdited) == 0 || list.ranks == Ranks::kWhole) return;
  const uint64_t steps = std::min(index, list.count - index);
  Keyspace& keyspace = tx.keyspace();
  if (steps <= keyspace.options().steps_without_ranks) return;
  keyspace.rank_requests().Ask(name.generation, name.key, list.oid);
}

Status NotePut(Transaction& tx, Generation generation, const ObjectPayload& list,
               std::vector<std::string> subkeys) {
  if (list.ranks == Ranks::kNone) return {};
  std::ranges::sort(subkeys);
  return OrderOf(tx, generation, list).NoteAdded(subkeys);
}

Status NoteDeleted(Transaction& tx, Generation generation, const ObjectPayload& list,
                   std::vector<std::string> subkeys) {
  if (list.ranks == Ranks::kNone) return {};
  std::ranges::sort(subkeys);
  return OrderOf(tx, generation, list).NoteRemoved(subkeys);
}

}  // namespace cordwood::keyspace
