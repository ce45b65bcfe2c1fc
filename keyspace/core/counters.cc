#include "keyspace/core/counters.h"

#include "keyspace/core/record.h"

namespace cordwood::keyspace {

void KeyCounting::Contribution(std::string_view key, std::string_view value, int64_t sign,
                               storage::Counters& sums) const {
  const std::optional<ParsedKey> parsed = ParseStoreKey(key);
  if (!parsed || parsed->table != Table::kKey || parsed->generation == kSystemGeneration) return;
  sums.Add(CounterId(parsed->generation, CounterKind::kKeys), sign);
  if (EncodedRecordHasExpiry(value)) {
    sums.Add(CounterId(parsed->generation, CounterKind::kExpires), sign);
  }
  // Objects are always counted by the writer: no blind write replaces a key that owns one.
}

void KeyCounting::Presumed(std::string_view key, uint8_t assumption,
                           storage::Counters& sums) const {
  const std::optional<ParsedKey> parsed = ParseStoreKey(key);
  if (!parsed || assumption != static_cast<uint8_t>(Assumption::kPlainKey)) return;
  sums.Add(CounterId(parsed->generation, CounterKind::kKeys), 1);
}

}  // namespace cordwood::keyspace
