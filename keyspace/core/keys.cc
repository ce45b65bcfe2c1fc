#include "keyspace/core/keys.h"

#include <vector>

#include "base/check.h"
#include "keyspace/core/range_walk.h"

namespace cordwood::keyspace {
namespace {

// Deleted entries and old versions that the killer of a small object steps over.
constexpr uint64_t kHiddenPerKill = 128;

Result<Lookup> Judge(Transaction& tx, std::optional<std::string_view> bytes) {
  Result<Lookup> lookup(std::in_place);
  if (!bytes) return lookup;
  CW_ASSIGN(lookup->stored, Record::Decode(*bytes));
  lookup->expired = lookup->stored->ExpiredAt(tx.now_ms());
  tx.NoteExpiry(lookup->stored->expiry_ms);
  return lookup;
}

/// Of a record that is going to be replaced: the payload only if it names an object.
Result<Lookup> JudgeReplaced(Transaction& tx, std::string_view bytes) {
  CW_ASSIGN(const RecordHeader header, RecordHeader::Decode(bytes));
  if (header.form == Form::kElements) return Judge(tx, bytes);
  tx.NoteExpiry(header.expiry_ms);
  const Record record{
      .type = header.type, .form = header.form, .expiry_ms = header.expiry_ms, .payload = {}};
  return Lookup{.stored = record, .expired = header.ExpiredAt(tx.now_ms())};
}

const Record* StoredOf(const Lookup& lookup) { return lookup.stored ? &*lookup.stored : nullptr; }

std::optional<int64_t> ExpiryOf(const Record* record) {
  return record != nullptr ? record->expiry_ms : std::nullopt;
}

Result<std::optional<ObjectPayload>> ObjectOf(const Record* record) {
  if (record == nullptr || !record->owns_object()) return std::nullopt;
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record->payload));
  return object;
}

/// Deletes what lies under `prefix`, one by one. False, and nothing is deleted: not all of it can
/// be seen at once.
bool DeleteEach(Transaction& tx, const std::string& prefix) {
  std::vector<std::string> keys;
  RangeWalk walk(tx, PrefixEnd(prefix));
  walk.SetBudget(kHiddenPerKill);
  for (walk.Seek(prefix); walk.Valid(); walk.Next()) keys.emplace_back(walk.key());
  if (!walk.status()) return false;
  for (const std::string& key : keys) tx.Delete(key);
  return true;
}

// Small objects come and go in numbers: a dead range for each would have merges look at millions.
void KillObject(Transaction& tx, Generation generation, const ObjectPayload& object) {
  std::string prefix = ElementPrefix(generation, object.oid);
  if (object.entries < ObjectPayload::kManyEntries && DeleteEach(tx, prefix)) return;
  std::string end = PrefixEnd(prefix);
  tx.DropRange(std::move(prefix), std::move(end));
}

void MoveDeadline(Transaction& tx, const KeyName& name, std::optional<int64_t> before,
                  std::optional<int64_t> after) {
  if (before == after) return;
  if (before) tx.Delete(DeadlineKey(name.generation, *before, name.key));
  if (after) tx.PutDeadline(name.generation, *after, name.key);
}

// Everything but the record itself that changes when `before` becomes `after`; `keep_elements`
// when the stored record's elements live on under another key. Null: there is none.
Status Transition(Transaction& tx, const KeyName& name, const Record* before, const Record* after,
                  bool keep_elements) {
  CW_ASSIGN(const std::optional<ObjectPayload> old_object, ObjectOf(before));
  CW_ASSIGN(const std::optional<ObjectPayload> new_object, ObjectOf(after));
  const bool same = old_object && new_object && old_object->oid == new_object->oid;
  if (old_object && !same && !keep_elements) KillObject(tx, name.generation, *old_object);
  if (old_object && !new_object) tx.Delete(OwnerKey(name.generation, name.key));
  if (new_object && !old_object) tx.Put(OwnerKey(name.generation, name.key), {});
  MoveDeadline(tx, name, ExpiryOf(before), ExpiryOf(after));
  const auto count = [&](CounterKind kind, bool was, bool is) {
    tx.Count(name.generation, kind, static_cast<int64_t>(is) - static_cast<int64_t>(was));
  };
  count(CounterKind::kKeys, before != nullptr, after != nullptr);
  count(CounterKind::kExpires, ExpiryOf(before).has_value(), ExpiryOf(after).has_value());
  count(CounterKind::kObjects, old_object.has_value(), new_object.has_value());
  return {};
}

}  // namespace

