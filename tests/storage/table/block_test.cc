#include "storage/table/block.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "storage/table/block_builder.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

std::string ContentsOf(const EntryModel& model) {
  BlockBuilder builder;
  for (const auto& [key, value] : model) builder.Add(key.first, key.second, value);
  const size_t announced_bytes = builder.bytes();
  std::string contents(builder.Finish());
  EXPECT_EQ(contents.size(), announced_bytes);
  return contents;
}

/// A BlockIterator behind the interface that walks compare.
class Adapter final : public EntryIterator {
 public:
  explicit Adapter(const Block* block) : iterator_(block) {}

  bool Valid() const override { return iterator_.Valid(); }
  Status status() const override {
    if (iterator_.corrupt()) return Fail(ErrorCode::kCorruption, "corrupt");
    return {};
  }
  void SeekToFirst() override { iterator_.SeekToFirst(); }
  void SeekToLast() override { iterator_.SeekToLast(); }
  void Seek(std::string_view key, uint64_t trailer) override { iterator_.Seek(key, trailer); }
  void SeekBefore(std::string_view key, uint64_t trailer) override {
    iterator_.Seek(key, trailer);
    if (iterator_.Valid()) {
      iterator_.Prev();
    } else {
      iterator_.SeekToLast();
    }
  }
  void Next() override { iterator_.Next(); }
  void Prev() override { iterator_.Prev(); }
  std::string_view key() const override { return iterator_.key(); }
  uint64_t trailer() const override { return iterator_.trailer(); }
  std::string_view value() const override { return iterator_.value(); }

 private:
  BlockIterator iterator_;
};

/// Walks and searches as readers do; what it finds does not matter.
void UseEverything(const Block& block, Random& random) {
  BlockIterator iterator(&block);
  size_t bytes = 0;
  for (iterator.SeekToFirst(); iterator.Valid(); iterator.Next()) {
    bytes += iterator.key().size() + iterator.value().size();
  }
  for (iterator.SeekToLast(); iterator.Valid(); iterator.Prev()) bytes += iterator.trailer() & 1;
  for (int i = 0; i < 20; ++i) {
    const std::string key = RandomKey(random);
    iterator.Seek(key, random.Next());
    if (iterator.Valid()) iterator.Prev();
    Block::Hit hit;
    if (block.Find(key, random.Next(), &hit) == Block::Answer::kFound) bytes += hit.value.size();
  }
  IgnoreError(block.Verify(), "only that it comes back matters");
  EXPECT_LT(bytes, size_t{1} << 40);
}

TEST(Block, AgreesWithAModelInBothDirections) {
  for (const uint64_t seed : support::Seeds(50, 2000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    const EntryModel model = RandomModel(random, 1 + static_cast<int>(random.Below(200)));
    const std::string contents = ContentsOf(model);
    const Result<Block> block = Block::Parse(contents, nullptr);
    ASSERT_TRUE(block);
    ASSERT_TRUE(block->Verify());
    Adapter iterator(&*block);
    ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(iterator, model));
    ASSERT_NO_FATAL_FAILURE(ExpectSameWalk(iterator, model, random, 500));
  }
}

TEST(Block, FindAgreesWithAModel) {
  for (const uint64_t seed : support::Seeds(50, 2000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    const EntryModel model = RandomModel(random, 1 + static_cast<int>(random.Below(200)));
    const std::string contents = ContentsOf(model);
    const Result<Block> block = Block::Parse(contents, nullptr);
    ASSERT_TRUE(block);
    for (int i = 0; i < 500; ++i) {
      const EntryKey place(RandomKey(random), PackTrailer(random.Below(320), Tag{}));
      const auto expected = model.lower_bound(place);
      Block::Hit hit;
      const Block::Answer answer = block->Find(place.first, place.second, &hit);
      if (expected == model.end()) {
        ASSERT_EQ(answer, Block::Answer::kAtEnd);
      } else if (expected->first.first != place.first) {
        ASSERT_EQ(answer, Block::Answer::kAbsent);
      } else {
        ASSERT_EQ(answer, Block::Answer::kFound);
        ASSERT_EQ(hit.trailer, expected->first.second);
        ASSERT_EQ(hit.value, expected->second);
      }
    }
  }
}

TEST(Block, SeekMayTakeTheIteratorsOwnKey) {
  EntryModel model;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "some longer key number " + std::to_string(1000 + i);
    model.emplace(EntryKey(key, PackTrailer(2, Tag{})), "new");
    model.emplace(EntryKey(key, PackTrailer(1, Tag{})), "old");
  }
  const std::string contents = ContentsOf(model);
  const Result<Block> block = Block::Parse(contents, nullptr);
  ASSERT_TRUE(block);
  BlockIterator iterator(&*block);
  iterator.SeekToFirst();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(iterator.Valid());
    ASSERT_EQ(iterator.key(), "some longer key number " + std::to_string(1000 + i));
    iterator.Seek(iterator.key(), SeekTrailer(1));
    ASSERT_TRUE(iterator.Valid());
    ASSERT_EQ(iterator.value(), "old");
    iterator.Next();
  }
  EXPECT_FALSE(iterator.Valid());
}

