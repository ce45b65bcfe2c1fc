#include "storage/table/format.h"

#include <gtest/gtest.h>

#include <string>

#include "base/coding.h"
#include "base/hash.h"
#include "storage/table/block_builder.h"

namespace cordwood::storage {
namespace {

std::string DataContents(size_t value_bytes) {
  BlockBuilder builder;
  builder.Add("key", PackTrailer(1, Tag{}), std::string(value_bytes, 'v'));
  return std::string(builder.Finish());
}

TEST(TableFormat, ABlockOpensOnlyAtItsPlaceInItsFile) {
  std::string sealed;
  AppendBlock(sealed, "contents", 7, 4096, false);
  EXPECT_EQ(OpenPlainBlock(sealed, 7, 4096), "contents");
  EXPECT_FALSE(OpenPlainBlock(sealed, 8, 4096));
  EXPECT_FALSE(OpenPlainBlock(sealed, 7, 4097));
  EXPECT_FALSE(OpenPlainBlock(sealed, 4096, 7));
}

TEST(TableFormat, CompressesOnlyWhatBecomesClearlySmaller) {
  const std::string contents = DataContents(5000);
  std::string sealed;
  EXPECT_LT(AppendBlock(sealed, contents, 1, 0, true), 200u);
  const Result<Block> block = OpenDataBlock(sealed, nullptr, 1, 0);
  ASSERT_TRUE(block);
  Block::Hit hit;
  ASSERT_EQ(block->Find("key", ~uint64_t{0}, &hit), Block::Answer::kFound);
  EXPECT_EQ(hit.value, std::string(5000, 'v'));

  sealed.clear();
  const std::string tiny = DataContents(1);
  EXPECT_EQ(AppendBlock(sealed, tiny, 1, 0, true), tiny.size() + kBlockSealBytes);
}

TEST(TableFormat, EveryFlippedBitOfABlockIsSeen) {
  std::string sealed;
  AppendBlock(sealed, DataContents(500), 1, 0, true);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string damaged = sealed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    const Result<Block> block = OpenDataBlock(damaged, nullptr, 1, 0);
    ASSERT_FALSE(block) << "bit " << bit;
    ASSERT_EQ(block.error().message(), "checksum mismatch");
  }
}

/// A block whose seal is right whatever it says.
std::string Seal(std::string stored, uint8_t compression) {
  stored.push_back(static_cast<char>(compression));
  const std::string place(16, '\0');
  AppendFixed64(stored, Hash64(stored, Hash64(place)));
  return stored;
}

TEST(TableFormat, MalformedCompressedBlocksAreCorruptAndUnknownKindsUnsupported) {
  std::string huge;
  AppendVarint32(huge, 2'000'000'000);
  for (const std::string& stored : {std::string(), std::string("\xff"), huge + "x",
                                    std::string("\5ab"), std::string("\0", 1)}) {
    const Result<Block> block = OpenDataBlock(Seal(stored, 1), nullptr, 0, 0);
    ASSERT_FALSE(block);
    EXPECT_EQ(block.error().code(), ErrorCode::kCorruption);
  }
  const Result<Block> block = OpenDataBlock(Seal("stored", 2), nullptr, 0, 0);
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code(), ErrorCode::kUnsupported);
}

constexpr Footer kFooter{.filter_offset = 100,
                         .dead_ranges_offset = 120,
                         .properties_offset = 140,
                         .index_offset = 160,
                         .file_bytes = 200 + kFooterBytes,
                         .name = {.number = 9, .salt = 77}};

TEST(TableFormat, AFooterComesBackAsItWas) {
  std::string bytes;
  AppendFooter(bytes, kFooter);
  ASSERT_EQ(bytes.size(), kFooterBytes);
  const Result<Footer> footer = ParseFooter(bytes, kFooter.file_bytes);
  ASSERT_TRUE(footer);
  EXPECT_EQ(footer->filter_offset, 100u);
  EXPECT_EQ(footer->dead_ranges_offset, 120u);
  EXPECT_EQ(footer->properties_offset, 140u);
  EXPECT_EQ(footer->index_offset, 160u);
  EXPECT_EQ(footer->name, kFooter.name);
}

TEST(TableFormat, AFooterOfAnotherSizeIsRefused) {
  std::string bytes;
  AppendFooter(bytes, kFooter);
  EXPECT_FALSE(ParseFooter(bytes, kFooter.file_bytes + 1));
}

TEST(TableFormat, UnknownVersionsAndFeaturesAreUnsupportedNotCorrupt) {
  for (const size_t at : {size_t{56}, size_t{60}}) {
    std::string bytes;
    AppendFooter(bytes, kFooter);
    bytes[at] = 3;
    std::string place;
    AppendFixed64(place, kFooter.name.salt);
    AppendFixed64(place, kFooter.file_bytes - kFooterBytes);
    StoreFixed(bytes.data() + 64, Hash64(bytes.substr(0, 64), Hash64(place)));
    const Result<Footer> footer = ParseFooter(bytes, kFooter.file_bytes);
    ASSERT_FALSE(footer);
    EXPECT_EQ(footer.error().code(), ErrorCode::kUnsupported);
  }
}

TEST(TableFormat, SectionsOutOfOrderAreRefused) {
  Footer footer = kFooter;
  footer.index_offset = 130;
  std::string bytes;
  AppendFooter(bytes, footer);
  EXPECT_FALSE(ParseFooter(bytes, kFooter.file_bytes));
}

}  // namespace
}  // namespace cordwood::storage
