#include "keyspace/core/record.h"

#include "base/coding.h"

namespace cordwood::keyspace {
namespace {

constexpr uint8_t kHasExpiry = 1;
constexpr size_t kHeaderBytes = 2;
/// What a type adds to the payload of its objects. The values are part of the format.
constexpr uint8_t kListPart = 1;
constexpr uint8_t kScorePart = 2;

Result<RecordHeader> TakeHeader(ByteReader& in) {
  const std::optional<uint8_t> kind = in.Byte();
  const std::optional<uint8_t> flags = in.Byte();
  const uint8_t type = kind ? static_cast<uint8_t>(*kind >> 4) : uint8_t{0};
  const uint8_t form = kind ? static_cast<uint8_t>(*kind & 0xf) : uint8_t{0};
  if (!kind || !flags || type > static_cast<uint8_t>(Type::kStream) ||
      form > static_cast<uint8_t>(Form::kElements) || *flags > kHasExpiry) {
    return Fail(ErrorCode::kCorruption, "a key record has an unknown header");
  }
  RecordHeader header{.type = static_cast<Type>(type), .form = static_cast<Form>(form)};
  if (*flags & kHasExpiry) {
    header.expiry_ms = in.Fixed<int64_t>();
    if (!header.expiry_ms) return Fail(ErrorCode::kCorruption, "a key record is cut short");
  }
  return header;
}

void AppendListSpan(std::string& out, const ListSpan& span) {
  AppendFixed64(out, span.head);
  AppendVarint64(out, span.tail - span.head);
  AppendVarint64(out, span.head - span.cleared);
  AppendVarint64(out, span.tail_cleared - span.tail);
  AppendVarint64(out, span.packed_bytes ? *span.packed_bytes + 1 : 0);
}

/// Nothing if it is none.
std::optional<ListSpan> TakeListSpan(ByteReader& in) {
  const std::optional<uint64_t> head = in.Fixed<uint64_t>();
  const std::optional<uint64_t> length = in.Varint64();
  const std::optional<uint64_t> before = in.Varint64();
  const std::optional<uint64_t> behind = in.Varint64();
  const std::optional<uint64_t> packed = in.Varint64();
  if (!head || !length || !before || !behind || !packed) return std::nullopt;
  ListSpan span{.head = *head, .cleared = *head - *before};
  if (*before > *head || __builtin_add_overflow(*head, *length, &span.tail) ||
      __builtin_add_overflow(span.tail, *behind, &span.tail_cleared)) {
    return std::nullopt;
  }
  if (*packed > 0) span.packed_bytes = *packed - 1;
  return span;
}

void AppendScoreSpan(std::string& out, const ScoreSpan& span) {
  AppendFixed64(out, span.floor);
  AppendFixed64(out, span.ceiling);
}

/// Nothing if it is none.
std::optional<ScoreSpan> TakeScoreSpan(ByteReader& in) {
  const std::optional<uint64_t> floor = in.Fixed<uint64_t>();
  const std::optional<uint64_t> ceiling = in.Fixed<uint64_t>();
  if (!floor || !ceiling || *floor > *ceiling) return std::nullopt;
  return ScoreSpan{.floor = *floor, .ceiling = *ceiling};
}

/// False: they are damaged.
bool TakeRanks(ByteReader& in, Ranks& ranks) {
  const std::optional<uint8_t> byte = in.Byte();
  if (!byte || *byte > static_cast<uint8_t>(Ranks::kWhole)) return false;
  ranks = static_cast<Ranks>(*byte);
  return true;
}

/// What is left of a payload. False: it is damaged.
bool TakePart(ByteReader& in, ObjectPayload& object) {
  const std::optional<uint8_t> part = in.Byte();
  if (part == kListPart) {
    object.list = TakeListSpan(in);
    if (!object.list) return false;
    if ((object.shape & kEdited) != 0) return TakeRanks(in, object.ranks) && in.empty();
    return in.empty() && object.count == object.list->tail - object.list->head;
  }
  if (part == kScorePart) object.scores = TakeScoreSpan(in);
  return object.scores && TakeRanks(in, object.ranks) && in.empty();
}

}  // namespace

std::string RecordHeader::Encode() const {
  std::string out;
  out.push_back(static_cast<char>(static_cast<uint8_t>(type) << 4 | static_cast<uint8_t>(form)));
  out.push_back(static_cast<char>(expiry_ms ? kHasExpiry : 0));
  if (expiry_ms) AppendFixed(out, *expiry_ms);
  return out;
}

std::string Record::Encode() const { return header().Encode() + payload; }

Result<RecordHeader> RecordHeader::Decode(std::string_view bytes) {
  ByteReader in(bytes);
  return TakeHeader(in);
}

Result<Record> Record::Decode(std::string_view bytes) {
  CW_ASSIGN(const RecordView view, RecordView::Decode(bytes));
  return Record{.type = view.header.type,
                .form = view.header.form,
                .expiry_ms = view.header.expiry_ms,
                .payload = std::string(view.payload)};
}

Result<RecordView> RecordView::Decode(std::string_view bytes) {
  ByteReader in(bytes);
  CW_ASSIGN(const RecordHeader header, TakeHeader(in));
  return RecordView{.header = header, .payload = in.rest()};
}

std::string InlinePayload::Begin(uint8_t shape, size_t item_bytes) {
  std::string payload;
  payload.reserve(1 + item_bytes);
  payload.push_back(static_cast<char>(shape));
  return payload;
}

Result<InlinePayload> InlinePayload::Decode(std::string_view payload) {
  ByteReader in(payload);
  const std::optional<uint8_t> shape = in.Byte();
  if (!shape || *shape > kShapeMax) {
    return Fail(ErrorCode::kCorruption, "a key record has a malformed collection");
  }
  return InlinePayload{.shape = *shape, .items = in.rest()};
}

std::string ObjectPayload::Encode() const {
  std::string out;
  AppendVarint64(out, oid);
  AppendVarint64(out, count);
  out.push_back(static_cast<char>(entries));
  out.push_back(static_cast<char>(shape));
  if (list) {
    out.push_back(static_cast<char>(kListPart));
    AppendListSpan(out, *list);
    if ((shape & kEdited) != 0) out.push_back(static_cast<char>(ranks));
  }
  if (scores) {
    out.push_back(static_cast<char>(kScorePart));
    AppendScoreSpan(out, *scores);
    out.push_back(static_cast<char>(ranks));
  }
  return out;
}

Result<ObjectPayload> ObjectPayload::Decode(std::string_view payload) {
  ByteReader in(payload);
  const std::optional<uint64_t> oid = in.Varint64();
  const std::optional<uint64_t> count = in.Varint64();
  const std::optional<uint8_t> entries = in.Byte();
  const std::optional<uint8_t> shape = in.Byte();
  const bool is_whole =
      oid && count && entries && *entries <= kManyEntries && shape && *shape <= kShapeMax;
  if (is_whole) {
    ObjectPayload object{.oid = *oid, .count = *count, .entries = *entries, .shape = *shape};
    if (in.empty() || TakePart(in, object)) return object;
  }
  return Fail(ErrorCode::kCorruption, "a key record has a malformed object");
}

bool EncodedRecordHasExpiry(std::string_view bytes) {
  return bytes.size() >= kHeaderBytes && (static_cast<uint8_t>(bytes[1]) & kHasExpiry) != 0;
}

}  // namespace cordwood::keyspace
