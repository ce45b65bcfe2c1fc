#include "base/error.h"

#include <gtest/gtest.h>

#include <memory>

namespace cordwood {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Fail(ErrorCode::kInvalidArgument, "odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  CW_ASSIGN(const int half, Half(value));
  CW_TRY(Half(half));
  return half / 2;
}

Result<std::unique_ptr<int>> HalfInABox(int value) {
  CW_ASSIGN(const int half, Half(value));
  return std::make_unique<int>(half);
}

Result<std::unique_ptr<int>> QuarterInABox(int value) {
  CW_ASSIGN(auto box, HalfInABox(value));
  CW_ASSIGN(box, HalfInABox(*box));
  return box;
}

TEST(Error, PassesThroughTheMacros) {
  EXPECT_EQ(Quarter(8), 2);
  ASSERT_FALSE(Quarter(6));
  EXPECT_EQ(Quarter(6).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Quarter(7).error().message(), "odd");
}

TEST(Error, AShortageIsWhatMayPassByItself) {
  EXPECT_TRUE(IsShortage(ErrorCode::kNoSpace));
  EXPECT_TRUE(IsShortage(Result<int>(Fail(ErrorCode::kNoDescriptors, "none left"))));
  EXPECT_FALSE(IsShortage(Status(Fail(ErrorCode::kIo, "broken"))));
  EXPECT_FALSE(IsShortage(Status()));
}

TEST(Error, MoveOnlyValuesCanBeAssigned) {
  const auto box = QuarterInABox(20);
  ASSERT_TRUE(box);
  EXPECT_EQ(**box, 5);
  EXPECT_FALSE(QuarterInABox(10));
}

TEST(Error, APrefixKeepsTheCode) {
  const Error error = Error(ErrorCode::kNoSpace, "disk full").Prefixed("000007.wal");
  EXPECT_EQ(error.code(), ErrorCode::kNoSpace);
  EXPECT_EQ(error.message(), "000007.wal: disk full");
  EXPECT_EQ(ErrorCodeName(error.code()), "no space");
}

}  // namespace
}  // namespace cordwood
