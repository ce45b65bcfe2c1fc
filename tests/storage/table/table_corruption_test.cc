// No damage to a table file goes unseen, and none turns into a wrong or a missing answer.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "storage/table/table.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;

constexpr const char* kPath = "000012.sst";

struct Sample {
  EntryModel model;
  std::string bytes;
  std::shared_ptr<const TableSummary> summary;
};

/// Several small data blocks with tombstones, unsettled entries and a long value, dead ranges,
/// a filter.
Sample MakeSample(SimEnv& env, bool compress) {
  Sample sample;
  for (int i = 0; i < 60; ++i) {
    const Tag tag{.is_put = i % 5 != 0, .assumption = static_cast<uint8_t>(i % 7 == 0 ? 3 : 0)};
    const std::string value = i == 30 ? std::string(700, 'l') : std::string(12, 'v');
    sample.model[{"key" + std::to_string(i), PackTrailer(Seq{100} + static_cast<Seq>(i), tag)}] =
        tag.is_put ? value : "";
    if (i % 6 == 0) {
      sample.model[{"key" + std::to_string(i), PackTrailer(static_cast<Seq>(i), Tag{})}] = "old";
    }
  }
  const TableBuilderOptions options{.block_bytes = 300, .compress = compress};
  BuildTable(env, kPath, 12, sample.model, options, [](TableBuilder& builder) {
    builder.AddDeadRange({.begin = "key2", .end = "key3", .seq = 99});
    builder.AddDeadRange({.begin = "z", .end = "", .seq = 98});
  });
  sample.bytes = *env.ReadRaw(kPath);
  sample.summary = (*Table::Open(env, kPath, 12, nullptr))->summary();
  return sample;
}

/// An error of a table names the file and a place in it.
void ExpectNamesThePlace(const Error& error) {
  EXPECT_NE(error.code(), ErrorCode::kCold);
  const std::string& message = error.message();
  const size_t at = message.find(" at ");
  EXPECT_TRUE(message.starts_with("table 000012.sst: ")) << message;
  EXPECT_TRUE(at != std::string::npos && std::isdigit(message[at + 4]) != 0) << message;
}

/// Whether some read of the damaged file failed. No read may answer anything but the truth.
bool SomeReadFails(SimEnv& env, const Sample& sample) {
  const auto table = Table::Open(env, kPath, 12, nullptr);
  if (!table) {
    ExpectNamesThePlace(table.error());
    return true;
  }
  bool failed = false;
  for (const auto& [key, value] : sample.model) {
    const auto found = (*table)->Get(key.first, TrailerSeq(key.second), {});
    if (!found) {
      ExpectNamesThePlace(found.error());
      failed = true;
      continue;
    }
    EXPECT_TRUE(found->has_value()) << key.first;
    if (!found->has_value()) continue;
    EXPECT_EQ(PackTrailer((*found)->seq, (*found)->tag), key.second);
    EXPECT_EQ((*found)->value, value);
  }
  const Status status = (*table)->VerifyAll();
  EXPECT_EQ(status.has_value(), !failed) << "a check must see what reads see";
  if (!status) ExpectNamesThePlace(status.error());
  return failed || !status;
}

class TableCorruptionTest : public testing::TestWithParam<bool> {};

TEST_P(TableCorruptionTest, EveryFlippedByteIsSeen) {
  SimEnv env(1);
  const Sample sample = MakeSample(env, GetParam());
  ASSERT_FALSE(SomeReadFails(env, sample));
  for (size_t at = 0; at < sample.bytes.size(); ++at) {
    std::string damaged = sample.bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (at % 3 == 0 ? 0xff : 1 << at % 8));
    ASSERT_TRUE(env.WriteRaw(kPath, damaged));
    ASSERT_TRUE(SomeReadFails(env, sample)) << "byte " << at;
    ASSERT_FALSE(HasFailure()) << "byte " << at;
  }
}

TEST_P(TableCorruptionTest, EveryTruncationIsSeenWhenTheTableIsOpened) {
  SimEnv env(1);
  const Sample sample = MakeSample(env, GetParam());
  for (size_t size = 0; size < sample.bytes.size(); ++size) {
    ASSERT_TRUE(env.WriteRaw(kPath, sample.bytes.substr(0, size)));
    for (const auto& expected : {std::shared_ptr<const TableSummary>(), sample.summary}) {
      const auto table = Table::Open(env, kPath, 12, nullptr, expected);
      ASSERT_FALSE(table) << "cut to " << size;
      ASSERT_EQ(table.error().code(), ErrorCode::kCorruption);
      ExpectNamesThePlace(table.error());
      ASSERT_FALSE(HasFailure()) << "cut to " << size;
    }
  }
}

