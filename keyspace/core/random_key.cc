#include "keyspace/core/random_key.h"

#include "keyspace/core/key_codec.h"
#include "keyspace/core/key_walk.h"
#include "keyspace/core/range_walk.h"

namespace cordwood::keyspace {
namespace {

// Up to here all keys are walked.
constexpr int64_t kFewKeys = 100;
// Draws may fall on other databases' entries, and on keys that are deleted or expired.
constexpr int kDraws = 32;
// Once a draw has failed, so many that are cold are fetched together.
constexpr int kColdTogether = 16;
// Where nearly every draw fails, one of so many keys must do.
constexpr uint64_t kFallbackKeys = 1000;

/// What lies at a place drawn at random; nothing if that is not a key that commands see.
Result<std::optional<std::string>> Draw(Transaction& tx, const storage::PlaceSampler& places,
                                        std::string_view prefix, Random& random) {
  CW_ASSIGN(const std::optional<storage::Place> place, places.Draw(random));
  if (!place) return std::nullopt;
  storage::VisibleIterator records = tx.NewIterator(place->key, PrefixEnd(prefix));
  records.SetBudget(kHiddenPerSlice / kDraws);
  records.Seek(place->key);
  for (uint64_t skip = random.Below(place->entries); skip > 0 && records.Valid(); --skip) {
    records.Next();
  }
  const Status status = records.status();
  if (!status && status.error().code() != ErrorCode::kPaused)
    return std::unexpected(status.error());
  if (!records.Valid()) return std::nullopt;
  CW_ASSIGN(const RecordHeader header, RecordHeader::Decode(records.value()));
  if (header.ExpiredAt(tx.now_ms())) return std::nullopt;
  return std::string(records.key().substr(prefix.size()));
}

/// The first draw that falls on a key.
Result<DrawnKey> DrawAmongMany(Transaction& tx, Generation generation, Random& random) {
  const std::string prefix = TablePrefix(generation, Table::kKey);
  const storage::PlaceSampler places = tx.view().NewSampler(prefix, PrefixEnd(prefix));
  int failed = 0;
  std::optional<Error> cold;
  int colds = 0;
  for (int i = 0; i < kDraws && colds < kColdTogether; ++i) {
    Result<std::optional<std::string>> key = Draw(tx, places, prefix, random);
    if (!key) {
      if (key.error().code() != ErrorCode::kCold) return std::unexpected(key.error());
      cold = key.error();
      ++colds;
      // Most draws fall on a key, so one alone is worth a try.
      if (failed == 0) break;
    } else if (!*key) {
      ++failed;
    } else if (!cold) {
      return DrawnKey{.key = *std::move(key)};
    }
  }
  if (cold) return std::unexpected(*cold);
  return DrawnKey{.complete = false};
}

}  // namespace

Result<bool> FirstKeys::Advance(Transaction& tx) {
  const auto meet = [this](std::string_view key) {
    if (random_.OneIn(++met_)) chosen_ = key;
  };
  CW_ASSIGN(const uint64_t more, walk_.Advance(tx, kFallbackKeys, meet));
  looked_at_ += more;
  return walk_.done() || (chosen_ && looked_at_ >= kFallbackKeys);
}

Result<DrawnKey> RandomKey(Transaction& tx, int db, Random& random) {
  const Generation generation = tx.GenerationOf(db);
  if (tx.CountOf(db, CounterKind::kKeys) > kFewKeys) return DrawAmongMany(tx, generation, random);
  FirstKeys first(generation, tx.now_ms(), random.Next());
  const Result<bool> done = first.Advance(tx);
  if (!done && done.error().code() != ErrorCode::kCold) return std::unexpected(done.error());
  if (!done || !*done) return DrawnKey{.complete = false};
  return DrawnKey{.key = first.chosen()};
}

}  // namespace cordwood::keyspace
