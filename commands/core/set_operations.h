#pragma once

// Operations over the sets, or sorted sets, that a command names: what SINTER, ZUNION, SDIFFSTORE
// and their like have in common.
//
// Threads: the call's.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/core/events.h"
#include "commands/core/long_read.h"
#include "keyspace/core/key_codec.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/aggregate.h"
#include "keyspace/types/set_operation.h"

namespace cordwood::commands {

struct SetQuery {
  keyspace::SetOperation::Kind kind = keyspace::SetOperation::Kind::kUnion;
  std::vector<std::string> keys;
  bool takes_sorted_sets = false;
  std::vector<double> weights = {};  // of the keys, or none
  keyspace::Aggregate aggregate = keyspace::Aggregate::kSum;
};

/// A query that only knows its sets.
SetQuery QueryOf(keyspace::SetOperation::Kind kind, std::span<const std::string_view> keys);

struct SetSources {
  bool wrong_type = false;
  // Keys that were looked for, for CountLookups.
  uint64_t hits = 0;
  std::vector<std::string> missing = {};
  /// Empty: so is the result.
  std::optional<keyspace::SetOperation> operation = std::nullopt;
};

/// Looks all keys up.
Result<SetSources> OpenSources(keyspace::Transaction& tx, keyspace::Generation generation,
                               const SetQuery& query);

/// Once, when the run or the last slice counts.
void CountLookups(keyspace::Transaction& tx, keyspace::Generation generation,
                  const SetSources& sources);

/// Goes through the whole result, for a write: `visit` answers an error to stop. kLong: that is too
/// much for one turn, and the transaction does not wait.
using VisitMember = std::function<Status(std::string_view subkey, double score)>;
Status GoThrough(keyspace::Transaction& tx, keyspace::SetOperation& operation,
                 const VisitMember& visit);

/// Puts the record of a result that was built under `name`, whatever was there, and tells `stored`;
/// without one the key is gone. REQUIRES: the name is in the client's database.
Status StoreResult(Call& call, const keyspace::KeyName& name, const Event& stored,
                   const std::optional<keyspace::Record>& result);

/// A read of the result, in slices at one state.
class SetOperationRead : public LongRead {
 public:
  explicit SetOperationRead(SetQuery query) : query_(std::move(query)) {}

  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) final;

 protected:
  virtual void ReplyEmpty(protocol::ReplyWriter& reply) = 0;
  /// As LongRead::Step. An error only if it has replied nothing.
  virtual Result<bool> Continue(keyspace::Transaction& tx, keyspace::SetOperation& operation,
                                protocol::ReplyWriter& reply) = 0;

 private:
  const SetQuery query_;
  std::optional<SetSources> sources_;  // as of the first slice
};

/// How many members there are, up to a limit.
class SetCountRead final : public SetOperationRead {
 public:
  /// 0: no limit.
  SetCountRead(SetQuery query, uint64_t limit)
      : SetOperationRead(std::move(query)), limit_(limit == 0 ? UINT64_MAX : limit) {}

 private:
  void ReplyEmpty(protocol::ReplyWriter& reply) override { reply.Integer(0); }
  Result<bool> Continue(keyspace::Transaction& tx, keyspace::SetOperation& operation,
                        protocol::ReplyWriter& reply) override;

  const uint64_t limit_;
  uint64_t count_ = 0;
};

}  // namespace cordwood::commands
