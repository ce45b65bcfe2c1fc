#include "storage/table/properties.h"

#include <algorithm>
#include <optional>

#include "base/coding.h"

namespace cordwood::storage {
namespace {

/// Every number of the block, in its order.
template <typename Properties, typename Visit>
void VisitNumbers(Properties& properties, Visit visit) {
  visit(properties.entries);
  visit(properties.deletes);
  visit(properties.superseded);
  visit(properties.unsettled);
  visit(properties.dead_ranges);
  visit(properties.data_blocks);
  visit(properties.key_bytes);
  visit(properties.value_bytes);
  visit(properties.largest_entry);
  visit(properties.min_seq);
  visit(properties.max_seq);
}

}  // namespace

void TableProperties::Count(std::string_view key, uint64_t trailer, std::string_view value,
                            bool superseded_entry) {
  const Seq seq = TrailerSeq(trailer);
  const Tag tag = TrailerTag(trailer);
  if (entries == 0) smallest_key = key;
  min_seq = entries == 0 ? seq : std::min(min_seq, seq);
  max_seq = std::max(max_seq, seq);
  ++entries;
  if (!tag.is_put) ++deletes;
  if (superseded_entry) ++superseded;
  if (tag.assumption != kSettled) ++unsettled;
  key_bytes += key.size();
  value_bytes += value.size();
  largest_entry = std::max(largest_entry, uint64_t{key.size()} + value.size());
}

std::string EncodeProperties(const TableProperties& properties) {
  std::string contents;
  VisitNumbers(properties, [&contents](uint64_t number) { AppendVarint64(contents, number); });
  AppendLengthPrefixed(contents, properties.smallest_key);
  AppendLengthPrefixed(contents, properties.largest_key);
  return contents;
}

Result<TableProperties> DecodeProperties(std::string_view contents) {
  ByteReader reader(contents);
  TableProperties properties;
  bool complete = true;
  VisitNumbers(properties, [&](uint64_t& number) {
    const std::optional<uint64_t> value = reader.Varint64();
    complete = complete && value;
    number = value.value_or(0);
  });
  const std::optional<std::string_view> smallest = reader.LengthPrefixed();
  const std::optional<std::string_view> largest = reader.LengthPrefixed();
  if (!complete || !smallest || !largest || !reader.empty()) {
    return Fail(ErrorCode::kCorruption, "malformed properties");
  }
  properties.smallest_key = *smallest;
  properties.largest_key = *largest;
  return properties;
}

void AppendDeadRange(std::string& out, const DeadRangeView& range) {
  AppendLengthPrefixed(out, range.begin);
  AppendLengthPrefixed(out, range.end);
  AppendVarint64(out, range.seq);
}

Result<std::vector<DeadRangeView>> DecodeDeadRanges(std::string_view contents) {
  ByteReader reader(contents);
  std::vector<DeadRangeView> ranges;
  const std::optional<uint32_t> count = reader.Varint32();
  for (uint32_t i = 0; count && i < *count; ++i) {
    const std::optional<std::string_view> begin = reader.LengthPrefixed();
    const std::optional<std::string_view> end = reader.LengthPrefixed();
    const std::optional<uint64_t> seq = reader.Varint64();
    if (!begin || !end || !seq) return Fail(ErrorCode::kCorruption, "malformed dead ranges");
    ranges.push_back({.begin = *begin, .end = *end, .seq = *seq});
  }
  if (!count || !reader.empty()) return Fail(ErrorCode::kCorruption, "malformed dead ranges");
  return ranges;
}

}  // namespace cordwood::storage
