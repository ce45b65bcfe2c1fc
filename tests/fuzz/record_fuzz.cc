// Bytes that are read as a key's record are the bytes that are written for it, and so for what
// lies in its payload, but for numbers that were written longer than they must be.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/core/record.h"
#include "keyspace/types/hashes.h"
#include "keyspace/types/lists.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using keyspace::InlinePayload;
using keyspace::Item;
using keyspace::ObjectPayload;
using keyspace::Record;
using keyspace::RecordHeader;

void CheckObject(std::string_view payload) {
  const Result<ObjectPayload> object = ObjectPayload::Decode(payload);
  if (!object) return;
  const std::string encoded = object->Encode();
  const Result<ObjectPayload> again = ObjectPayload::Decode(encoded);
  CHECK(again && again->oid == object->oid && again->count == object->count);
  CHECK(again->entries == object->entries && again->shape == object->shape);
  CHECK(again->list == object->list);
  CHECK(encoded.size() <= payload.size());
}

std::optional<std::vector<Item>> Decoded(std::string_view items) {
  std::vector<Item> decoded;
  const Status status = keyspace::VisitInlineItems(items, [&](const Item& item) {
    decoded.push_back(item);
    return true;
  });
  if (!status) return std::nullopt;
  return decoded;
}

void CheckInline(std::string_view bytes) {
  const Result<InlinePayload> payload = InlinePayload::Decode(bytes);
  if (!payload) return;
  CHECK(payload->Encode() == bytes);
  const std::optional<std::vector<Item>> items = Decoded(payload->items);
  if (!items) return;
  std::string encoded;
  for (const Item& item : *items) keyspace::AppendInlineItem(encoded, item.name, "", item.value);
  CHECK(Decoded(encoded) == items);
  CHECK(encoded.size() <= payload->items.size());
}

void CheckInlineList(std::string_view bytes) {
  const Result<InlinePayload> payload = InlinePayload::Decode(bytes);
  if (!payload) return;
  const auto elements = keyspace::InlineElements(payload->items);
  if (!elements) return;
  std::string encoded;
  for (const std::string_view element : *elements) AppendLengthPrefixed(encoded, element);
  const auto again = keyspace::InlineElements(encoded);
  CHECK(again && *again == *elements);
  CHECK(encoded.size() <= payload->items.size());
}

void CheckRecord(std::string_view bytes) {
  const Result<Record> record = Record::Decode(bytes);
  const Result<RecordHeader> header = RecordHeader::Decode(bytes);
  CHECK(record.has_value() == header.has_value());
  if (!record) {
    CHECK(record.error().code() == ErrorCode::kCorruption);
    return;
  }
  CHECK(record->Encode() == bytes);
  CHECK(record->type == header->type && record->form == header->form);
  CHECK(record->expiry_ms == header->expiry_ms);
  CHECK(keyspace::EncodedRecordHasExpiry(bytes) == record->expiry_ms.has_value());
  CheckObject(record->payload);
  CheckInline(record->payload);
  CheckInlineList(record->payload);
}

}  // namespace

std::vector<std::string> Corpus() {
  using keyspace::Form;
  using keyspace::Type;
  std::string items;
  for (const Item& item : {Item{"field", "value"}, Item{"", ""}, Item{"f2", "a longer value"}}) {
    keyspace::AppendInlineItem(items, item.name, keyspace::kNoFieldExpiry, item.value);
  }
  return {
      Record{.payload = "a string"}.Encode(),
      Record{.expiry_ms = 1'767'225'600'000, .payload = ""}.Encode(),
      Record{.type = Type::kHash, .payload = InlinePayload{.shape = 3, .items = items}.Encode()}
          .Encode(),
      Record{.type = Type::kHash,
             .form = Form::kElements,
             .expiry_ms = -1,
             .payload = ObjectPayload{.oid = 77, .count = 1000}.Encode()}
          .Encode(),
      Record{.type = Type::kList,
             .form = Form::kElements,
             .payload = ObjectPayload{.oid = 78,
                                      .count = 3,
                                      .list = keyspace::ListSpan{.head = 300,
                                                                 .tail = 303,
                                                                 .cleared = 100,
                                                                 .tail_cleared = 400,
                                                                 .packed_bytes = 9}}
                            .Encode()}
          .Encode(),
      Record{.type = Type::kStream,
             .form = Form::kElements,
             .payload = ObjectPayload{.oid = UINT64_MAX, .count = UINT64_MAX}.Encode()}
          .Encode(),
  };
}

std::vector<std::string> Dictionary() {
  return {"\x40", "\x41", "\x50", "\x51", "\1", std::string("\x80\0", 2), "\xff\xff\xff\xff\x0f"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood::fuzz;
  const std::string_view bytes = View(data, size);
  CheckRecord(bytes);
  CheckObject(bytes);
  CheckInline(bytes);
  return 0;
}
