#include "commands/core/collection_read.h"

#include <utility>

#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "keyspace/types/object_reader.h"

namespace cordwood::commands {

Error CollectionRead::CountIsWrong() {
  return {ErrorCode::kCorruption, "a collection has fewer items than its record says"};
}

Result<bool> CollectionRead::Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
  if (record_) {
    CW_ASSIGN(const bool done, Continue(tx, *record_, reply));
    if (done) CountLookup(tx, true);
    return done;
  }
  CW_ASSIGN(keyspace::Lookup found,
            keyspace::FindKey(tx, {.generation = generation(), .key = key_}));
  if (found.live() == nullptr) {
    CountLookup(tx, false);
    ReplyMissing(reply);
    return true;
  }
  if (found.live()->type != type_) {
    CountLookup(tx, true);
    reply.Error(kWrongType);
    return true;
  }
  CW_ASSIGN(const uint64_t length, keyspace::CountItems(*found.live()));
  Begin(reply, length);
  CW_ASSIGN(const bool done, Continue(tx, *found.live(), reply));
  record_ = *std::move(found.stored);
  if (done) CountLookup(tx, true);
  return done;
}

Status RunSliced(Call& call, WhenCold when_cold,
                 const std::function<std::unique_ptr<CollectionRead>()>& make) {
  const size_t start = call.reply.size();
  const std::unique_ptr<CollectionRead> read = make();
  read->FixGeneration(call.tx.GenerationOf(call.client.db));
  const Result<bool> done = read->Step(call.tx, call.reply);
  const bool cold = !done && done.error().code() == ErrorCode::kCold;
  if (!done && !(cold && when_cold == WhenCold::kGoOn)) return std::unexpected(done.error());
  if (done && *done) return {};
  call.reply.Truncate(start);
  call.long_read = make();
  return {};
}

}  // namespace cordwood::commands
