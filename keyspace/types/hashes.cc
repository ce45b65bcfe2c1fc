#include "keyspace/types/hashes.h"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/core/gathered_reads.h"

namespace cordwood::keyspace {
namespace {

/// Calls visit(pair) for each pair in order until it answers false.
template <typename Visit>
Status VisitInlineHash(std::string_view payload, const Visit& visit) {
  for (ByteReader in(payload); !in.empty();) {
    const std::optional<std::string_view> field = in.LengthPrefixed();
    const std::optional<std::string_view> value = field ? in.LengthPrefixed() : std::nullopt;
    if (!value) return Fail(ErrorCode::kCorruption, "the record of a hash is malformed");
    if (!visit(FieldValue{.field = *field, .value = *value})) return {};
  }
  return {};
}

std::optional<std::string_view> FindField(std::span<const FieldValue> pairs,
                                          std::string_view field) {
  const auto it = std::find_if(pairs.begin(), pairs.end(),
                               [&](const FieldValue& pair) { return pair.field == field; });
  if (it == pairs.end()) return std::nullopt;
  return it->value;
}

}  // namespace

Result<std::vector<FieldValue>> DecodeInlineHash(std::string_view payload) {
  std::vector<FieldValue> pairs;
  CW_TRY(VisitInlineHash(payload, [&](const FieldValue& pair) {
    pairs.push_back(pair);
    return true;
  }));
  return pairs;
}

std::string EncodeInlineHash(std::span<const FieldValue> pairs) {
  std::string payload;
  for (const FieldValue& pair : pairs) {
    AppendLengthPrefixed(payload, pair.field);
    AppendLengthPrefixed(payload, pair.value);
  }
  return payload;
}

// --- reading ---

Result<std::vector<FieldValue>> Hash::Inline() const {
  if (!exists()) return std::vector<FieldValue>();
  CHECK(!in_elements());
  return DecodeInlineHash(found_.live()->payload);
}

Result<HashedElements> Hash::Elements() const {
  CHECK(in_elements());
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found_.live()->payload));
  return HashedElements(tx_, name_.generation, object.oid);
}

Result<uint64_t> Hash::Length() const {
  if (in_elements()) {
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found_.live()->payload));
    return object.count;
  }
  uint64_t count = 0;
  if (!exists()) return count;
  CW_TRY(VisitInlineHash(found_.live()->payload, [&](const FieldValue&) {
    ++count;
    return true;
  }));
  return count;
}

Result<std::optional<std::string>> Hash::Get(std::string_view field) {
  if (!exists()) return std::nullopt;
  if (in_elements()) {
    CW_ASSIGN(HashedElements elements, Elements());
    CW_ASSIGN(const std::optional<std::string_view> found, elements.Get(field));
    if (!found) return std::nullopt;
    return std::string(*found);
  }
  std::optional<std::string> value;
  CW_TRY(VisitInlineHash(found_.live()->payload, [&](const FieldValue& pair) {
    if (pair.field != field) return true;
    value = pair.value;
    return false;
  }));
  return value;
}

Status Hash::GetMany(std::span<const std::string_view> fields, const VisitValue& visit) {
  if (!in_elements()) {
    CW_ASSIGN(const std::vector<FieldValue> pairs, Inline());
    for (const std::string_view field : fields) {
      if (!visit(FindField(pairs, field))) break;
    }
    return {};
  }
  CW_ASSIGN(HashedElements elements, Elements());
  GatheredReads reads;
  for (const std::string_view field : fields) {
    const storage::ReadScope scope(tx_.view());
    const Result<std::optional<std::string_view>> value = elements.Get(field);
    if (reads.Ok(value) && !visit(*value)) break;
    if (reads.failed()) break;
  }
  return reads.status();
}

// --- writing ---

Status Hash::Write(Form form, std::string payload) {
  Record record{.type = Type::kHash, .form = form, .payload = std::move(payload)};
  if (exists()) record.expiry_ms = found_.live()->expiry_ms;
  CW_TRY(PutRecord(tx_, name_, found_, record));
  found_ = {.stored = std::move(record)};
  return {};
}

Status Hash::WriteShrunk(Form form, std::string payload) {
  Record record{.type = Type::kHash,
                .form = form,
                .expiry_ms = found_.live()->expiry_ms,
                .payload = std::move(payload)};
  CW_TRY(ShrinkRecord(tx_, name_, found_, record));
  found_ = {.stored = std::move(record)};
  return {};
}

Status Hash::RemoveAll() {
  CW_TRY(RemoveKey(tx_, name_, found_));
  found_ = {};
  return {};
}

bool Hash::TooLong(std::span<const FieldValue> pairs) const {
  const uint64_t longest = tx_.keyspace().options().hash_max_inline_value_bytes;
  return std::any_of(pairs.begin(), pairs.end(), [&](const FieldValue& pair) {
    return pair.field.size() > longest || pair.value.size() > longest;
  });
}

