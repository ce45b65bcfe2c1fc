#include "commands/core/lookup.h"

#include "commands/core/error_texts.h"
#include "commands/core/process.h"

namespace cordwood::commands {

uint64_t Call::Seed() {
  if (!client.seed) client.seed = host.process.RandomU64();
  return *client.seed + draw * 0x9e3779b97f4a7c15;
}

void CountLookups(Call& call, size_t found, std::span<const std::string_view> missing) {
  for (size_t i = 0; i < found; ++i) call.tx.NoteLookup(true);
  for (const std::string_view key : missing) CountLookup(call, call.Key(key), false);
}

Result<keyspace::Lookup> FindForWrite(Call& call, const keyspace::KeyName& name) {
  // As it comes: every move of a record costs.
  Result<keyspace::Lookup> found = keyspace::FindKey(call.tx, name);
  if (found) CW_TRY(keyspace::SweepExpired(call.tx, name, *found));
  return found;
}

bool RepliedWrongType(Call& call, const keyspace::Record* record, keyspace::Type type) {
  if (record == nullptr || record->type == type) return false;
  call.reply.Error(kWrongType);
  return true;
}

Result<std::optional<keyspace::RecordView>> LookUp(Call& call, std::string_view key) {
  const keyspace::KeyName name = call.Key(key);
  CW_ASSIGN(const std::optional<keyspace::RecordView> record, keyspace::SeeKey(call.tx, name));
  CountLookup(call, name, record.has_value());
  return record;
}

Result<SeenString> SeeString(Call& call, std::string_view key) {
  const keyspace::KeyName name = call.Key(key);
  CW_ASSIGN(const std::optional<keyspace::RecordView> record, keyspace::SeeKey(call.tx, name));
  if (record && record->header.type == keyspace::Type::kString &&
      record->header.form == keyspace::Form::kElements) {
    return SeenString{.exists = true, .in_chunks = true, .value = record->payload};
  }
  CountLookup(call, name, record.has_value());
  if (!record) return SeenString();
  if (record->header.type == keyspace::Type::kString) {
    return SeenString{.exists = true, .value = record->payload};
  }
  call.reply.Error(kWrongType);
  return SeenString{.exists = true, .wrong_type = true};
}

}  // namespace cordwood::commands
