#include "storage/table/summary.h"

#include "base/coding.h"

namespace cordwood::storage {

uint64_t TableSummary::BytesIn(std::string_view begin, std::optional<std::string_view> end) const {
  const uint64_t from = outline.OffsetNear(begin, properties.smallest_key);
  const uint64_t to = end ? outline.OffsetNear(*end, properties.smallest_key) : outline.data_end();
  return to > from ? to - from : 0;
}

uint64_t TableSummary::bytes() const {
  return sizeof(TableSummary) + outline.bytes() + dead_range_bytes.capacity() +
         dead_ranges.capacity() * sizeof(DeadRangeView) + properties.smallest_key.capacity() +
         properties.largest_key.capacity();
}

std::string TableSummary::Encode() const {
  std::string bytes;
  AppendFixed64(bytes, salt);
  AppendVarint64(bytes, properties.file_bytes);
  AppendVarint64(bytes, outline.data_end());
  AppendLengthPrefixed(bytes, EncodeProperties(properties));
  AppendLengthPrefixed(bytes, dead_range_bytes);
  AppendLengthPrefixed(bytes, outline.Encode());
  return bytes;
}

Result<std::shared_ptr<const TableSummary>> TableSummary::Decode(std::string_view bytes) {
  const auto malformed = [] { return Fail(ErrorCode::kCorruption, "malformed table summary"); };
  ByteReader in(bytes);
  const std::optional<uint64_t> salt = in.Fixed<uint64_t>();
  const std::optional<uint64_t> file_bytes = in.Varint64();
  const std::optional<uint64_t> data_bytes = in.Varint64();
  const std::optional<std::string_view> properties = in.LengthPrefixed();
  const std::optional<std::string_view> dead_ranges = in.LengthPrefixed();
  const std::optional<std::string_view> outline = in.LengthPrefixed();
  if (!salt || !file_bytes || !data_bytes || !properties || !dead_ranges || !outline ||
      !in.empty() || *data_bytes > *file_bytes) {
    return malformed();
  }
  auto summary = std::make_shared<TableSummary>();
  summary->salt = *salt;
  CW_ASSIGN(summary->properties, DecodeProperties(*properties));
  summary->properties.file_bytes = *file_bytes;
  summary->dead_range_bytes = *dead_ranges;
  CW_ASSIGN(summary->dead_ranges, DecodeDeadRanges(summary->dead_range_bytes));
  CW_ASSIGN(summary->outline, TableIndex::Parse(*outline, *data_bytes));
  if (summary->dead_ranges.size() != summary->properties.dead_ranges) return malformed();
  return summary;
}

}  // namespace cordwood::storage
