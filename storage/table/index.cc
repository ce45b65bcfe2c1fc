#include "storage/table/index.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/coding.h"
#include "storage/prefix.h"

namespace cordwood::storage {
namespace {

/// No separator is longer than its block, and no compressed byte stands for more than this.
constexpr uint64_t kBytesPerStoredByteMax = 255;
/// A part of an outline ends with the block that makes it larger than this: with that block, which
/// has at most one entry beyond the size that blocks should have, it is below 4 GiB.
constexpr uint64_t kPartBytesMax = uint64_t{1} << 31;

std::unexpected<Error> Malformed() { return Fail(ErrorCode::kCorruption, "malformed index"); }

}  // namespace

std::string_view ShortSeparator(std::string_view last, std::string_view next, std::string* buffer) {
  // Cut after some byte and make that byte larger. The first one that tells the keys apart must
  // stay below that of `next`; those behind it are free.
  const size_t differ = CommonPrefix(last, next);
  for (size_t at = differ; at + 1 < last.size(); ++at) {
    const auto byte = static_cast<uint8_t>(last[at]);
    if (byte == 0xff) continue;
    if (at == differ && byte + 1 >= static_cast<uint8_t>(next[at])) continue;
    buffer->assign(last.substr(0, at + 1));
    buffer->back() = static_cast<char>(byte + 1);
    return *buffer;
  }
  return last;
}

void IndexBuilder::Add(std::string_view separator, uint32_t block_size) {
  const size_t shared = CommonPrefix(last_, separator);
  AppendVarint32(entries_, static_cast<uint32_t>(shared));
  AppendVarint32(entries_, static_cast<uint32_t>(separator.size() - shared));
  AppendVarint32(entries_, block_size);
  entries_.append(separator.substr(shared));
  last_.assign(separator);
  ++count_;
}

std::string IndexBuilder::Finish() const {
  std::string contents;
  AppendVarint32(contents, count_);
  return contents + entries_;
}

Result<TableIndex> TableIndex::Parse(std::string_view contents, uint64_t data_end) {
  ByteReader reader(contents);
  const std::optional<uint32_t> count = reader.Varint32();
  if (!count) return Malformed();
  TableIndex index;
  std::vector<std::string> separators;
  std::string separator;
  uint64_t separators_bytes = 0;
  for (uint32_t i = 0; i < *count; ++i) {
    const std::optional<uint32_t> shared = reader.Varint32();
    const std::optional<uint32_t> unshared = reader.Varint32();
    const std::optional<uint32_t> size = reader.Varint32();
    if (!shared || !unshared || !size || *shared > separator.size()) return Malformed();
    const std::optional<std::string_view> bytes = reader.Bytes(*unshared);
    if (!bytes || *size <= kBlockSealBytes) return Malformed();
    std::string next = separator.substr(0, *shared) + std::string(*bytes);
    separators_bytes += next.size();
    if (next < separator || separators_bytes > data_end * kBytesPerStoredByteMax) {
      return Malformed();
    }
    index.offsets_.push_back(index.offsets_.back() + *size);
    separators.push_back(next);
    separator = std::move(next);
  }
  if (!reader.empty() || index.offsets_.back() != data_end) return Malformed();
  index.AddSeparators(separators);
  return index;
}

void TableIndex::AddSeparators(const std::vector<std::string>& separators) {
  if (separators.empty()) return;
  common_ = CommonPrefix(separators.front(), separators.back());
  size_t bytes = 0;
  for (const std::string& separator : separators) bytes += separator.size();
  separators_.reserve(bytes);
  words_.reserve(separators.size());
  ends_.reserve(separators.size());
  for (const std::string& separator : separators) {
    words_.push_back(WordOf(separator));
    separators_ += separator;
    ends_.push_back(separators_.size());
  }
}

/// The eight bytes behind the common prefix as a number that sorts like them.
uint64_t TableIndex::WordOf(std::string_view key) const {
  char bytes[8] = {};
  const std::string_view rest = key.substr(common_);
  if (!rest.empty()) std::memcpy(bytes, rest.data(), std::min(rest.size(), sizeof(bytes)));
  return LoadBigEndian64(bytes);
}

BlockHandle TableIndex::handle(size_t block) const {
  return {.offset = offsets_[block],
          .size = static_cast<uint32_t>(offsets_[block + 1] - offsets_[block])};
}

std::string_view TableIndex::separator(size_t block) const {
  const size_t begin = block == 0 ? 0 : ends_[block - 1];
  return std::string_view(separators_).substr(begin, ends_[block] - begin);
}

size_t TableIndex::Find(std::string_view key) const {
  if (words_.empty()) return 0;
  const int order = key.substr(0, common_).compare(common());
  if (order != 0) return order < 0 ? 0 : count();
  const uint64_t word = WordOf(key);
  auto begin =
      static_cast<size_t>(std::lower_bound(words_.begin(), words_.end(), word) - words_.begin());
  // Most often the word alone tells, or there is one separator to compare.
  if (begin == count() || words_[begin] != word || separator(begin) >= key) return begin;
  auto end = static_cast<size_t>(
      std::upper_bound(words_.begin() + static_cast<ptrdiff_t>(begin), words_.end(), word) -
      words_.begin());
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    if (separator(middle) < key) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

uint64_t TableIndex::OffsetNear(std::string_view key, std::string_view smallest) const {
  const size_t block = Find(key);
  if (block == count()) return data_end();
  if (!key.starts_with(common())) return offset(block);
  uint64_t below = 0;
  if (block > 0) {
    below = words_[block - 1];
  } else if (smallest.starts_with(common())) {
    below = WordOf(smallest);
  }
  const uint64_t word = WordOf(key);
  if (word <= below || words_[block] <= below) return offset(block);
  const double share =
      static_cast<double>(word - below) / static_cast<double>(words_[block] - below);
  const uint64_t bytes = offset(block + 1) - offset(block);
  return offset(block) + std::min(bytes, static_cast<uint64_t>(share * static_cast<double>(bytes)));
}

std::string TableIndex::Encode() const {
  IndexBuilder builder;
  for (size_t block = 0; block < count(); ++block) {
    builder.Add(separator(block), handle(block).size);
  }
  return builder.Finish();
}

TableIndex TableIndex::Outline(size_t parts) const {
  const size_t per_part = (count() + parts - 1) / parts;
  std::vector<std::string> separators;
  TableIndex outline;
  for (size_t block = 0, first = 0; block < count(); ++block) {
    const uint64_t bytes = offset(block + 1) - offset(first);
    const bool is_full = block + 1 - first == per_part || bytes > kPartBytesMax;
    if (!is_full && block + 1 < count()) continue;
    outline.offsets_.push_back(offset(block + 1));
    separators.emplace_back(separator(block));
    first = block + 1;
  }
  outline.AddSeparators(separators);
  return outline;
}

size_t TableIndex::FindOffset(uint64_t offset) const {
  const auto place = std::lower_bound(offsets_.begin(), offsets_.end(), offset);
  if (place == offsets_.end() || *place != offset) return count();
  return static_cast<size_t>(place - offsets_.begin());
}

size_t TableIndex::bytes() const {
  return separators_.capacity() + (words_.size() + offsets_.size() + ends_.size()) * 8;
}

}  // namespace cordwood::storage
