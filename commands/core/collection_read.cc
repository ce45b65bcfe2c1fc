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
  const keyspace::KeyName name = {.generation = generation(), .key = key_};
  if (record_) {
    CW_ASSIGN(const bool done, Continue(tx, *record_, reply));
    if (done) CountLookup(tx, name, true);
    return done;
  }
  CW_ASSIGN(keyspace::Lookup found, keyspace::FindKey(tx, name));
  if (found.live() == nullptr) {
    CountLookup(tx, name, false);
    ReplyMissing(reply);
    return true;
  }
  if (found.live()->type != type_) {
    CountLookup(tx, name, true);
    reply.Error(kWrongType);
    return true;
  }
  CW_ASSIGN(const uint64_t length, keyspace::CountItems(*found.live()));
  Begin(reply, length);
  CW_ASSIGN(const bool done, Continue(tx, *found.live(), reply));
  record_ = *std::move(found.stored);
  if (done) CountLookup(tx, name, true);
  return done;
}

}  // namespace cordwood::commands
