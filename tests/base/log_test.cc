#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/format.h"
#include "base/glob.h"

namespace cordwood {
namespace {

class LogTest : public ::testing::Test {
 protected:
  LogTest() { EXPECT_TRUE(SetLogFile(path_)); }
  ~LogTest() override {
    SetLogLevel(LogLevel::kNothing);
    EXPECT_TRUE(SetLogFile(""));
    std::filesystem::remove(path_);
  }

  std::vector<std::string> Lines() const {
    FlushLog();
    std::ifstream file(path_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  const std::string path_ = Format("{}cordwood-log-{}", ::testing::TempDir(), ::getpid());
};

TEST_F(LogTest, IsQuietUntilALevelIsSet) {
  LogWarning("nobody hears this");
  EXPECT_TRUE(Lines().empty());
}

TEST_F(LogTest, ALineHasPidTimeLevelAndMessage) {
  SetLogLevel(LogLevel::kNotice);
  LogNotice("Ready, 100% {}");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  const std::string form =
      Format(R"(\[{}] [0-9][0-9] [A-Z][a-z][a-z] [0-9][0-9][0-9][0-9] )"
             R"([0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9] notice Ready, 100% {{}})",
             ::getpid());
  EXPECT_TRUE(GlobMatch(form, lines[0])) << lines[0];
}

TEST_F(LogTest, LowerLevelsAreDropped) {
  const auto lines_at = [this](LogLevel level) {
    const size_t before = Lines().size();
    SetLogLevel(level);
    LogDebug("d");
    LogVerbose("v");
    LogNotice("n");
    LogWarning("w");
    return Lines().size() - before;
  };
  EXPECT_EQ(lines_at(LogLevel::kDebug), 4u);
  EXPECT_EQ(lines_at(LogLevel::kVerbose), 3u);
  EXPECT_EQ(lines_at(LogLevel::kNotice), 2u);
  EXPECT_EQ(lines_at(LogLevel::kWarning), 1u);
  EXPECT_EQ(lines_at(LogLevel::kNothing), 0u);
}

TEST_F(LogTest, ReopensAfterARotation) {
  SetLogLevel(LogLevel::kNotice);
  LogNotice("before");
  std::filesystem::remove(path_);
  ASSERT_TRUE(SetLogFile(path_));
  LogNotice("after");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].ends_with("after"));
}

TEST_F(LogTest, StaysWhereItWasWhenTheFileCannotBeOpened) {
  SetLogLevel(LogLevel::kNotice);
  const Status status = SetLogFile("/dev/null/log");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("/dev/null/log"), std::string::npos);
  LogNotice("still here");
  EXPECT_EQ(Lines().size(), 1u);
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  SetLogLevel(LogLevel::kNotice);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 100; ++j) LogNotice("one whole line");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = Lines();
  EXPECT_EQ(lines.size(), 400u);
  for (const std::string& line : lines) EXPECT_TRUE(line.ends_with(" notice one whole line"));
}

}  // namespace
}  // namespace cordwood
