#pragma once

// The frame of a table file: block handles, the seal of a block, the footer. The bytes are drawn
// in docs/STORAGE_FORMAT.md, "Table files".
//
// Errors of this file do not name the table: the caller knows its path and puts it in front.
//
// Threads: any; no state.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/table/block.h"

namespace cordwood::storage {

/// Compression byte and checksum behind the stored bytes of every block.
inline constexpr size_t kBlockSealBytes = 9;
inline constexpr size_t kFooterBytes = 80;

/// Where a block lies in its file; the size includes the seal.
struct BlockHandle {
  uint64_t offset = 0;
  uint32_t size = 0;
};

enum class Compression : uint8_t { kNone = 0, kLz4 = 1 };

/// What tells a table from every other one. The salt is drawn at random for each table and is part
/// of all its checksums; the manifest knows it (docs/decisions/table-salt.md).
struct TableName {
  uint64_t number = 0;  // the n of the file's name
  uint64_t salt = 0;

  friend bool operator==(const TableName&, const TableName&) = default;
};

/// Appends a block with these contents; it will stand at `offset` of a table with this salt.
/// Compresses when `compress` says so and enough is saved. Returns the block's size.
uint32_t AppendBlock(std::string& out, std::string_view contents, uint64_t salt, uint64_t offset,
                     bool compress);

/// Appends the seal alone, of an uncompressed block: its contents are the three parts, one behind
/// the other, and need not be in `out`.
void AppendSeal(std::string& out, std::string_view head, std::string_view body,
                std::string_view tail, uint64_t salt, uint64_t offset);

/// Checks the seal of an uncompressed block and returns its contents, a part of `sealed`.
Result<std::string_view> OpenPlainBlock(std::string_view sealed, uint64_t salt, uint64_t offset);

/// Checks the seal of a data block and parses it. Unless it was compressed, the block refers to
/// `sealed`, and keeps `owner` (null: the caller keeps the bytes).
Result<Block> OpenDataBlock(std::string_view sealed, std::unique_ptr<char[]> owner, uint64_t salt,
                            uint64_t offset);

/// The offsets of the sections; each reaches to the next, the index to the footer.
struct Footer {
  uint64_t filter_offset = 0;
  uint64_t dead_ranges_offset = 0;
  uint64_t properties_offset = 0;
  uint64_t index_offset = 0;
  uint64_t file_bytes = 0;
  TableName name;
};

void AppendFooter(std::string& out, const Footer& footer);

/// `bytes` are the last kFooterBytes of a file of `file_bytes` bytes. Sound in itself, the footer
/// may still be another table's: that the caller judges, who knows which one it wants.
Result<Footer> ParseFooter(std::string_view bytes, uint64_t file_bytes);

}  // namespace cordwood::storage