TEST_P(TableCorruptionTest, BytesBehindTheEndAreSeen) {
  SimEnv env(1);
  const Sample sample = MakeSample(env, GetParam());
  ASSERT_TRUE(env.WriteRaw(kPath, sample.bytes + "x"));
  const auto table = Table::Open(env, kPath, 12, nullptr);
  ASSERT_FALSE(table);
  ExpectNamesThePlace(table.error());
}

TEST_P(TableCorruptionTest, AZeroedSectorIsSeen) {
  SimEnv env(1);
  const Sample sample = MakeSample(env, GetParam());
  for (size_t at = 0; at < sample.bytes.size(); at += 512) {
    std::string damaged = sample.bytes;
    damaged.replace(at, std::min<size_t>(512, damaged.size() - at),
                    std::min<size_t>(512, damaged.size() - at), '\0');
    ASSERT_TRUE(env.WriteRaw(kPath, damaged));
    ASSERT_TRUE(SomeReadFails(env, sample)) << "sector at " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(All, TableCorruptionTest, testing::Bool(),
                         [](const auto& param) { return param.param ? "Lz4" : "Plain"; });

TEST(TableCorruption, AFileUnderAnotherNumberIsRefused) {
  SimEnv env(1);
  const Sample sample = MakeSample(env, false);
  const auto table = Table::Open(env, kPath, 13, nullptr);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code(), ErrorCode::kCorruption);
}

/// What the manifest says of the sample, changed.
std::shared_ptr<const TableSummary> Changed(const Sample& sample,
                                            const std::function<void(TableSummary&)>& change) {
  const auto copy = std::make_shared<TableSummary>();
  copy->salt = sample.summary->salt;
  copy->properties = sample.summary->properties;
  copy->dead_range_bytes = sample.summary->dead_range_bytes;
  change(*copy);
  return copy;
}

TEST(TableCorruption, AFileThatIsNotTheOneOfTheManifestIsRefused) {
  SimEnv env(1);
  const Sample sample = MakeSample(env, false);
  const auto why = [&](const std::function<void(TableSummary&)>& change) {
    const auto table = Table::Open(env, kPath, 12, nullptr, Changed(sample, change));
    if (table) return std::string();
    EXPECT_EQ(table.error().code(), ErrorCode::kCorruption);
    ExpectNamesThePlace(table.error());
    return table.error().message();
  };
  EXPECT_EQ(why([](TableSummary&) {}), "");
  EXPECT_NE(why([](TableSummary& summary) { ++summary.properties.file_bytes; }), "");
  EXPECT_TRUE(why([](TableSummary& summary) { ++summary.salt; }).contains("another"));
  EXPECT_NE(why([](TableSummary& summary) { ++summary.properties.entries; }), "");
  EXPECT_NE(why([](TableSummary& summary) { ++summary.dead_range_bytes.back(); }), "");
}

TEST(TableCorruption, IteratorsEndWithTheErrorOfADamagedBlock) {
  SimEnv env(1);
  const Sample sample = MakeSample(env, false);
  std::string damaged = sample.bytes;
  damaged[400] = static_cast<char>(damaged[400] ^ 1);
  ASSERT_TRUE(env.WriteRaw(kPath, damaged));
  const auto table = Table::Open(env, kPath, 12, nullptr);
  ASSERT_TRUE(table);
  for (const bool fill_cache : {false, true}) {
    const auto iterator = (*table)->NewIterator({.fill_cache = fill_cache});
    size_t entries = 0;
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) ++entries;
    for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) ++entries;
    EXPECT_LT(entries, sample.model.size());
    EXPECT_GT(entries, 0u);
    ASSERT_FALSE(iterator->status());
    EXPECT_EQ(iterator->status().error().code(), ErrorCode::kCorruption);
    ExpectNamesThePlace(iterator->status().error());
    iterator->SeekToFirst();
    EXPECT_TRUE(iterator->Valid()) << "the next seek starts afresh";
    EXPECT_TRUE(iterator->status());
  }
}

}  // namespace
}  // namespace cordwood::storage
