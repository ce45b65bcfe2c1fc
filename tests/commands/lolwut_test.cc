#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

TEST(Lolwut, StacksAsManyLogsAsAreAskedFor) {
  CommandRunner runner;
  const std::string picture = runner.Execute({"LOLWUT", "VERSION", "5", "3", "2"});
  EXPECT_EQ(std::ranges::count(picture, '('), 5);
  EXPECT_NE(picture.find("\r\n  ("), std::string::npos) << picture;
  EXPECT_NE(picture.find("\n===========\n"), std::string::npos) << picture;
  EXPECT_NE(picture.find("Redis ver. 7.2"), std::string::npos) << picture;
  EXPECT_EQ(std::ranges::count(runner.Execute({"LOLWUT", "-5", "900"}), '('), 1);
}

TEST(Lolwut, DrawsAnew) {
  CommandRunner runner;
  const std::string first = runner.Execute({"LOLWUT"});
  std::string next = first;
  for (int i = 0; i < 10 && next == first; ++i) {
    runner.client().seed.reset();
    next = runner.Execute({"LOLWUT"});
  }
  EXPECT_NE(next, first);
}

TEST(Lolwut, TakesNumbers) {
  CommandRunner runner;
  EXPECT_EQ(runner.Execute({"LOLWUT", "VERSION", "x"}), kNotInt);
  EXPECT_EQ(runner.Execute({"LOLWUT", "x"}), kNotInt);
}

}  // namespace
}  // namespace cordwood::commands
