#include "commands/sets/sources.h"

#include <utility>
#include <vector>

#include "commands/core/lookup.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/keys.h"
#include "keyspace/types/set_cursor.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::SetCursor;
using keyspace::SetOperation;

}  // namespace

Result<Sources> OpenSources(keyspace::Transaction& tx, keyspace::Generation generation,
                            std::span<const std::string_view> keys, SetOperation::Kind kind) {
  Sources sources;
  keyspace::GatheredReads reads;
  std::vector<SetCursor> sets;
  bool is_empty = false;
  for (size_t i = 0; i < keys.size(); ++i) {
    Result<keyspace::Lookup> found =
        keyspace::FindKey(tx, {.generation = generation, .key = keys[i]});
    if (!reads.Ok(found)) {
      if (reads.failed()) break;
      continue;
    }
    ++(found->live() != nullptr ? sources.hits : sources.misses);
    if (found->live() == nullptr) {
      is_empty |= kind == SetOperation::Kind::kIntersection ||
                  (kind == SetOperation::Kind::kDifference && i == 0);
      continue;
    }
    if (found->live()->type != keyspace::Type::kSet) {
      sources.wrong_type = true;
      break;
    }
    CW_ASSIGN(SetCursor set, SetCursor::Of(generation, *found->live()));
    sets.push_back(std::move(set));
  }
  CW_TRY(reads.status());
  if (!sources.wrong_type && !is_empty && !sets.empty()) {
    sources.operation.emplace(kind, std::move(sets));
  }
  return sources;
}

void CountLookups(keyspace::Transaction& tx, const Sources& sources) {
  for (uint64_t i = 0; i < sources.hits; ++i) CountLookup(tx, true);
  for (uint64_t i = 0; i < sources.misses; ++i) CountLookup(tx, false);
}

}  // namespace cordwood::commands::sets
