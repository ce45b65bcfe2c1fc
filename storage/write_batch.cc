#include "storage/write_batch.h"

#include "base/check.h"
#include "base/coding.h"

namespace cordwood::storage {

void WriteBatch::Put(std::string_view key, std::string_view value, uint8_t assumption) {
  CHECK(assumption <= kMaxAssumption);
  bytes_.push_back(static_cast<char>(OpKind::kPut));
  bytes_.push_back(static_cast<char>(assumption));
  AppendLengthPrefixed(bytes_, key);
  AppendLengthPrefixed(bytes_, value);
  sizes_.NoteEntry(key.size(), value.size());
  ++count_;
}

void WriteBatch::Delete(std::string_view key, uint8_t assumption) {
  CHECK(assumption <= kMaxAssumption);
  bytes_.push_back(static_cast<char>(OpKind::kDelete));
  bytes_.push_back(static_cast<char>(assumption));
  AppendLengthPrefixed(bytes_, key);
  sizes_.NoteEntry(key.size(), 0);
  ++count_;
}

void WriteBatch::DropRange(std::string_view begin, std::string_view end) {
  bytes_.push_back(static_cast<char>(OpKind::kDropRange));
  AppendLengthPrefixed(bytes_, begin);
  AppendLengthPrefixed(bytes_, end);
  sizes_.NoteEntry(begin.size(), 0);
  sizes_.NoteEntry(end.size(), 0);
  ++count_;
}

void WriteBatch::Count(uint64_t counter, int64_t delta) {
  bytes_.push_back(static_cast<char>(OpKind::kCount));
  AppendVarint64(bytes_, counter);
  AppendVarint64(bytes_, ZigZag(delta));
  ++count_;
}

void WriteBatch::Note(std::string_view bytes) {
  bytes_.push_back(static_cast<char>(OpKind::kNote));
  AppendLengthPrefixed(bytes_, bytes);
  sizes_.NoteEntry(0, bytes.size());
  ++count_;
}

void WriteBatch::Clear() {
  bytes_.clear();
  count_ = 0;
  sizes_ = {};
}

namespace {

std::optional<Op> ReadOp(ByteReader& in) {
  const std::optional<uint8_t> kind = in.Byte();
  if (!kind) return std::nullopt;
  Op op{.kind = static_cast<OpKind>(*kind)};
  const bool has_assumption = op.kind == OpKind::kPut || op.kind == OpKind::kDelete;
  if (has_assumption) {
    const std::optional<uint8_t> assumption = in.Byte();
    if (!assumption || *assumption > kMaxAssumption) return std::nullopt;
    op.assumption = *assumption;
  }
  if (op.kind == OpKind::kCount) {
    const std::optional<uint64_t> counter = in.Varint64();
    const std::optional<uint64_t> delta = in.Varint64();
    if (!counter || !delta) return std::nullopt;
    op.counter = *counter;
    op.delta = UnZigZag(*delta);
    return op;
  }
  const std::optional<std::string_view> key = in.LengthPrefixed();
  if (!key) return std::nullopt;
  op.key = *key;
  if (op.kind == OpKind::kPut || op.kind == OpKind::kDropRange) {
    const std::optional<std::string_view> value = in.LengthPrefixed();
    if (!value) return std::nullopt;
    op.value = *value;
    return op;
  }
  if (op.kind == OpKind::kDelete || op.kind == OpKind::kNote) return op;
  return std::nullopt;
}

}  // namespace

Result<Op> OpReader::Next() {
  ByteReader in(rest_);
  const std::optional<Op> op = ReadOp(in);
  if (!op) return Fail(ErrorCode::kCorruption, "malformed operation in a batch");
  rest_ = in.rest();
  return *op;
}

}  // namespace cordwood::storage
