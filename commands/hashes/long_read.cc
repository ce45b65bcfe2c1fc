#include "commands/hashes/long_read.h"

#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"

namespace cordwood::commands::hashes {

Result<bool> HashRead::Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
  const keyspace::KeyName name = {.generation = generation(), .key = key_};
  const bool first = !found_;
  keyspace::Lookup lookup;
  if (first) {
    CW_ASSIGN(lookup, keyspace::FindKey(tx, name));
    if (lookup.live() == nullptr) {
      CountLookup(tx, false);
      ReplyMissing(reply);
      return true;
    }
    if (lookup.live()->type != keyspace::Type::kHash) {
      CountLookup(tx, true);
      reply.Error(kWrongType);
      return true;
    }
  } else {
    lookup = *found_;
  }
  keyspace::Hash hash(tx, name, lookup);
  if (first) {
    CW_ASSIGN(const uint64_t length, hash.Length());
    Begin(reply, length);
  }
  CW_ASSIGN(const bool done, Continue(hash, reply));
  found_ = std::move(lookup);
  if (done) CountLookup(tx, true);
  return done;
}

Status RunSliced(Call& call, WhenCold when_cold,
                 const std::function<std::unique_ptr<HashRead>()>& make) {
  const size_t start = call.reply.size();
  const std::unique_ptr<HashRead> read = make();
  read->FixGeneration(call.tx.GenerationOf(call.client.db));
  const Result<bool> done = read->Step(call.tx, call.reply);
  const bool cold = !done && done.error().code() == ErrorCode::kCold;
  if (!done && !(cold && when_cold == WhenCold::kGoOn)) return std::unexpected(done.error());
  if (done && *done) return {};
  call.reply.Truncate(start);
  call.long_read = make();
  return {};
}

}  // namespace cordwood::commands::hashes
