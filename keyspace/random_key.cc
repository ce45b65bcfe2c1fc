#include "keyspace/random_key.h"

#include "keyspace/key_codec.h"
#include "keyspace/key_walk.h"

namespace cordwood::keyspace {
namespace {

// Up to here all keys are walked.
constexpr int64_t kFewKeys = 100;
// Draws may fall on other databases' entries, and on keys that are deleted or expired.
constexpr int kDraws = 32;
// Where nearly every draw fails, one of the first keys must do.
constexpr uint64_t kFallbackKeys = 1000;

/// One of the first keys, each as likely as any other.
Result<std::optional<std::string>> OneOfTheFirst(Transaction& tx, Generation generation,
                                                 Random& random) {
  std::optional<std::string> chosen;
  uint64_t met = 0;
  uint64_t looked_at = 0;
  const auto meet = [&](std::string_view key) {
    if (random.OneIn(++met)) chosen = key;
  };
  KeyWalk walk(generation, {}, tx.now_ms());
  while (!walk.done() && looked_at < kFallbackKeys) {
    CW_ASSIGN(const uint64_t more, walk.Advance(tx, kFallbackKeys - looked_at, meet));
    looked_at += more;
  }
  return chosen;
}

/// What lies at a place drawn at random; nothing if that is not a key that commands see.
Result<std::optional<std::string>> Draw(Transaction& tx, Generation generation, Random& random) {
  const std::string begin = TablePrefix(generation, Table::kKey);
  const std::string end = TablePrefix(generation, Table::kElement);
  const std::optional<storage::Place> place = tx.view().DrawPlace(begin, end, random);
  if (!place) return std::nullopt;
  storage::VisibleIterator records = tx.NewIterator();
  records.Seek(place->key);
  for (uint64_t skip = random.Below(place->entries); skip > 0 && records.Valid(); --skip) {
    records.Next();
  }
  CW_TRY(records.status());
  if (!records.Valid() || records.key() < begin || records.key() >= end) return std::nullopt;
  CW_ASSIGN(const RecordHeader header, RecordHeader::Decode(records.value()));
  if (header.ExpiredAt(tx.now_ms())) return std::nullopt;
  return std::string(records.key().substr(begin.size()));
}

}  // namespace

Result<std::optional<std::string>> RandomKey(Transaction& tx, int db, Random& random) {
  const Generation generation = tx.GenerationOf(db);
  if (tx.CountOf(db, CounterKind::kKeys) > kFewKeys) {
    for (int i = 0; i < kDraws; ++i) {
      CW_ASSIGN(std::optional<std::string> key, Draw(tx, generation, random));
      if (key) return key;
    }
  }
  return OneOfTheFirst(tx, generation, random);
}

}  // namespace cordwood::keyspace
