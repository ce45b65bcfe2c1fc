#include "commands/strings/put_string.h"

#include <utility>

namespace cordwood::commands::strings {

Status PutKeepingExpiry(Call& call, const keyspace::KeyName& name, const keyspace::Lookup& before,
                        std::string value) {
  const keyspace::Record* old = before.live();
  const keyspace::Record record{.expiry_ms = old != nullptr ? old->expiry_ms : std::nullopt,
                                .payload = std::move(value)};
  return keyspace::PutRecord(call.tx, name, before, record);
}

}  // namespace cordwood::commands::strings
