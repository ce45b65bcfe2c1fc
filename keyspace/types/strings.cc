#include "keyspace/types/strings.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/types/object_builder.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kChunkNumberBytes = sizeof(uint32_t);
constexpr std::array<char, kChunkBytes> kZeros = {};

std::string FirstChunkKey(Generation generation, Oid oid) {
  return SpacePrefix(generation, oid, kItemSpace).append(kChunkNumberBytes, '\0');
}

void StoreChunkNumber(char* number, uint64_t chunk) {
  for (size_t i = 0; i < kChunkNumberBytes; ++i) {
    number[i] = static_cast<char>(chunk >> 8 * (kChunkNumberBytes - 1 - i));
  }
}

void SetChunk(std::string& chunk_key, uint64_t chunk) {
  StoreChunkNumber(chunk_key.data() + chunk_key.size() - kChunkNumberBytes, chunk);
}

std::string_view WithoutZeros(std::string_view bytes) {
  return bytes.substr(0, bytes.find_last_not_of('\0') + 1);
}

Result<ObjectPayload> ObjectOf(std::string_view payload) {
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(payload));
  if (object.count <= kChunkedBytesMax) return object;
  return Fail(ErrorCode::kCorruption, "a string is longer than its chunks can hold");
}

/// What a string of `length` bytes may have in the chunk at most.
uint64_t BytesInChunk(uint64_t length, uint64_t chunk) {
  const uint64_t begin = chunk * kChunkBytes;
  return begin < length ? std::min(kChunkBytes, length - begin) : 0;
}

/// The chunk as it is stored; nothing if it is absent.
Result<std::optional<std::string_view>> GetChunk(Transaction& tx, const std::string& chunk_key,
                                                 uint64_t bytes_max) {
  CW_ASSIGN(const std::optional<std::string_view> stored, tx.Get(chunk_key));
  if (!stored || stored->size() <= bytes_max) return stored;
  return Fail(ErrorCode::kCorruption, "a chunk of a string is too long");
}

/// Visits `bytes` bytes of a chunk from `from` on.
void VisitChunk(std::string_view stored, uint64_t from, uint64_t bytes,
                const String::Visit& visit) {
  if (from < stored.size()) {
    const std::string_view there = stored.substr(from, bytes);
    visit(there);
    bytes -= there.size();
  }
  if (bytes > 0) visit({kZeros.data(), bytes});
}

/// Writes into the chunks of one object.
class ChunkWriter {
 public:
  ChunkWriter(Transaction& tx, Generation generation, const ObjectPayload& object)
      : tx_(tx), object_(object), chunk_key_(FirstChunkKey(generation, object.oid)) {}

  /// With what Write changed in it.
  const ObjectPayload& object() const { return object_; }

  Status Write(uint64_t offset, std::string_view bytes) {
    GatheredReads reads;
    const uint64_t end = offset + bytes.size();
    for (uint64_t at = offset; at < end && !reads.failed();) {
      const uint64_t next = std::min(end, (at / kChunkBytes + 1) * kChunkBytes);
      reads.Ok(WriteInChunk(at, bytes.substr(at - offset, next - at)));
      at = next;
    }
    CW_TRY(reads.status());
    object_.count = std::max(object_.count, end);
    return {};
  }

 private:
  /// True. A value, as GatheredReads takes it.
  Result<bool> WriteInChunk(uint64_t offset, std::string_view bytes) {
    const uint64_t chunk = offset / kChunkBytes;
    const uint64_t begin = offset % kChunkBytes;
    const uint64_t end = begin + bytes.size();
    const uint64_t before = BytesInChunk(object_.count, chunk);
    SetChunk(chunk_key_, chunk);
    const bool covers_all = begin == 0 && end >= before;
    if (covers_all) return Put(WithoutZeros(bytes), before > 0, false);
    const storage::ReadScope scope(tx_.view());
    CW_ASSIGN(const std::optional<std::string_view> old, GetChunk(tx_, chunk_key_, before));
    patched_.assign(old.value_or(std::string_view()));
    if (patched_.size() < end) patched_.resize(end);
    patched_.replace(begin, bytes.size(), bytes);
    return Put(WithoutZeros(patched_), old.has_value(), old.has_value());
  }

  bool Put(std::string_view bytes, bool may_be_there, bool is_there) {
    if (!bytes.empty()) {
      tx_.Put(chunk_key_, bytes);
      if (!is_there) object_.NoteEntries(1);
    } else if (may_be_there) {
      tx_.Delete(chunk_key_);
    }
    return true;
  }

  Transaction& tx_;
  ObjectPayload object_;
  std::string chunk_key_;
  std::string patched_;
};

/// Whether the string might be whole, too: its length is bounded by what an entry may be.
Status CheckLength(Transaction& tx, const KeyName& name, const RecordHeader& header,
                   uint64_t length) {
  storage::BatchSizes sizes;
  sizes.NoteEntry(KeyRecordKey(name.generation, name.key).size(), header.Encode().size() + length);
  return tx.keyspace().store().write_limits().Check(sizes);
}

uint64_t ChunksOf(uint64_t length) { return (length + kChunkBytes - 1) / kChunkBytes; }

/// Copies what a part of a string that begins at `from` has of the bytes behind `begin`.
void CopyOverlap(std::string_view part, uint64_t from, uint64_t begin, std::string& bytes) {
  const uint64_t first = std::max(from, begin);
  const uint64_t last = std::min(from + part.size(), begin + bytes.size());
  if (first >= last) return;
  std::ranges::copy(part.substr(first - from, last - first), bytes.begin() + (first - begin));
}

