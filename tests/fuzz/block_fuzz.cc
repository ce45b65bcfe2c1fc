// A data block behind its checksum. The first byte chooses how the rest is taken: as the contents,
// as what is stored of a compressed block, or as entries that a builder makes a block of.
//
// Whatever the bytes are, walks and searches end, and stay within them. A block that Verify finds
// sound is a sorted list, to walks in both directions, to seeks and to searches.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"
#include "base/hash.h"
#include "storage/table/block.h"
#include "storage/table/block_builder.h"
#include "storage/table/format.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using storage::Block;
using storage::BlockBuilder;
using storage::BlockIterator;

struct Entry {
  std::string key;
  uint64_t trailer = 0;
  std::string value;

  friend bool operator==(const Entry&, const Entry&) = default;
};

bool Before(const Entry& a, const Entry& b) {
  return storage::CompareEntries(a.key, a.trailer, b.key, b.trailer) < 0;
}

Entry At(const BlockIterator& it) {
  return {.key = std::string(it.key()), .trailer = it.trailer(), .value = std::string(it.value())};
}

std::vector<Entry> Forwards(const Block& block) {
  std::vector<Entry> entries;
  BlockIterator it(&block);
  for (it.SeekToFirst(); it.Valid(); it.Next()) entries.push_back(At(it));
  return entries;
}

std::vector<Entry> Backwards(const Block& block) {
  std::vector<Entry> entries;
  BlockIterator it(&block);
  for (it.SeekToLast(); it.Valid(); it.Prev()) entries.push_back(At(it));
  return entries;
}

/// Places at, before and behind some of the entries.
std::vector<Entry> Places(const std::vector<Entry>& entries) {
  std::vector<Entry> places = {{}, {.key = "\xff\xff"}};
  const size_t step = 1 + entries.size() / 16;
  for (size_t i = 0; i < entries.size(); i += step) {
    const Entry& entry = entries[i];
    places.push_back({.key = entry.key, .trailer = entry.trailer});
    places.push_back({.key = entry.key, .trailer = UINT64_MAX});
    places.push_back({.key = entry.key, .trailer = 0});
    places.push_back({.key = entry.key + '\0', .trailer = UINT64_MAX});
    if (!entry.key.empty()) places.push_back({.key = entry.key.substr(0, entry.key.size() - 1)});
  }
  return places;
}

void CheckSearch(const Block& block, const std::vector<Entry>& entries, const Entry& place) {
  const auto expected = std::lower_bound(entries.begin(), entries.end(), place, Before);
  BlockIterator it(&block);
  it.Seek(place.key, place.trailer);
  CHECK(!it.corrupt() && it.Valid() == (expected != entries.end()));
  Block::Hit hit;
  const Block::Answer answer = block.Find(place.key, place.trailer, &hit);
  if (!it.Valid()) {
    CHECK(answer == Block::Answer::kAtEnd);
    return;
  }
  CHECK(At(it) == *expected);
  const bool found = expected->key == place.key;
  CHECK(answer == (found ? Block::Answer::kFound : Block::Answer::kAbsent));
  CHECK(!found || (hit.trailer == expected->trailer && hit.value == expected->value));
  it.Prev();
  CHECK(it.Valid() == (expected != entries.begin()));
  CHECK(!it.Valid() || At(it) == *(expected - 1));
}

void CheckBlock(const Block& block) {
  const std::vector<Entry> entries = Forwards(block);
  std::vector<Entry> backwards = Backwards(block);
  const bool sound = block.Verify().has_value();
  for (const Entry& place : Places(entries)) {
    if (sound) {
      CheckSearch(block, entries, place);
      continue;
    }
    BlockIterator it(&block);
    it.Seek(place.key, place.trailer);
    for (int i = 0; i < 3 && it.Valid(); ++i) it.Prev();
    Block::Hit hit;
    if (block.Find(place.key, place.trailer, &hit) == Block::Answer::kFound) {
      CHECK(hit.value.size() <= block.bytes());
    }
  }
  if (!sound) return;
  std::ranges::reverse(backwards);
  CHECK(!entries.empty() && backwards == entries);
  CHECK(std::adjacent_find(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
          return !Before(a, b);
        }) == entries.end());
}

