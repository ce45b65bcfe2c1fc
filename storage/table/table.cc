#include "storage/table/table.h"

#include <utility>

#include "base/format.h"
#include "storage/file_names.h"
#include "storage/table/table_iterator.h"

namespace cordwood::storage {
namespace {

/// Of what the manifest knows about where a table's keys lie: enough to tell a tenth of a table.
constexpr size_t kOutlineParts = 16;

}  // namespace

Result<std::unique_ptr<Table>> Table::Open(Env& env, const std::string& path, uint64_t file_number,
                                           BlockCache* cache,
                                           std::shared_ptr<const TableSummary> expected) {
  std::unique_ptr<Table> table(new Table(file_number, cache));
  CW_ASSIGN(table->file_, env.Open(path, OpenMode::kRead));
  CW_TRY(table->Load(std::move(expected)));
  return table;
}

Result<std::unique_ptr<Table>> Table::Open(DescriptorCache& files, uint64_t file_number,
                                           BlockCache* cache,
                                           std::shared_ptr<const TableSummary> expected) {
  std::unique_ptr<Table> table(new Table(file_number, cache));
  table->files_ = &files;
  CW_TRY(table->Load(std::move(expected)));
  return table;
}

Status Table::Load(std::shared_ptr<const TableSummary> expected) {
  CW_ASSIGN(const Footer footer, ReadFooter(expected.get()));
  CW_ASSIGN(const Sections sections, ReadSections(footer));
  return ParseSections(footer, sections, std::move(expected));
}

Result<std::shared_ptr<File>> Table::OpenFile() const {
  if (file_ != nullptr) return file_;
  return files_->Open(file_number_);
}

Result<Footer> Table::ReadFooter(const TableSummary* expected) const {
  const auto corrupt = [this](std::string_view what, uint64_t offset, std::string why) {
    return Located(Error(ErrorCode::kCorruption, std::move(why)), what, offset);
  };
  const Result<std::shared_ptr<File>> file = OpenFile();
  if (!file) return Located(file.error(), "file", 0);
  const Result<uint64_t> size = (*file)->Size();
  if (!size) return Located(size.error(), "size", 0);
  if (expected != nullptr && expected->properties.file_bytes != *size) {
    return corrupt("end", *size, Format("expected {} bytes", expected->properties.file_bytes));
  }
  if (*size < kFooterBytes) return corrupt("end", *size, "too short for a table file");
  char bytes[kFooterBytes];
  const uint64_t offset = *size - kFooterBytes;
  if (Status status = ReadExactly(offset, bytes); !status) {
    return Located(status.error(), "footer", offset);
  }
  Result<Footer> footer = ParseFooter({bytes, kFooterBytes}, *size);
  if (!footer) return Located(footer.error(), "footer", offset);
  if (footer->name.number != file_number_) {
    return corrupt("footer", offset, Format("it is table {}", footer->name.number));
  }
  if (expected != nullptr && footer->name.salt != expected->salt) {
    return corrupt("footer", offset, "it is not the table that the manifest lists, but another");
  }
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
    const Result<std::string_view> opened = OpenPlainBlock(sealed, footer.name.salt, from);
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

Status Table::ParseSections(const Footer& footer, const Sections& sections,
                            std::shared_ptr<const TableSummary> expected) {
  Result<BloomFilter> filter = BloomFilter::Parse(sections.filter);
  if (!filter) return Located(filter.error(), "filter", footer.filter_offset);
  filter_ = std::move(*filter);

  Result<TableIndex> index = TableIndex::Parse(sections.index, footer.filter_offset);
  if (!index) return Located(index.error(), "index", footer.index_offset);
  index_ = std::move(*index);

  const auto summary = std::make_shared<TableSummary>();
  summary->salt = footer.name.salt;
  summary->dead_range_bytes = sections.dead_ranges;
  Result<std::vector<DeadRangeView>> ranges = DecodeDeadRanges(summary->dead_range_bytes);
  if (!ranges) return Located(ranges.error(), "dead ranges", footer.dead_ranges_offset);
  summary->dead_ranges = std::move(*ranges);
  Result<TableProperties> properties = DecodeProperties(sections.properties);
  if (!properties) return Located(properties.error(), "properties", footer.properties_offset);
  summary->properties = std::move(*properties);
  summary->properties.file_bytes = footer.file_bytes;
  if (summary->properties.data_blocks != index_.count() ||
      summary->properties.dead_ranges != summary->dead_ranges.size()) {
    return Located(Error(ErrorCode::kCorruption, "they contradict the other sections"),
                   "properties", footer.properties_offset);
  }
  if (expected == nullptr) {
    summary->outline = index_.Outline(kOutlineParts);
    summary_ = summary;
    return {};
  }
  if (expected->properties != summary->properties ||
      expected->dead_range_bytes != summary->dead_range_bytes) {
    return Located(Error(ErrorCode::kCorruption, "they are not what the manifest says"),
                   "properties", footer.properties_offset);
  }
  summary_ = std::move(expected);
  return {};
}

Status Table::ReadExactly(uint64_t offset, std::span<char> out) const {
  CW_ASSIGN(const std::shared_ptr<File> file, OpenFile());
  CW_ASSIGN(const size_t size, file->ReadAt(offset, out));
  if (size != out.size()) return Fail(ErrorCode::kCorruption, "the file ends too early");
  return {};
}

std::unexpected<Error> Table::Located(const Error& error, std::string_view what,
                                      uint64_t offset) const {
  return std::unexpected(
      error.Prefixed(Format("table {}: {} at {}", TableFileName(file_number_), what, offset)));
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
  Result<Block> contents = OpenDataBlock(sealed, std::move(bytes), summary_->salt, handle.offset);
  if (!contents) return Located(contents.error(), "block", handle.offset);
  return contents;
}

uint64_t Table::BytesIn(std::string_view begin, std::optional<std::string_view> end) const {
  const uint64_t from = index_.offset(index_.Find(begin));
  const uint64_t to = end ? index_.offset(index_.Find(*end)) : index_.data_end();
  return to > from ? to - from : 0;
}

size_t Table::memory_bytes() const { return sizeof(Table) + index_.bytes() + filter_.bytes(); }

}  // namespace cordwood::storage
