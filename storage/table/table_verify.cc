// Table::VerifyAll: what a checksum cannot tell. Entries in order, separators between blocks,
// every key in the filter, and properties that agree with what was counted.

#include <string>

#include "base/hash.h"
#include "storage/table/block_reader.h"
#include "storage/table/table.h"

namespace cordwood::storage {

Status Table::VerifyAll() const {
  CW_ASSIGN(const Footer footer, ReadFooter(summary_.get()));
  CW_TRY(ReadSections(footer));
  TableProperties counted;
  CW_TRY(VerifyEntries(&counted));
  counted.data_blocks = index_.count();
  counted.dead_ranges = dead_ranges().size();
  counted.file_bytes = footer.file_bytes;
  if (counted != properties()) {
    return Located(Error(ErrorCode::kCorruption, "they differ from what the table holds"),
                   "properties", footer.properties_offset);
  }
  return {};
}

Status Table::VerifyEntries(TableProperties* counted) const {
  BlockReader reader(this);
  std::string last_key;
  uint64_t last_trailer = 0;
  for (size_t block = 0; block < index_.count(); ++block) {
    CW_ASSIGN(const Block* contents, reader.Read(block));
    BlockIterator first(contents);
    first.SeekToFirst();
    if (block > 0 && first.Valid() &&
        CompareEntries(last_key, last_trailer, first.key(), first.trailer()) >= 0) {
      return Located(Error(ErrorCode::kCorruption, "not behind the block before"), "block",
                     index_.handle(block).offset);
    }
    CW_TRY(VerifyBlock(block, *contents, counted, &last_key));
    first.SeekToLast();
    last_trailer = first.trailer();
  }
  counted->largest_key = last_key;
  return {};
}

Status Table::VerifyBlock(size_t block, const Block& contents, TableProperties* counted,
                          std::string* last_key) const {
  const auto fail = [this, block](const Error& error) {
    return Located(error, "block", index_.handle(block).offset);
  };
  if (Status status = contents.Verify(); !status) return fail(status.error());
  BlockIterator entry(&contents);
  entry.SeekToFirst();
  if (block > 0) {
    const std::string_view before = index_.separator(block - 1);
    if (entry.key() < before || (entry.key() == before && *last_key != before)) {
      return fail(Error(ErrorCode::kCorruption, "begins at or below the separator before it"));
    }
  }
  for (; entry.Valid(); entry.Next()) {
    if (!MayContain(entry.key())) {
      return fail(Error(ErrorCode::kCorruption, "the filter does not know one of its keys"));
    }
    const bool superseded = counted->entries > 0 && entry.key() == *last_key;
    counted->Count(entry.key(), entry.trailer(), entry.value(), superseded);
    *last_key = entry.key();
  }
  const std::string_view separator = index_.separator(block);
  const bool is_last = block + 1 == index_.count();
  if (*last_key > separator || (is_last && *last_key != separator)) {
    return fail(Error(ErrorCode::kCorruption, "ends beyond its separator"));
  }
  return {};
}

}  // namespace cordwood::storage
