#include "commands/core/set_operations.h"

#include <algorithm>
#include <unordered_set>

#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/keys.h"
#include "keyspace/types/set_cursor.h"

namespace cordwood::commands {
namespace {

using keyspace::Lookup;
using keyspace::SetCursor;
using keyspace::SetOperation;
using keyspace::Type;
using Kind = SetOperation::Kind;

/// So many slices of an operation may belong to one turn.
constexpr int kSlicesAtOnce = 4;

}  // namespace

SetQuery QueryOf(Kind kind, std::span<const std::string_view> keys) {
  return {.kind = kind, .keys = {keys.begin(), keys.end()}};
}

Result<SetSources> OpenSources(keyspace::Transaction& tx, keyspace::Generation generation,
                               const SetQuery& query) {
  SetSources sources;
  keyspace::GatheredReads reads;
  std::vector<SetOperation::Source> sets;
  bool is_empty = false;
  std::unordered_set<std::string_view> seen;
  // Once more changes nothing, but for scores, and for the set that others are taken from.
  const auto changes_nothing = [&](size_t i) {
    if (query.takes_sorted_sets || (query.kind == Kind::kDifference && i == 0)) return false;
    return !seen.insert(query.keys[i]).second;
  };
  for (size_t i = 0; i < query.keys.size(); ++i) {
    CW_TRY(tx.Breathe());
    Result<Lookup> found = keyspace::FindKey(tx, {.generation = generation, .key = query.keys[i]});
    if (!reads.Ok(found)) {
      if (reads.failed()) break;
      continue;
    }
    if (found->live() != nullptr) {
      ++sources.hits;
    } else {
      sources.missing.push_back(query.keys[i]);
      is_empty |= query.kind == Kind::kIntersection || (query.kind == Kind::kDifference && i == 0);
      continue;
    }
    const Type type = found->live()->type;
    if (type != Type::kSet && !(type == Type::kSortedSet && query.takes_sorted_sets)) {
      sources.wrong_type = true;
      break;
    }
    if (changes_nothing(i)) continue;
    CW_ASSIGN(SetCursor set, SetCursor::Of(generation, *found->live()));
    sets.push_back({.set = std::move(set)});
    if (!query.weights.empty()) sets.back().weight = query.weights[i];
  }
  CW_TRY(reads.status());
  if (!sources.wrong_type && !is_empty && !sets.empty()) {
    sources.operation.emplace(query.kind, std::move(sets), query.aggregate);
  }
  return sources;
}

void CountLookups(keyspace::Transaction& tx, keyspace::Generation generation,
                  const SetSources& sources) {
  for (uint64_t i = 0; i < sources.hits; ++i) tx.NoteLookup(true);
  for (const std::string& key : sources.missing) {
    CountLookup(tx, {.generation = generation, .key = key}, false);
  }
}

Status GoThrough(keyspace::Transaction& tx, SetOperation& operation, const VisitMember& visit) {
  for (int slices = 0;; ++slices) {
    if (slices == kSlicesAtOnce && !tx.waits()) {
      return Fail(ErrorCode::kLong, "the sets are too large for one turn");
    }
    CW_ASSIGN(const bool done,
              operation.Advance(tx, [&](std::string_view subkey, double score) -> Result<bool> {
                CW_TRY(visit(subkey, score));
                return true;
              }));
    if (done) return {};
    CW_TRY(tx.Breathe());
  }
}

Status StoreResult(Call& call, const keyspace::KeyName& name, const Event& stored,
                   const std::optional<keyspace::Record>& result) {
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  if (result) {
    call.tx.Signal(name.generation, name.key);
    CW_TRY(keyspace::PutRecord(call.tx, name, before, *result));
    Notify(call, stored, name.key);
  } else if (before.stored) {
    CW_TRY(keyspace::RemoveKey(call.tx, name, before));
    Notify(call, kDeleted, name.key);
  }
  return {};
}

Result<bool> SetOperationRead::Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
  if (!sources_) {
    CW_ASSIGN(sources_, OpenSources(tx, generation(), query_));
  }
  bool done = true;
  if (sources_->wrong_type) {
    reply.Error(kWrongType);
  } else if (!sources_->operation) {
    ReplyEmpty(reply);
  } else {
    CW_ASSIGN(done, Continue(tx, *sources_->operation, reply));
  }
  if (done) CountLookups(tx, generation(), *sources_);
  return done;
}

Result<bool> SetCountRead::Continue(keyspace::Transaction& tx, SetOperation& operation,
                                    protocol::ReplyWriter& reply) {
  if (const std::optional<uint64_t> count = operation.known_count()) {
    reply.Integer(static_cast<int64_t>(std::min(*count, limit_)));
    return true;
  }
  CW_ASSIGN(const bool done,
            operation.Advance(tx, [&](std::string_view, double) { return ++count_ < limit_; }));
  if (done) reply.Integer(static_cast<int64_t>(count_));
  return done;
}

}  // namespace cordwood::commands
