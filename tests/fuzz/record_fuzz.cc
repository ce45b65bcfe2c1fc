// Bytes that are read as a key's record are the bytes that are written for it, and so for what
// lies in its payload, but for numbers that were written longer than they must be.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "keyspace/core/record.h"
#include "keyspace/types/hashes.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using keyspace::FieldValue;
using keyspace::ObjectPayload;
using keyspace::Record;
using keyspace::RecordHeader;

void CheckObject(std::string_view payload) {
  const Result<ObjectPayload> object = ObjectPayload::Decode(payload);
  if (!object) return;
  const std::string encoded = object->Encode();
  const Result<ObjectPayload> again = ObjectPayload::Decode(encoded);
  CHECK(again && again->oid == object->oid && again->count == object->count);
  CHECK(encoded.size() <= payload.size());
}

void CheckInlineHash(std::string_view payload) {
  const Result<std::vector<FieldValue>> pairs = keyspace::DecodeInlineHash(payload);
  if (!pairs) return;
  const std::string encoded = keyspace::EncodeInlineHash(*pairs);
  const Result<std::vector<FieldValue>> again = keyspace::DecodeInlineHash(encoded);
  CHECK(again);
  CHECK(std::ranges::equal(*again, *pairs, [](const FieldValue& a, const FieldValue& b) {
    return a.field == b.field && a.value == b.value;
  }));
  CHECK(encoded.size() <= payload.size());
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
  CheckInlineHash(record->payload);
}

}  // namespace

std::vector<std::string> Corpus() {
  using keyspace::Form;
  using keyspace::Type;
  const std::vector<FieldValue> pairs = {{"field", "value"}, {"", ""}, {"f2", "a longer value"}};
  return {
      Record{.payload = "a string"}.Encode(),
      Record{.expiry_ms = 1'767'225'600'000, .payload = ""}.Encode(),
      Record{.type = Type::kHash, .payload = keyspace::EncodeInlineHash(pairs)}.Encode(),
      Record{.type = Type::kHash,
             .form = Form::kElements,
             .expiry_ms = -1,
             .payload = ObjectPayload{.oid = 77, .count = 1000}.Encode()}
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
  CheckInlineHash(bytes);
  return 0;
}
