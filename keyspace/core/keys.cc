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

/// What a record stands for beside itself.
struct Footprint {
  bool exists = false;
  std::optional<int64_t> expiry_ms;
  std::optional<ObjectPayload> object;
};

/// But for an object. Null: there is no record.
Footprint HeaderFootprintOf(const Record* record) {
  if (record == nullptr) return {};
  return {.exists = true, .expiry_ms = record->expiry_ms};
}

Result<Footprint> FootprintOf(const RecordView& record) {
  Footprint footprint{.exists = true, .expiry_ms = record.header.expiry_ms};
  if (record.header.form == Form::kElements) {
    CW_ASSIGN(footprint.object, ObjectPayload::Decode(record.payload));
  }
  return footprint;
}

/// Null: there is no record.
Result<Footprint> FootprintOf(const Record* record) {
  return record != nullptr ? FootprintOf(record->view()) : Footprint();
}

const Record* StoredOf(const Lookup& lookup) { return lookup.stored ? &*lookup.stored : nullptr; }

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
// when the stored record's elements live on under another key.
void Transition(Transaction& tx, const KeyName& name, const Footprint& before,
                const Footprint& after, bool keep_elements) {
  if (before.object || after.object) {
    const bool same = before.object && after.object && before.object->oid == after.object->oid;
    if (before.object && !same && !keep_elements) KillObject(tx, name.generation, *before.object);
    if (before.object && !after.object) tx.Delete(OwnerKey(name.generation, name.key));
    if (after.object && !before.object) tx.Put(OwnerKey(name.generation, name.key), {});
  }
  MoveDeadline(tx, name, before.expiry_ms, after.expiry_ms);
  const auto count = [&](CounterKind kind, bool was, bool is) {
    tx.Count(name.generation, kind, static_cast<int64_t>(is) - static_cast<int64_t>(was));
  };
  count(CounterKind::kKeys, before.exists, after.exists);
  count(CounterKind::kExpires, before.expiry_ms.has_value(), after.expiry_ms.has_value());
  count(CounterKind::kObjects, before.object.has_value(), after.object.has_value());
}

/// A record of the same object, which expires when it did: nothing hangs on the difference.
bool IsOfSameObject(const Record& before, const Record& after) {
  if (!before.owns_object() || !after.owns_object() || before.expiry_ms != after.expiry_ms) {
    return false;
  }
  const std::optional<Oid> oid = ObjectPayload::OidIn(before.payload);
  return oid && oid == ObjectPayload::OidIn(after.payload);
}

/// The same, for records. Null: there is none.
Status Transition(Transaction& tx, const KeyName& name, const Record* before, const Record* after,
                  bool keep_elements) {
  if (before != nullptr && after != nullptr && IsOfSameObject(*before, *after)) return {};
  const bool own_nothing =
      !(before != nullptr && before->owns_object()) && !(after != nullptr && after->owns_object());
  if (own_nothing) {
    Transition(tx, name, HeaderFootprintOf(before), HeaderFootprintOf(after), keep_elements);
    return {};
  }
  CW_ASSIGN(const Footprint was, FootprintOf(before));
  CW_ASSIGN(const Footprint is, FootprintOf(after));
  Transition(tx, name, was, is, keep_elements);
  return {};
}

void NotifyNew(Transaction& tx, const KeyName& name) {
  tx.Notify(EventClass::kNew, "new", name.generation, name.key);
}

/// Whether a write has to know what it replaces, because it tells whether that was there, or had
/// expired. Where nothing is due nothing has.
bool TellsWhatWas(Transaction& tx, Generation generation) {
  Keyspace& keyspace = tx.keyspace();
  return keyspace.reports_events(EventClass::kNew) ||
         (keyspace.reports_events(EventClass::kExpired) &&
          keyspace.deadline_floors().Due(tx.now_ms()).contains(generation));
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

Status PutRecord(Transaction& tx, const KeyName& name, const Lookup& before, const Record& record,
                 const std::optional<ListEnds>& ends) {
  if (before.expired) tx.NoteExpired(name.generation, name.key);
  if (before.live() == nullptr) NotifyNew(tx, name);
  CW_TRY(Transition(tx, name, StoredOf(before), &record, false));
  tx.PutParts(KeyRecordKey(name.generation, name.key), record.header().Encode(), record.payload);
  tx.NoteChange(name.generation, name.key, KeyChange::Kind::kChanged, ends);
  return {};
}

Status ShrinkRecord(Transaction& tx, const KeyName& name, const Lookup& before,
                    const Record& record, const std::optional<ListEnds>& ends) {
  CW_TRY(Transition(tx, name, StoredOf(before), &record, false));
  tx.PutShrunk(KeyRecordKey(name.generation, name.key), record.header().Encode(), record.payload);
  tx.NoteChange(name.generation, name.key, KeyChange::Kind::kChanged, ends);
  return {};
}

void PutUnseen(Transaction& tx, const KeyName& name, const Record& record) {
  tx.PutParts(KeyRecordKey(name.generation, name.key), record.header().Encode(), record.payload);
}

Status SetString(Transaction& tx, const KeyName& name, std::string_view value,
                 std::optional<int64_t> expiry_ms) {
  const RecordHeader header{.expiry_ms = expiry_ms};
  const std::string store_key = KeyRecordKey(name.generation, name.key);
  Footprint before;
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
    if (!may_own_elements && !TellsWhatWas(tx, name.generation)) {
      if (expiry_ms) {
        tx.Count(name.generation, CounterKind::kExpires, 1);
        tx.PutDeadline(name.generation, *expiry_ms, name.key);
      }
      tx.PutParts(store_key, header.Encode(), value, Assumption::kPlainKey);
      return {};
    }
    CW_ASSIGN(const Lookup found, FindKey(tx, name));
    CW_ASSIGN(before, FootprintOf(StoredOf(found)));
  } else if (presence == storage::Presence::kPresent) {
    CW_ASSIGN(const RecordView record, RecordView::Decode(bytes));
    CW_ASSIGN(before, FootprintOf(record));
  }
  if (before.expiry_ms) tx.NoteExpiry(before.expiry_ms);
  const bool expired = before.expiry_ms && *before.expiry_ms <= tx.now_ms();
  if (expired) tx.NoteExpired(name.generation, name.key);
  if (expired || !before.exists) NotifyNew(tx, name);
  Transition(tx, name, before, {.exists = true, .expiry_ms = expiry_ms}, false);
  tx.PutParts(store_key, header.Encode(), value);
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
  tx.NoteExpired(name.generation, name.key);
  before = {};
  return {};
}

}  // namespace cordwood::keyspace
