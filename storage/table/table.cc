#include "storage/table/table.h"

#include <utility>

#include "base/format.h"
#include "storage/table/table_iterator.h"

namespace cordwood::storage {

Result<std::unique_ptr<Table>> Table::Open(Env& env, const std::string& path, uint64_t file_number,
                                           BlockCache* cache,
                                           std::optional<uint64_t> expected_bytes) {
  CW_ASSIGN(std::unique_ptr<File> file, env.Open(path, OpenMode::kRead));
  const size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  std::unique_ptr<Table> table(new Table(std::move(file), std::move(name), file_number, cache));
  CW_TRY(table->Load(expected_bytes));
  return table;
}

Status Table::Load(std::optional<uint64_t> expected_bytes) {
  CW_ASSIGN(const Footer footer, ReadFooter(expected_bytes));
  CW_ASSIGN(const Sections sections, ReadSections(footer));
  return ParseSections(footer, sections);
}

Result<Footer> Table::ReadFooter(std::optional<uint64_t> expected_bytes) const {
  const Result<uint64_t> size = file_->Size();
  if (!size) return Located(size.error(), "size", 0);
  if (expected_bytes && *expected_bytes != *size) {
    return Located(Error(ErrorCode::kCorruption, Format("expected {} bytes", *expected_bytes)),
                   "end", *size);
  }
  if (*size < kFooterBytes) {
    return Located(Error(ErrorCode::kCorruption, "too short for a table file"), "end", *size);
  }
  char bytes[kFooterBytes];
  const uint64_t offset = *size - kFooterBytes;
  if (Status status = ReadExactly(offset, bytes); !status) {
    return Located(status.error(), "footer", offset);
  }
  Result<Footer> footer = ParseFooter({bytes, kFooterBytes}, file_number_, *size);
  if (!footer) return Located(footer.error(), "footer", offset);
  return footer;
}

Result<Table::Sections> Table::ReadSections(const Footer& footer) const {
  const uint64_t begin = footer.filter_offset;
  const uint64_t size = footer.file_bytes - kFooterBytes - begin;
  Sections sections;
  sections.bytes = std::make_unique_for_overwrite<char[]>(size);
  if (Status status = ReadExactly(begin, {sections.bytes.get(), size}); !status) {
    return Located(status.error(), "sections", begin);
  }
  const auto open = [&](uint64_t from, uint64_t to, std::string_view what,
                        std::string_view* contents) -> Status {
    const std::string_view sealed(sections.bytes.get() + (from - begin), to - from);
    const Result<std::string_view> opened = OpenPlainBlock(sealed, file_number_, from);
    if (!opened) return Located(opened.error(), what, from);
    *contents = *opened;
    return {};
  };
  CW_TRY(open(footer.filter_offset, footer.dead_ranges_offset, "filter", &sections.filter));
  CW_TRY(open(footer.dead_ranges_offset, footer.properties_offset, "dead ranges",
              &sections.dead_ranges));
  CW_TRY(open(footer.properties_offset, footer.index_offset, "properties", &sections.properties));
  CW_TRY(open(footer.index_offset, footer.file_bytes - kFooterBytes, "index", &sections.index));
  return sections;
}

Status Table::ParseSections(const Footer& footer, const Sections& sections) {
  Result<BloomFilter> filter = BloomFilter::Parse(sections.filter);
  if (!filter) return Located(filter.error(), "filter", footer.filter_offset);
  filter_ = std::move(*filter);

  dead_range_bytes_ = sections.dead_ranges;
  Result<std::vector<DeadRangeView>> ranges = DecodeDeadRanges(dead_range_bytes_);
  if (!ranges) return Located(ranges.error(), "dead ranges", footer.dead_ranges_offset);
  dead_ranges_ = std::move(*ranges);

  Result<TableIndex> index = TableIndex::Parse(sections.index, footer.filter_offset);
  if (!index) return Located(index.error(), "index", footer.index_offset);
  index_ = std::move(*index);

  Result<TableProperties> properties = DecodeProperties(sections.properties);
  if (!properties) return Located(properties.error(), "properties", footer.properties_offset);
  properties_ = std::move(*properties);
  properties_.file_bytes = footer.file_bytes;
  if (properties_.data_blocks != index_.count() || properties_.dead_ranges != dead_ranges_.size()) {
    return Located(Error(ErrorCode::kCorruption, "they contradict the other sections"),
                   "properties", footer.properties_offset);
  }
  return {};
}

Status Table::ReadExactly(uint64_t offset, std::span<char> out) const {
  CW_ASSIGN(const size_t size, file_->ReadAt(offset, out));
  if (size != out.size()) return Fail(ErrorCode::kCorruption, "the file ends too early");
  return {};
}

std::unexpected<Error> Table::Located(const Error& error, std::string_view what,
                                      uint64_t offset) const {
  return std::unexpected(error.Prefixed(Format("table {}: {} at {}", name_, what, offset)));
}

std::unexpected<Error> Table::CorruptBlock(size_t block) const {
  return Located(Error(ErrorCode::kCorruption, "malformed block"), "block",
                 index_.handle(block).offset);
}

Result<std::optional<TableFound>> Table::Get(std::string_view key, uint64_t hash, Seq at_most,
                                             const ReadOptions& options) const {
  if (!filter_.MayContain(hash)) return std::nullopt;
  for (size_t block = index_.Find(key); block < index_.count(); ++block) {
    CW_ASSIGN(BlockCache::Pin pin, ReadBlock(block, options));
    Block::Hit hit;
    switch (pin->Find(key, SeekTrailer(at_most), &hit)) {
      case Block::Answer::kFound:
        return TableFound{.tag = TrailerTag(hit.trailer),
                          .seq = TrailerSeq(hit.trailer),
                          .value = hit.value,
                          .pin = std::move(pin)};
      case Block::Answer::kAbsent:
        return std::nullopt;
      case Block::Answer::kAtEnd:
        // Versions of a key go on in the next block only if the key is the separator.
        if (index_.separator(block) != key) return std::nullopt;
        break;
      case Block::Answer::kCorrupt:
        return CorruptBlock(block);
    }
  }
  return std::nullopt;
}

std::unique_ptr<EntryIterator> Table::NewIterator(const ReadOptions& options) const {
  return std::make_unique<TableIterator>(this, options);
}

Result<BlockCache::Pin> Table::Fetch(const BlockRef& ref) const {
  const size_t block = index_.FindOffset(ref.offset);
  if (ref.file_number != file_number_ || block == index_.count() ||
      ref.size != index_.handle(block).size) {
    return Located(Error(ErrorCode::kInvalidArgument, "no such block"), "block", ref.offset);
  }
  return ReadBlock(block, {.tier = Tier::kMayBlock, .fill_cache = true});
}

BlockRef Table::RefOf(size_t block) const {
  const BlockHandle handle = index_.handle(block);
  return {.file_number = file_number_, .offset = handle.offset, .size = handle.size};
}

Result<BlockCache::Pin> Table::ReadBlock(size_t block, const ReadOptions& options) const {
  const BlockHandle handle = index_.handle(block);
  const BlockKey key{.file_number = file_number_, .offset = handle.offset};
  if (cache_ != nullptr) {
    if (BlockCache::Pin pin = cache_->Lookup(key)) return pin;
  }
  if (options.missing != nullptr) options.missing->push_back(RefOf(block));
  if (options.tier == Tier::kCacheOnly) return Fail(ErrorCode::kCold, "cold");
  CW_ASSIGN(Block contents, LoadBlock(block));
  if (cache_ == nullptr || !options.fill_cache) return BlockCache::Pin::Own(std::move(contents));
  return cache_->Insert(key, std::move(contents));
}

Result<Block> Table::LoadBlock(size_t block) const {
  const BlockHandle handle = index_.handle(block);
  auto bytes = std::make_unique_for_overwrite<char[]>(handle.size);
  if (Status status = ReadExactly(handle.offset, {bytes.get(), handle.size}); !status) {
    return Located(status.error(), "block", handle.offset);
  }
  const std::string_view sealed(bytes.get(), handle.size);
  Result<Block> contents = OpenDataBlock(sealed, std::move(bytes), file_number_, handle.offset);
  if (!contents) return Located(contents.error(), "block", handle.offset);
  return contents;
}

uint64_t Table::BytesIn(std::string_view begin, std::optional<std::string_view> end) const {
  const uint64_t from = index_.offset(index_.Find(begin));
  const uint64_t to = end ? index_.offset(index_.Find(*end)) : index_.data_end();
  return to > from ? to - from : 0;
}

size_t Table::memory_bytes() const {
  return sizeof(Table) + index_.bytes() + filter_.bytes() + dead_range_bytes_.capacity() +
         dead_ranges_.size() * sizeof(DeadRangeView) + properties_.smallest_key.capacity() +
         properties_.largest_key.capacity();
}

}  // namespace cordwood::storage