TEST(Block, NonsenseWithARightChecksumIsRefusedOrReadWithoutHarm) {
  for (const uint64_t seed : support::Seeds(300, 20'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    std::string contents = ContentsOf(RandomModel(random, 1 + static_cast<int>(random.Below(60))));
    for (uint64_t damage = 1 + random.Below(4); damage > 0; --damage) {
      if (random.OneIn(4)) contents.resize(random.Below(contents.size()) + 1);
      contents[random.Below(contents.size())] = static_cast<char>(random.Next());
    }
    // A copy of the exact size, so that a sanitizer sees the first byte read outside.
    auto owner = std::make_unique<char[]>(contents.size());
    contents.copy(owner.get(), contents.size());
    const std::string_view view(owner.get(), contents.size());
    const Result<Block> block = Block::Parse(view, std::move(owner));
    if (block) UseEverything(*block, random);
  }
}

TEST(Block, ParseRefusesABadEnd) {
  for (const std::string& contents : {std::string(), std::string(11, '\0'), std::string(12, '\0'),
                                      std::string(40, '\xff'), std::string(16, '\1')}) {
    const Result<Block> block = Block::Parse(contents, nullptr);
    ASSERT_FALSE(block);
    EXPECT_EQ(block.error().code(), ErrorCode::kCorruption);
  }
}

TEST(Block, AnEntryThatCannotBeDecodedIsCorruptNotTheEnd) {
  EntryModel model;
  for (int i = 0; i < 10; ++i) {
    model.emplace(EntryKey("k" + std::to_string(i), PackTrailer(1, Tag{})), "value");
  }
  std::string contents = ContentsOf(model);
  const size_t fifth = 5 + 2 + 5 + 3 * (5 + 1 + 5);
  ASSERT_EQ(contents[fifth], 1);  // shares "k"
  contents[fifth] = 100;
  const Result<Block> block = Block::Parse(contents, nullptr);
  ASSERT_TRUE(block);
  BlockIterator iterator(&*block);
  int entries = 0;
  for (iterator.SeekToFirst(); iterator.Valid(); iterator.Next()) ++entries;
  EXPECT_EQ(entries, 4);
  EXPECT_TRUE(iterator.corrupt());
  Block::Hit hit;
  EXPECT_EQ(block->Find("k7", ~uint64_t{0}, &hit), Block::Answer::kCorrupt);
  iterator.SeekToLast();
  EXPECT_FALSE(iterator.Valid());
  EXPECT_TRUE(iterator.corrupt());
  EXPECT_FALSE(block->Verify());
}

TEST(Block, VerifySeesEntriesOutOfOrderAndPrefixesThatAreTooShort) {
  BlockBuilder disordered;
  disordered.Add("b", PackTrailer(1, Tag{}), "");
  disordered.Add("a", PackTrailer(1, Tag{}), "");
  std::string contents(disordered.Finish());
  EXPECT_FALSE(Block::Parse(contents, nullptr)->Verify());

  // Entries "aa", "ab"; the second says that it shares nothing and repeats the "a".
  const char bytes[] =
      "\0\2\0\1\0aa\0\2\0\1\0ab"   // entries
      "\0\0\0\0"                   // restart points
      "\1\0\0\0\0\0\0\0\1\0\0\0";  // base, number of restart points
  contents.assign(bytes, sizeof(bytes) - 1);
  const Result<Block> block = Block::Parse(contents, nullptr);
  ASSERT_TRUE(block);
  const Status status = block->Verify();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("shared prefix"), std::string::npos);
}

}  // namespace
}  // namespace cordwood::storage