/// A new object that holds `whole`, with `written` over it at `offset`.
Result<ObjectPayload> NewObject(Transaction& tx, Generation generation, std::string_view whole,
                                uint64_t offset, std::string_view written) {
  const uint64_t length = std::max<uint64_t>(whole.size(), offset + written.size());
  ObjectBuilder builder(tx, generation);
  std::string bytes;
  const auto put = [&](uint64_t begin_chunk, uint64_t end_chunk) -> Status {
    for (uint64_t chunk = begin_chunk; chunk < end_chunk; ++chunk) {
      bytes.assign(BytesInChunk(length, chunk), '\0');
      CopyOverlap(whole, 0, chunk * kChunkBytes, bytes);
      CopyOverlap(written, offset, chunk * kChunkBytes, bytes);
      std::array<char, kChunkNumberBytes> number;
      StoreChunkNumber(number.data(), chunk);
      const std::string_view stored = WithoutZeros(bytes);
      if (stored.empty()) continue;
      CW_TRY(builder.Put({.head = {number.data(), number.size()}}, stored));
    }
    return {};
  };
  const uint64_t of_whole = ChunksOf(whole.size());
  CW_TRY(put(0, of_whole));
  // Nothing lies between the two.
  CW_TRY(put(std::max(of_whole, offset / kChunkBytes), ChunksOf(length)));
  ObjectPayload object{.count = length};
  object.NoteEntries(builder.entries());
  CW_ASSIGN(object.oid, builder.Finish());
  return object;
}

}  // namespace

// --- reading ---

Result<uint64_t> LengthOfChunked(std::string_view payload) {
  CW_ASSIGN(const ObjectPayload object, ObjectOf(payload));
  return object.count;
}

Result<String> String::Open(Transaction& tx, Generation generation, const RecordView& record) {
  CHECK(record.header.type == Type::kString);
  String string(tx);
  if (record.header.form == Form::kInline) {
    string.whole_ = record.payload;
    string.length_ = record.payload.size();
    return string;
  }
  CW_ASSIGN(const ObjectPayload object, ObjectOf(record.payload));
  string.length_ = object.count;
  string.chunk_key_ = FirstChunkKey(generation, object.oid);
  return string;
}

Status String::Read(uint64_t begin, uint64_t end, const Visit& visit) {
  CHECK(begin <= end && end <= length_);
  if (!in_chunks()) {
    if (begin < end) visit(whole_.substr(begin, end - begin));
    return {};
  }
  GatheredReads reads;
  for (uint64_t at = begin; at < end && !reads.failed();) {
    const uint64_t chunk = at / kChunkBytes;
    const uint64_t next = std::min(end, (chunk + 1) * kChunkBytes);
    const storage::ReadScope scope(tx_.view());
    SetChunk(chunk_key_, chunk);
    const Result<std::optional<std::string_view>> stored =
        GetChunk(tx_, chunk_key_, BytesInChunk(length_, chunk));
    if (reads.Ok(stored) && reads.status()) {
      VisitChunk(stored->value_or(std::string_view()), at % kChunkBytes, next - at, visit);
    }
    at = next;
  }
  return reads.status();
}

Result<std::string> String::ReadPart(uint64_t begin, uint64_t end) {
  std::string part(end - begin, '\0');
  char* at = part.data();
  CW_TRY(Read(begin, end, [&](std::string_view bytes) { at = std::ranges::copy(bytes, at).out; }));
  return part;
}

// --- writing ---

Result<uint64_t> WriteStringAt(Transaction& tx, const KeyName& name, const Lookup& before,
                               uint64_t offset, std::string_view bytes) {
  CHECK(!bytes.empty() && offset + bytes.size() <= kChunkedBytesMax);
  const Record* old = before.live();
  Record record;
  if (old != nullptr) record.expiry_ms = old->expiry_ms;
  ObjectPayload object;
  if (old != nullptr && old->owns_object()) {
    CW_TRY(CheckLength(tx, name, record.header(), offset + bytes.size()));
    CW_ASSIGN(object, ObjectOf(old->payload));
    ChunkWriter writer(tx, name.generation, object);
    CW_TRY(writer.Write(offset, bytes));
    object = writer.object();
  } else {
    const std::string_view whole = old != nullptr ? std::string_view(old->payload) : "";
    const uint64_t length = std::max<uint64_t>(whole.size(), offset + bytes.size());
    if (length <= kPatchedWholeMax) {
      record.payload.assign(length, '\0');
      std::ranges::copy(whole, record.payload.begin());
      record.payload.replace(offset, bytes.size(), bytes);
      CW_TRY(PutRecord(tx, name, before, record));
      return length;
    }
    CW_TRY(CheckLength(tx, name, record.header(), length));
    CW_ASSIGN(object, NewObject(tx, name.generation, whole, offset, bytes));
  }
  record.form = Form::kElements;
  record.payload = object.Encode();
  // A chunk that is written over changes nothing in the record.
  if (old == nullptr || record.payload != old->payload) {
    CW_TRY(PutRecord(tx, name, before, record));
  } else {
    tx.NoteChange(name.generation, name.key);
  }
  return object.count;
}

Result<Record> ForNewHeader(Transaction& tx, Generation generation, const Record& record) {
  const bool moves = record.type == Type::kString && record.form == Form::kInline &&
                     record.payload.size() > kRenewedWholeMax;
  if (!moves) return record;
  CW_ASSIGN(const ObjectPayload object, NewObject(tx, generation, record.payload, 0, {}));
  return Record{.type = Type::kString,
                .form = Form::kElements,
                .expiry_ms = record.expiry_ms,
                .payload = object.Encode()};
}

}  // namespace cordwood::keyspace
