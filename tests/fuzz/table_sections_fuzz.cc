// The sections of a table behind their checksums. The first byte chooses which: index, properties,
// dead ranges, a filter as bytes, or a filter built of hashes. What is read is the same when it is
// written and read again; an index finds what a plain search finds; a filter knows what it was
// made of.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/coding.h"
#include "base/hash.h"
#include "storage/table/bloom.h"
#include "storage/table/index.h"
#include "storage/table/properties.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using storage::BloomBuilder;
using storage::BloomFilter;
using storage::DeadRangeView;
using storage::IndexBuilder;
using storage::TableIndex;
using storage::TableProperties;

/// Where the data ends, by the sizes in an index: the parser wants to hear the same elsewhere.
uint64_t DataEnd(std::string_view contents) {
  ByteReader in(contents);
  uint64_t end = 0;
  for (uint32_t left = in.Varint32().value_or(0); left > 0; --left) {
    in.Varint32();
    const std::optional<uint32_t> unshared = in.Varint32();
    const std::optional<uint32_t> size = in.Varint32();
    if (!unshared || !size || !in.Bytes(*unshared)) break;
    end += *size;
  }
  return end;
}

void CheckFind(const TableIndex& index, std::string_view key) {
  size_t expected = 0;
  while (expected < index.count() && index.separator(expected) < key) ++expected;
  CHECK(index.Find(key) == expected);
}

void CheckIndex(std::string_view contents) {
  const uint64_t end = DataEnd(contents);
  const Result<TableIndex> index = TableIndex::Parse(contents, end);
  CHECK(!TableIndex::Parse(contents, end + 1));
  if (!index) return;
  CHECK(index->data_end() == end && index->offset(index->count()) == end);
  IndexBuilder builder;
  for (size_t block = 0; block < index->count(); ++block) {
    const storage::BlockHandle handle = index->handle(block);
    CHECK(handle.offset == index->offset(block) && handle.size > storage::kBlockSealBytes);
    CHECK(index->FindOffset(handle.offset) == block);
    CHECK(index->FindOffset(handle.offset + 1) == index->count());
    builder.Add(index->separator(block), handle.size);
  }
  const Result<TableIndex> again = TableIndex::Parse(builder.Finish(), end);
  CHECK(again && again->count() == index->count());
  for (size_t block = 0; block < std::min<size_t>(index->count(), 40); ++block) {
    const std::string separator(index->separator(block));
    CHECK(again->separator(block) == separator);
    CheckFind(*index, separator);
    CheckFind(*index, separator + '\0');
    CheckFind(*index, separator.substr(0, separator.size() / 2));
  }
  CheckFind(*index, "");
  CheckFind(*index, "\xff\xff\xff");
}

void CheckProperties(std::string_view contents) {
  const Result<TableProperties> properties = storage::DecodeProperties(contents);
  if (!properties) return;
  const std::string encoded = storage::EncodeProperties(*properties);
  const Result<TableProperties> again = storage::DecodeProperties(encoded);
  CHECK(again && *again == *properties && encoded.size() <= contents.size());
}

std::string EncodeDeadRanges(const std::vector<DeadRangeView>& ranges) {
  std::string contents;
  AppendVarint32(contents, static_cast<uint32_t>(ranges.size()));
  for (const DeadRangeView& range : ranges) storage::AppendDeadRange(contents, range);
  return contents;
}

void CheckDeadRanges(std::string_view contents) {
  const auto ranges = storage::DecodeDeadRanges(contents);
  if (!ranges) return;
  const std::string encoded = EncodeDeadRanges(*ranges);
  const auto again = storage::DecodeDeadRanges(encoded);
  CHECK(again && EncodeDeadRanges(*again) == encoded && encoded.size() <= contents.size());
}

void CheckFilterBytes(std::string_view contents) {
  const Result<BloomFilter> filter = BloomFilter::Parse(contents);
  if (!filter) return;
  bool all = true;
  for (uint64_t i = 0; i < 50; ++i) {
    const uint64_t hash = Hash64(contents, i);
    filter->Prefetch(hash);
    all = filter->MayContain(hash) && all;
  }
  CHECK(all || !contents.empty());
}

/// The first byte says how many bits a key has.
void CheckFilter(std::string_view bytes) {
  ByteReader in(bytes);
  BloomBuilder builder(in.Byte().value_or(0) % 32);
  std::vector<uint64_t> hashes;
  while (const std::optional<uint64_t> hash = in.Fixed<uint64_t>()) {
    builder.Add(*hash);
    hashes.push_back(*hash);
  }
  const Result<BloomFilter> filter = BloomFilter::Parse(builder.Finish());
  CHECK(filter);
  for (const uint64_t hash : hashes) CHECK(filter->MayContain(hash));
}

std::string SampleIndex() {
  IndexBuilder builder;
  for (const std::string_view separator : {"", "a", "a", "abc", "abd", "b\xff\xff long", "c"}) {
    builder.Add(separator, 100 + static_cast<uint32_t>(separator.size()));
  }
  return builder.Finish();
}

std::string SampleFilter(uint32_t bits_per_key) {
  BloomBuilder builder(bits_per_key);
  for (uint64_t i = 0; i < 100; ++i) builder.Add(Hash64("key", i));
  return builder.Finish();
}

}  // namespace

std::vector<std::string> Corpus() {
  const TableProperties properties{.entries = 100,
                                   .deletes = 3,
                                   .data_blocks = 7,
                                   .key_bytes = 1000,
                                   .value_bytes = 1u << 20,
                                   .largest_entry = 1u << 10,
                                   .min_seq = 1,
                                   .max_seq = storage::kMaxSeq,
                                   .smallest_key = "a",
                                   .largest_key = "zzz"};
  std::string hashes = "4\xa";
  for (uint64_t i = 0; i < 20; ++i) AppendFixed64(hashes, Hash64("key", i));
  return {
      "0" + SampleIndex(),
      "0" + IndexBuilder().Finish(),
      "1" + storage::EncodeProperties(properties),
      "1" + storage::EncodeProperties({}),
      "2" + EncodeDeadRanges({{.begin = "a", .end = "b", .seq = 7}, {.begin = "c", .seq = 1}}),
      "2" + EncodeDeadRanges({}),
      "3",
      "3" + SampleFilter(10),
      "3" + SampleFilter(1),
      hashes,
  };
}

std::vector<std::string> Dictionary() {
  return {std::string("\0\1\xa", 3), std::string("\1\0\xa", 3), "\xff\xff\xff\xff\x0f", "\7", "\x8",
          std::string(64, '\xff')};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood::fuzz;
  if (size == 0) return 0;
  const std::string_view bytes = View(data, size).substr(1);
  switch ((data[0] - '0') % 5) {
    case 0:
      CheckIndex(bytes);
      break;
    case 1:
      CheckProperties(bytes);
      break;
    case 2:
      CheckDeadRanges(bytes);
      break;
    case 3:
      CheckFilterBytes(bytes);
      break;
    default:
      CheckFilter(bytes);
  }
  return 0;
}
