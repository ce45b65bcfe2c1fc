#include "storage/table/descriptor_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimOp;

class DescriptorCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    for (uint64_t number = 1; number <= 20; ++number) {
      ASSERT_TRUE(env_.WriteRaw(TablePath(".", number), std::to_string(number)));
    }
  }

  // What file `number` says, read through the cache.
  std::string Read(uint64_t number) {
    const Result<std::shared_ptr<File>> file = cache_.Open(number);
    if (!file) return file.error().message();
    char bytes[8];
    const Result<size_t> size = (*file)->ReadAt(0, bytes);
    return size ? std::string(bytes, *size) : size.error().message();
  }

  support::SimEnv env_{1};
  DescriptorCache cache_{env_, ".", 4};
};

TEST_F(DescriptorCacheTest, AFileIsOpenedOnceWhileItIsInUse) {
  for (int i = 0; i < 3; ++i) {
    for (uint64_t number = 1; number <= 4; ++number)
      EXPECT_EQ(Read(number), std::to_string(number));
  }
  EXPECT_EQ(cache_.stats().opens, 4u);
  EXPECT_EQ(cache_.stats().open, 4u);
}

TEST_F(DescriptorCacheTest, TheOneUsedLeastRecentlyIsClosedForAnother) {
  for (const uint64_t number : {1, 2, 3, 4, 1, 5}) EXPECT_EQ(Read(number), std::to_string(number));
  EXPECT_EQ(cache_.stats().open, 4u);
  EXPECT_EQ(cache_.stats().opens, 5u);
  Read(1);
  EXPECT_EQ(cache_.stats().opens, 5u) << "it was used since";
  Read(2);
  EXPECT_EQ(cache_.stats().opens, 6u);
}

TEST_F(DescriptorCacheTest, AFileStaysOpenForItsReaderWhenItHasLeft) {
  const std::shared_ptr<File> file = *cache_.Open(1);
  for (uint64_t number = 2; number <= 10; ++number) Read(number);
  cache_.Forget(1);
  char byte = 0;
  EXPECT_EQ(file->ReadAt(0, {&byte, 1}), 1u);
  EXPECT_EQ(byte, '1');
}

TEST_F(DescriptorCacheTest, WithoutDescriptorsItMakesDoWithFewerAndTriesMoreAgain) {
  for (uint64_t number = 1; number <= 4; ++number) Read(number);
  env_.FailNext(SimOp::kOpen, TableFileName(5), ErrorCode::kNoDescriptors);
  EXPECT_EQ(Read(5), "5") << "others were closed for it";
  EXPECT_EQ(cache_.stats().most, 2u);
  EXPECT_LE(cache_.stats().open, 2u);
  for (int round = 0; round < 4; ++round) {
    for (uint64_t number = 1; number <= 20; ++number) Read(number);
  }
  EXPECT_EQ(cache_.stats().most, 4u);
  EXPECT_EQ(cache_.stats().open, 4u);
}

TEST_F(DescriptorCacheTest, WhereNoneCanBeHadTheErrorIsTheSystems) {
  Read(1);
  env_.FailNext(SimOp::kOpen, TableFileName(5), ErrorCode::kNoDescriptors, true);
  const Result<std::shared_ptr<File>> file = cache_.Open(5);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), ErrorCode::kNoDescriptors);
  env_.ClearFaults();
  EXPECT_EQ(Read(5), "5");
}

}  // namespace
}  // namespace cordwood::storage