Result<uint64_t> Hash::Set(std::span<const FieldValue> pairs) {
  CHECK(!pairs.empty());
  if (!in_elements()) return SetInline(pairs);
  CW_ASSIGN(HashedElements elements, Elements());
  return SetElements(elements, pairs);
}

Result<uint64_t> Hash::SetInline(std::span<const FieldValue> pairs) {
  CW_ASSIGN(std::vector<FieldValue> all, Inline());
  if (TooLong(pairs)) return Convert(all, pairs);
  const uint64_t limit = tx_.keyspace().options().hash_max_inline_entries;
  const size_t before = all.size();
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto same = std::find_if(all.begin(), all.end(), [&](const FieldValue& pair) {
      return pair.field == pairs[i].field;
    });
    if (same != all.end()) {
      same->value = pairs[i].value;
    } else if (all.size() < limit) {
      all.push_back(pairs[i]);
    } else {
      const uint64_t created = all.size() - before;
      CW_ASSIGN(const uint64_t more, Convert(all, pairs.subspan(i)));
      return created + more;
    }
  }
  CW_TRY(Write(Form::kInline, EncodeInlineHash(all)));
  return all.size() - before;
}

Result<uint64_t> Hash::Convert(std::span<const FieldValue> kept,
                               std::span<const FieldValue> pairs) {
  const Oid oid = tx_.NewOid();
  HashedElements elements(tx_, name_.generation, oid, HashedElements::Object::kNew);
  for (const FieldValue& pair : kept) {
    elements.PutNew(HashedElements::Name(pair.field), pair.value);
  }
  CW_TRY(Write(Form::kElements, ObjectPayload{.oid = oid, .count = kept.size()}.Encode()));
  return SetElements(elements, pairs);
}

Result<uint64_t> Hash::SetElements(HashedElements& elements, std::span<const FieldValue> pairs) {
  CW_ASSIGN(ObjectPayload object, ObjectPayload::Decode(found_.live()->payload));
  GatheredReads reads;
  uint64_t created = 0;
  const std::vector<HashedElements::Name> names =
      HashedElements::InOrder(pairs, [](const FieldValue& pair) { return pair.field; });
  for (size_t i = 0; i < names.size(); ++i) {
    if (i + 1 < names.size() && names[i].name == names[i + 1].name)
      continue;  // the last one counts
    const storage::ReadScope scope(tx_.view());
    const Result<bool> was_there = elements.Put(names[i], pairs[names[i].index].value);
    if (reads.Ok(was_there)) {
      created += *was_there ? 0 : 1;
    } else if (reads.failed()) {
      break;
    }
  }
  CW_TRY(reads.status());
  if (created == 0) return 0;
  object.count += created;
  CW_TRY(Write(Form::kElements, object.Encode()));
  return created;
}

Result<uint64_t> Hash::Remove(std::span<const std::string_view> fields) {
  if (!exists()) return 0;
  return in_elements() ? RemoveElements(fields) : RemoveInline(fields);
}

Result<uint64_t> Hash::RemoveInline(std::span<const std::string_view> fields) {
  CW_ASSIGN(std::vector<FieldValue> pairs, Inline());
  const std::unordered_set<std::string_view> gone(fields.begin(), fields.end());
  const uint64_t removed =
      std::erase_if(pairs, [&](const FieldValue& pair) { return gone.contains(pair.field); });
  if (pairs.empty()) {
    CW_TRY(RemoveAll());
  } else if (removed > 0) {
    CW_TRY(WriteShrunk(Form::kInline, EncodeInlineHash(pairs)));
  }
  return removed;
}

Result<uint64_t> Hash::RemoveElements(std::span<const std::string_view> fields) {
  CW_ASSIGN(ObjectPayload object, ObjectPayload::Decode(found_.live()->payload));
  CW_ASSIGN(HashedElements elements, Elements());
  GatheredReads reads;
  std::vector<HashedElements::Name> there;
  for (const HashedElements::Name& name : HashedElements::InOrder(fields, std::identity())) {
    if (!there.empty() && there.back().name == name.name) continue;
    const storage::ReadScope scope(tx_.view());
    const Result<std::optional<std::string_view>> old = elements.Get(name);
    if (reads.Ok(old) && *old) there.push_back(name);
    if (reads.failed()) break;
  }
  CW_TRY(reads.status());
  if (there.empty()) return 0;
  if (there.size() >= object.count) {
    CW_TRY(RemoveAll());
    return there.size();
  }
  for (const HashedElements::Name& name : there) elements.Delete(name);
  object.count -= there.size();
  CW_TRY(WriteShrunk(Form::kElements, object.Encode()));
  return there.size();
}

}  // namespace cordwood::keyspace