Result<Lookup> FindKey(Transaction& tx, const KeyName& name) {
  tx.NoteRead(name.generation, name.key);
  const storage::ReadScope scope(tx.view());  // the record is copied
  CW_ASSIGN(const std::optional<std::string_view> bytes,
            tx.Get(KeyRecordKey(name.generation, name.key)));
  return Judge(tx, bytes);
}

Result<std::optional<RecordView>> SeeKey(Transaction& tx, const KeyName& name) {
  tx.NoteRead(name.generation, name.key);
  CW_ASSIGN(const std::optional<std::string_view> bytes,
            tx.Get(KeyRecordKey(name.generation, name.key)));
  if (!bytes) return std::nullopt;
  CW_ASSIGN(const RecordView record, RecordView::Decode(*bytes));
  if (record.header.ExpiredAt(tx.now_ms())) return std::nullopt;
  tx.NoteExpiry(record.header.expiry_ms);
  return record;
}

Status PutRecord(Transaction& tx, const KeyName& name, const Lookup& before, const Record& record) {
  if (before.expired) tx.NoteExpired();
  CW_TRY(Transition(tx, name, StoredOf(before), &record, false));
  tx.PutParts(KeyRecordKey(name.generation, name.key), record.header().Encode(), record.payload);
  tx.NoteChange(name.generation, name.key);
  return {};
}

Status ShrinkRecord(Transaction& tx, const KeyName& name, const Lookup& before,
                    const Record& record) {
  CW_TRY(Transition(tx, name, StoredOf(before), &record, false));
  tx.PutShrunk(KeyRecordKey(name.generation, name.key), record.Encode());
  tx.NoteChange(name.generation, name.key);
  return {};
}

Status SetString(Transaction& tx, const KeyName& name, std::string_view value,
                 std::optional<int64_t> expiry_ms) {
  const Record record{.expiry_ms = expiry_ms, .payload = {}};  // but for the value
  const std::string store_key = KeyRecordKey(name.generation, name.key);
  Lookup before;
  const storage::ReadScope scope(tx.view());
  tx.NoteRead(name.generation, name.key);
  tx.NoteChange(name.generation, name.key);
  std::string_view bytes;
  const storage::Presence presence = tx.Probe(store_key, &bytes);
  if (presence == storage::Presence::kUnknown) {
    std::string_view ignored;
    const bool may_own_elements =
        tx.keyspace().store().NewestCount(CounterId(name.generation, CounterKind::kObjects)) != 0 &&
        tx.Probe(OwnerKey(name.generation, name.key), &ignored) != storage::Presence::kAbsent;
    if (!may_own_elements) {
      if (expiry_ms) {
        tx.Count(name.generation, CounterKind::kExpires, 1);
        tx.PutDeadline(name.generation, *expiry_ms, name.key);
      }
      tx.PutParts(store_key, record.header().Encode(), value, Assumption::kPlainKey);
      return {};
    }
    CW_ASSIGN(before, FindKey(tx, name));
  } else if (presence == storage::Presence::kPresent) {
    CW_ASSIGN(before, JudgeReplaced(tx, bytes));
  }
  if (before.expired) tx.NoteExpired();
  CW_TRY(Transition(tx, name, StoredOf(before), &record, false));
  tx.PutParts(store_key, record.header().Encode(), value);
  return {};
}

Status RemoveKey(Transaction& tx, const KeyName& name, const Lookup& before) {
  CHECK(before.stored.has_value());
  CW_TRY(Transition(tx, name, &*before.stored, nullptr, false));
  tx.Delete(KeyRecordKey(name.generation, name.key));
  tx.NoteChange(name.generation, name.key,
                before.expired ? KeyChange::Kind::kExpired : KeyChange::Kind::kChanged);
  return {};
}

Status DetachKey(Transaction& tx, const KeyName& name, const Lookup& before) {
  CHECK(before.stored.has_value());
  CW_TRY(Transition(tx, name, &*before.stored, nullptr, true));
  tx.Delete(KeyRecordKey(name.generation, name.key));
  tx.NoteChange(name.generation, name.key);
  return {};
}

Status SweepExpired(Transaction& tx, const KeyName& name, Lookup& before) {
  if (!before.expired) return {};
  CW_TRY(RemoveKey(tx, name, before));
  tx.NoteExpired();
  before = {};
  return {};
}

}  // namespace cordwood::keyspace
