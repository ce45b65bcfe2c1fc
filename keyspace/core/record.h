#pragma once

// The record of a key: docs/KEY_ENCODING.md.
//
//   record  = type and form u8, flags u8, [expiry i64], payload
//     flag 1: the expiry is there (milliseconds since 1970)
//   payload, by type and form:
//     string, inline    the value
//     inline            shape u8, items
//     elements          oid varint64, count varint64, entries u8, shape u8, and of a list or a
//                       sorted set: part u8, span; of a sorted set or an edited list ranks u8
//
// Threads: any; no state.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/coding.h"
#include "base/error.h"
#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

/// The values are part of the format.
enum class Type : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kStream = 5
};
enum class Form : uint8_t { kInline = 0, kElements = 1 };

/// What can be said of a key without its payload.
struct RecordHeader {
  Type type = Type::kString;
  Form form = Form::kInline;
  std::optional<int64_t> expiry_ms;

  bool ExpiredAt(int64_t now_ms) const { return expiry_ms && *expiry_ms <= now_ms; }

  /// What stands in front of the payload.
  std::string Encode() const;
  /// kCorruption if the bytes are not a record.
  static Result<RecordHeader> Decode(std::string_view bytes);
};

/// A record where it lies.
struct RecordView {
  RecordHeader header;
  std::string_view payload;

  /// kCorruption if the bytes are not a record.
  static Result<RecordView> Decode(std::string_view bytes);
};

struct Record {
  Type type = Type::kString;
  Form form = Form::kInline;
  std::optional<int64_t> expiry_ms;
  std::string payload;

  RecordHeader header() const { return {.type = type, .form = form, .expiry_ms = expiry_ms}; }
  bool owns_object() const { return form == Form::kElements; }
  bool ExpiredAt(int64_t now_ms) const { return expiry_ms && *expiry_ms <= now_ms; }

  RecordView view() const { return {.header = header(), .payload = payload}; }
  std::string Encode() const;
  /// kCorruption if the bytes are not a record.
  static Result<Record> Decode(std::string_view bytes);
};

/// What a collection has become once and stays, for OBJECT ENCODING; a list alone becomes a
/// listpack again. Bits; the values are part of the format.
enum Shape : uint8_t {
  kBeyondListpack = 1 << 0,  // Redis would not keep it as a listpack
  kBeyondIntset = 1 << 1,    // a set that Redis would not keep as an intset
  kEdited = 1 << 2,          // a list with holes, or with items put between others
};
inline constexpr uint8_t kShapeMax = kBeyondListpack | kBeyondIntset | kEdited;

/// The payload of a collection in inline form.
struct InlinePayload {
  uint8_t shape = 0;
  std::string_view items;  // keyspace/types/inline_items.h

  /// A payload to append the items to, with room for so many bytes of them.
  static std::string Begin(uint8_t shape, size_t item_bytes);
  std::string Encode() const { return Begin(shape, items.size()) += items; }
  /// kCorruption if there is no shape.
  static Result<InlinePayload> Decode(std::string_view payload);
};

/// Where the elements of a list lie: at positions from `head` on and before `tail`. Elements that
/// were popped may still lie around them, where nobody looks.
struct ListSpan {
  uint64_t head = 0;
  uint64_t tail = 0;
  uint64_t cleared = 0;       // dead ranges cover what lies before it; not behind `head`
  uint64_t tail_cleared = 0;  // and what lies from it on; not before `tail`
  /// What its elements would take in a listpack of Redis; nothing: it is not known.
  std::optional<uint64_t> packed_bytes;

  friend bool operator==(const ListSpan&, const ListSpan&) = default;
};

/// Between which scores the elements of a sorted set lie. Scores are those of
/// keyspace/types/score_order.h. Hints: outside of them there is nothing, but inside there may be
/// room.
struct ScoreSpan {
  uint64_t floor = UINT64_MAX;
  uint64_t ceiling = 0;

  /// Comes to hold this one too.
  void Include(uint64_t score) {
    floor = std::min(floor, score);
    ceiling = std::max(ceiling, score);
  }

  friend bool operator==(const ScoreSpan&, const ScoreSpan&) = default;
};

/// Whether it is counted how many elements lie before each (keyspace/types/counted_order.h). The
/// values are part of the format.
enum class Ranks : uint8_t { kNone = 0, kBeingBuilt = 1, kWhole = 2 };

/// The payload of a collection in elements form, and of a string in chunks.
struct ObjectPayload {
  /// So many entries count as many.
  static constexpr uint8_t kManyEntries = 17;

  Oid oid = 0;
  uint64_t count = 0;   // of items; of a string its length
  uint8_t entries = 0;  // keys that were put under the oid, up to kManyEntries; never counted down
  uint8_t shape = 0;
  std::optional<ListSpan> list;     // of a list alone
  std::optional<ScoreSpan> scores;  // of a sorted set alone
  Ranks ranks = Ranks::kNone;       // of an edited list or a sorted set alone

  void NoteEntries(uint64_t more) {
    entries = static_cast<uint8_t>(std::min<uint64_t>(kManyEntries, entries + more));
  }

  friend bool operator==(const ObjectPayload&, const ObjectPayload&) = default;

  std::string Encode() const;
  static Result<ObjectPayload> Decode(std::string_view payload);
  /// The oid alone; nothing if it is not there.
  static std::optional<Oid> OidIn(std::string_view payload) {
    return ByteReader(payload).Varint64();
  }
};

/// Whether an encoded record carries an expiry; false for what is not a record.
bool EncodedRecordHasExpiry(std::string_view bytes);

}  // namespace cordwood::keyspace