void CheckContents(std::string_view contents) {
  // In memory of its own, so that a read beyond it is one beyond the allocation.
  auto owner = std::make_unique<char[]>(contents.size());
  std::ranges::copy(contents, owner.get());
  const std::string_view owned(owner.get(), contents.size());
  const Result<Block> block = Block::Parse(owned, std::move(owner));
  if (block) CheckBlock(*block);
}

void CheckCompressed(std::string_view stored) {
  std::string sealed(stored);
  sealed.push_back(1);
  std::string place;
  AppendFixed64(place, 12);
  AppendFixed64(place, 4096);
  AppendFixed64(sealed, Hash64(sealed, Hash64(place)));
  const Result<Block> block = storage::OpenDataBlock(sealed, nullptr, 12, 4096);
  if (block) CheckBlock(*block);
}

/// Entries are: length of the key, its bytes, trailer, length of the value, its bytes.
std::vector<Entry> TakeEntries(std::string_view bytes) {
  std::map<std::pair<std::string, uint64_t>, std::string> distinct;
  ByteReader in(bytes);
  while (const std::optional<uint8_t> key_size = in.Byte()) {
    const std::string_view key = *in.Bytes(std::min<size_t>(*key_size, in.size()));
    const uint64_t trailer = in.Varint64().value_or(0);
    const size_t value_size = in.Byte().value_or(0);
    distinct.emplace(std::pair(key, trailer), *in.Bytes(std::min(value_size, in.size())));
  }
  std::vector<Entry> entries;
  for (const auto& [place, value] : distinct) entries.push_back({place.first, place.second, value});
  std::ranges::sort(entries, Before);
  return entries;
}

std::string Build(const std::vector<Entry>& entries) {
  BlockBuilder builder;
  for (const Entry& entry : entries) builder.Add(entry.key, entry.trailer, entry.value);
  return std::string(builder.Finish());
}

void CheckBuilt(std::string_view bytes) {
  const std::vector<Entry> entries = TakeEntries(bytes);
  if (entries.empty()) return;
  const std::string contents = Build(entries);
  const Result<Block> block = Block::Parse(contents, nullptr);
  CHECK(block && block->Verify());
  CHECK(Forwards(*block) == entries);
  CheckBlock(*block);
}

std::vector<Entry> Sample(int count) {
  std::vector<Entry> entries;
  for (int i = 0; i < count; ++i) {
    entries.push_back({.key = Format("key:{:03}", i / 2),
                       .trailer = storage::PackTrailer(static_cast<storage::Seq>(1000 - i),
                                                       {.is_put = i % 3 != 0}),
                       .value = std::string(static_cast<size_t>(i % 7), 'v')});
  }
  std::ranges::sort(entries, Before);
  return entries;
}

std::string Written(const std::vector<Entry>& entries) {
  std::string bytes;
  for (const Entry& entry : entries) {
    bytes.push_back(static_cast<char>(entry.key.size()));
    bytes += entry.key;
    AppendVarint64(bytes, entry.trailer);
    bytes.push_back(static_cast<char>(entry.value.size()));
    bytes += entry.value;
  }
  return bytes;
}

std::string Compressed(std::string_view contents) {
  std::string block;
  const uint32_t size = storage::AppendBlock(block, contents, 12, 4096, true);
  block.resize(size - storage::kBlockSealBytes);
  return block;
}

}  // namespace

std::vector<std::string> Corpus() {
  return {
      "0" + Build(Sample(1)),
      "0" + Build(Sample(40)),
      "0" + Build({{.key = "", .trailer = 0, .value = ""}}),
      "0" + Build({{.key = std::string(200, 'k'), .value = std::string(300, 'v')}}),
      "1" + Compressed(Build(Sample(100))),
      "1" + Compressed(Build({{.key = "k", .value = std::string(4000, 'v')}})),
      "2" + Written(Sample(1)),
      "2" + Written(Sample(40)),
  };
}

std::vector<std::string> Dictionary() {
  return {std::string("\0\0\0\0", 4), std::string("\1\0\0\0", 4), std::string("\0\4\1", 3),
          "\xff\xff\xff\xff\x0f", "key:"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood::fuzz;
  if (size == 0) return 0;
  const std::string_view bytes = View(data, size).substr(1);
  switch (data[0] % 3) {
    case 0:
      CheckContents(bytes);
      break;
    case 1:
      CheckCompressed(bytes);
      break;
    default:
      CheckBuilt(bytes);
  }
  return 0;
}
