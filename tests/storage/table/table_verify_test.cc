// Tables whose checksums are right and whose contents contradict themselves: VerifyAll is there
// for those.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/coding.h"
#include "base/hash.h"
#include "storage/table/block_builder.h"
#include "storage/table/bloom.h"
#include "storage/table/format.h"
#include "storage/table/index.h"
#include "storage/table/table.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kTrailer = 5 << 8 | 1;
constexpr uint64_t kSalt = 99;

/// A table of which every part can be chosen.
struct Parts {
  std::vector<std::vector<std::string>> blocks = {{"a", "b"}, {"c", "d"}};
  std::vector<std::string> separators = {"b", "d"};
  std::vector<std::string> filtered = {"a", "b", "c", "d"};
  TableProperties properties = {.entries = 4,
                                .data_blocks = 2,
                                .key_bytes = 4,
                                .largest_entry = 1,
                                .min_seq = 5,
                                .max_seq = 5,
                                .smallest_key = "a",
                                .largest_key = "d"};
};

std::string Assemble(const Parts& parts) {
  std::string file;
  const auto append = [&file](std::string_view contents) {
    const uint64_t at = file.size();
    AppendBlock(file, contents, kSalt, at, false);
    return at;
  };
  IndexBuilder index;
  for (size_t i = 0; i < parts.blocks.size(); ++i) {
    BlockBuilder block;
    for (const std::string& key : parts.blocks[i]) block.Add(key, kTrailer, "");
    const uint64_t at = append(block.Finish());
    index.Add(parts.separators[i], static_cast<uint32_t>(file.size() - at));
  }
  BloomBuilder bloom(20);
  for (const std::string& key : parts.filtered) bloom.Add(Hash64(key));
  Footer footer;
  footer.filter_offset = append(bloom.Finish());
  footer.dead_ranges_offset = append(std::string(1, '\0'));
  footer.properties_offset = append(EncodeProperties(parts.properties));
  footer.index_offset = append(index.Finish());
  footer.file_bytes = file.size() + kFooterBytes;
  footer.name = {.number = 12, .salt = kSalt};
  AppendFooter(file, footer);
  return file;
}

/// The verdict on such a table; empty if it is sound.
std::string Verdict(const Parts& parts) {
  support::SimEnv env(1);
  EXPECT_TRUE(env.WriteRaw("000012.sst", Assemble(parts)));
  const auto table = Table::Open(env, "000012.sst", 12, nullptr);
  if (!table) return table.error().message();
  const Status status = (*table)->VerifyAll();
  return status ? "" : status.error().message();
}

TEST(TableVerify, ASoundTablePasses) { EXPECT_EQ(Verdict({}), ""); }

TEST(TableVerify, SeesAKeyThatTheFilterDoesNotKnow) {
  EXPECT_NE(Verdict({.filtered = {"a", "b", "d"}}).find("filter"), std::string::npos);
}

TEST(TableVerify, SeesABlockBeyondItsSeparator) {
  EXPECT_NE(Verdict({.separators = {"a", "d"}}).find("separator"), std::string::npos);
  EXPECT_NE(Verdict({.separators = {"b", "e"}}).find("separator"), std::string::npos);
}

TEST(TableVerify, SeesABlockBelowTheSeparatorBeforeIt) {
  EXPECT_NE(Verdict({.separators = {"c", "d"}}).find("separator"), std::string::npos);
  EXPECT_NE(Verdict({.separators = {"cc", "d"}}).find("separator"), std::string::npos);
}

TEST(TableVerify, SeesBlocksOutOfOrder) {
  EXPECT_NE(Verdict({.blocks = {{"a", "c"}, {"b", "d"}}, .separators = {"c", "d"}}), "");
  EXPECT_NE(Verdict({.blocks = {{"b", "a"}, {"c", "d"}}}), "");
}

TEST(TableVerify, SeesTheSameEntryTwice) {
  EXPECT_NE(Verdict({.blocks = {{"a", "c"}, {"c", "d"}}, .separators = {"c", "d"}}), "");
}

TEST(TableVerify, SeesPropertiesThatAreNotSo) {
  const auto with = [](auto change) {
    Parts parts;
    change(parts.properties);
    return Verdict(parts);
  };
  EXPECT_NE(with([](TableProperties& p) { ++p.entries; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.deletes; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.superseded; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.unsettled; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.dead_ranges; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.data_blocks; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.key_bytes; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.value_bytes; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.largest_entry; }), "");
  EXPECT_NE(with([](TableProperties& p) { --p.min_seq; }), "");
  EXPECT_NE(with([](TableProperties& p) { ++p.max_seq; }), "");
  EXPECT_NE(with([](TableProperties& p) { p.smallest_key = "0"; }), "");
  EXPECT_NE(with([](TableProperties& p) { p.largest_key = "e"; }), "");
}

TEST(TableVerify, SeesDamageThatCameAfterTheTableWasOpened) {
  support::SimEnv env(1);
  const std::string bytes = Assemble({});
  ASSERT_TRUE(env.WriteRaw("000012.sst", bytes));
  for (size_t at = 0; at < bytes.size(); ++at) {
    const auto table = Table::Open(env, "000012.sst", 12, nullptr);
    ASSERT_TRUE(table);
    ASSERT_TRUE(env.FlipBit("000012.sst", at, 3));
    ASSERT_FALSE((*table)->VerifyAll()) << "byte " << at;
    ASSERT_TRUE(env.FlipBit("000012.sst", at, 3));
  }
}

}  // namespace
}  // namespace cordwood::storage
