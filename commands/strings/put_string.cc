#include "commands/strings/put_string.h"

#include <utility>

#include "keyspace/types/strings.h"

namespace cordwood::commands::strings {

Status PutKeepingExpiry(Call& call, const keyspace::KeyName& name, const keyspace::Lookup& before,
                        std::string value) {
  const keyspace::Record* old = before.live();
  const keyspace::Record record{.expiry_ms = old != nullptr ? old->expiry_ms : std::nullopt,
                                .payload = std::move(value)};
  return keyspace::PutRecord(call.tx, name, before, record);
}

Status ReplyString(Call& call, const keyspace::KeyName& name, const keyspace::Record* record) {
  if (record == nullptr) {
    call.reply.Null();
    return {};
  }
  CW_ASSIGN(keyspace::String string,
            keyspace::String::Open(call.tx, name.generation, record->view()));
  call.reply.BulkBegin(string.length());
  CW_TRY(string.Read([&](std::string_view bytes) { call.reply.Raw(bytes); }));
  call.reply.BulkEnd();
  return {};
}

}  // namespace cordwood::commands::strings
