#include "keyspace/core/pending_objects.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "base/format.h"
#include "base/log.h"
#include "base/number.h"
#include "storage/write_batch.h"

namespace cordwood::keyspace {
namespace {

constexpr std::string_view kNamePrefix = "pending:";
// In one batch; each writes a dead range.
constexpr size_t kDroppedAtOnce = 64;
constexpr uint64_t kBytesPerDrop = 128;

std::optional<PendingObject> ParseName(std::string_view name) {
  if (!name.starts_with(kNamePrefix)) return std::nullopt;
  name.remove_prefix(kNamePrefix.size());
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> generation = ParseUint64(name.substr(0, colon));
  const std::optional<uint64_t> oid = ParseUint64(name.substr(colon + 1));
  if (!generation || !oid) return std::nullopt;
  return PendingObject{.generation = *generation, .oid = *oid};
}

storage::WriteBatch BatchThatDrops(std::span<const PendingObject> objects) {
  storage::WriteBatch batch;
  for (const PendingObject& object : objects) {
    const std::string prefix = ElementPrefix(object.generation, object.oid);
    batch.DropRange(prefix, PrefixEnd(prefix));
  }
  for (const PendingObject& object : objects) batch.Delete(object.RecordKey());
  return batch;
}

}  // namespace

std::string PendingObject::RecordKey() const {
  return KeyRecordKey(kSystemGeneration, Format("{}{}:{}", kNamePrefix, generation, oid));
}

void PendingObjects::Load(storage::View& view) {
  given_up_.clear();
  const std::string begin = KeyRecordKey(kSystemGeneration, kNamePrefix);
  storage::VisibleIterator records =
      view.NewIterator(begin, PrefixEnd(begin), /*fill_cache=*/false);
  for (records.Seek(begin); records.Valid(); records.Next()) {
    const std::optional<ParsedKey> key = ParseStoreKey(records.key());
    if (const std::optional<PendingObject> object = key ? ParseName(key->rest) : std::nullopt) {
      given_up_.push_back(*object);
    }
  }
  if (const Status status = records.status(); !status) {
    LogWarning(Format("values that were under construction may keep their space: {}",
                      status.error().message()));
  }
}

void PendingObjects::DropGivenUp(storage::Store& store) {
  while (!given_up_.empty()) {
    const size_t count = std::min(given_up_.size(), kDroppedAtOnce);
    const auto gate = store.Admit(count * kBytesPerDrop, storage::Intent::kTakeAway);
    if (gate != storage::WriteGate::kOpen) return;
    const std::span<const PendingObject> some(given_up_.end() - count, count);
    if (!store.Write(BatchThatDrops(some))) return;  // the store has failed
    given_up_.resize(given_up_.size() - count);
  }
}

}  // namespace cordwood::keyspace
