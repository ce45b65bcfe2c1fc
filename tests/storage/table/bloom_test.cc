#include "storage/table/bloom.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/coding.h"
#include "base/hash.h"
#include "base/random.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kAdded = 100'000;

using KeyOf = std::function<std::string(uint64_t)>;

BloomFilter FilterOf(const KeyOf& key_of, uint64_t keys, uint32_t bits_per_key) {
  BloomBuilder builder(bits_per_key);
  for (uint64_t i = 0; i < keys; ++i) builder.Add(Hash64(key_of(i)));
  const Result<BloomFilter> filter = BloomFilter::Parse(builder.Finish());
  EXPECT_TRUE(filter);
  return *filter;
}

/// The share of absent keys that pass, in percent; every key that was added must pass.
double FalsePercent(const KeyOf& key_of, uint32_t bits_per_key) {
  const BloomFilter filter = FilterOf(key_of, kAdded, bits_per_key);
  for (uint64_t i = 0; i < kAdded; ++i) EXPECT_TRUE(filter.MayContain(Hash64(key_of(i))));
  uint64_t passed = 0;
  for (uint64_t i = kAdded; i < 3 * kAdded; ++i) passed += filter.MayContain(Hash64(key_of(i)));
  return 100.0 * static_cast<double>(passed) / (2.0 * kAdded);
}

std::string SequentialKey(uint64_t i) {
  std::string key;
  AppendBigEndian64(key, i);
  return key;
}

TEST(Bloom, FewAbsentSequentialKeysPass) { EXPECT_LT(FalsePercent(SequentialKey, 10), 1.3); }

TEST(Bloom, FewAbsentRandomKeysPass) {
  const KeyOf random_key = [](uint64_t i) {
    Random random(i);
    std::string key(8 + random.Below(40), '\0');
    for (char& byte : key) byte = static_cast<char>(random.Next());
    return key + std::to_string(i);
  };
  EXPECT_LT(FalsePercent(random_key, 10), 1.3);
}

TEST(Bloom, FewAbsentShortKeysPass) {
  const KeyOf short_key = [](uint64_t i) {
    const char bytes[3] = {static_cast<char>(i), static_cast<char>(i >> 8),
                           static_cast<char>(i >> 16)};
    return std::string(bytes, 3);
  };
  EXPECT_LT(FalsePercent(short_key, 10), 1.3);
}

TEST(Bloom, MoreBitsLetFewerPass) {
  const double five = FalsePercent(SequentialKey, 5);
  const double ten = FalsePercent(SequentialKey, 10);
  const double sixteen = FalsePercent(SequentialKey, 16);
  EXPECT_LT(five, 14);
  EXPECT_LT(ten, five / 4);
  EXPECT_LT(sixteen, ten / 2);
}

TEST(Bloom, SmallFiltersHoldWhatWasAdded) {
  for (uint64_t keys = 1; keys < 200; ++keys) {
    const BloomFilter filter = FilterOf(SequentialKey, keys, 10);
    for (uint64_t i = 0; i < keys; ++i) {
      ASSERT_TRUE(filter.MayContain(Hash64(SequentialKey(i)))) << i << " of " << keys;
    }
  }
}

TEST(Bloom, WithoutBitsEverythingPasses) {
  BloomBuilder builder(0);
  builder.Add(1);
  EXPECT_EQ(builder.Finish(), "");
  EXPECT_TRUE(BloomFilter::Parse("")->MayContain(12345));
}

TEST(Bloom, MalformedContentsAreRefused) {
  for (const std::string& contents :
       {std::string("\6"), std::string(64, '\6'), std::string(66, '\6'), std::string(65, '\0'),
        std::string(65, '\x08')}) {
    EXPECT_FALSE(BloomFilter::Parse(contents)) << contents.size();
  }
}

}  // namespace
}  // namespace cordwood::storage
