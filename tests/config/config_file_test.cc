#include "config/config_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "base/format.h"
#include "base/posix_env.h"
#include "tests/support/temp_dir.h"

namespace cordwood::config {
namespace {

class ConfigFile : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return dir_ / name; }

  void Write(const std::string& name, std::string_view text) {
    const auto file = env_->Open(Path(name), OpenMode::kCreate);
    ASSERT_TRUE(file) << file.error().message();
    ASSERT_TRUE((*file)->WriteAt(0, text));
  }

  /// Reads `text` as "test.conf"; the message of the error, or nothing.
  std::string Read(std::string_view text) {
    const Status status = ReadConfigText(*env_, "test.conf", text, config_);
    return status ? "" : status.error().message();
  }

  const support::TempDir dir_;
  const std::unique_ptr<Env> env_ = NewPosixEnv();
  Config config_;
};

TEST_F(ConfigFile, ReadsOptionsAndSkipsComments) {
  EXPECT_EQ(Read("# a comment\n"
                 "\n"
                 "  port 7000\r\n"
                 "   # indented\n"
                 "BIND 127.0.0.1 -::1\n"
                 "requirepass \"a \\x62 # c\"\n"
                 "save ''\n"
                 "maxmemory 1gb"),
            "");
  EXPECT_EQ(config_.port, 7000);
  EXPECT_EQ(config_.bind, (std::vector<std::string>{"127.0.0.1", "-::1"}));
  EXPECT_EQ(config_.requirepass, "a b # c");
  EXPECT_EQ(config_.maxmemory, 1 << 30);
}

TEST_F(ConfigFile, LaterLinesWin) {
  EXPECT_EQ(Read("port 1\nport 2\n"), "");
  EXPECT_EQ(config_.port, 2);
}

TEST_F(ConfigFile, ErrorsNameThePlaceTheLineAndTheReason) {
  EXPECT_EQ(Read("port 7000\n\n  port abc  \n"),
            "test.conf, line 3\n>>> 'port abc'\nargument couldn't be parsed into an integer");
  EXPECT_EQ(Read("requirepass \"abc\n"),
            "test.conf, line 1\n>>> 'requirepass \"abc'\nUnbalanced quotes in configuration line");
  EXPECT_EQ(Read("include\n"),
            "test.conf, line 1\n>>> 'include'\nBad directive or wrong number of arguments");
}

TEST_F(ConfigFile, IncludesStandWhereTheyAre) {
  Write("inner.conf", "port 2\ntimeout 9\n");
  EXPECT_EQ(Read(Format("port 1\ninclude {}\ntimeout 3\n", Path("inner.conf"))), "");
  EXPECT_EQ(config_.port, 2);
  EXPECT_EQ(config_.timeout_seconds, 3);
}

TEST_F(ConfigFile, AnIncludedPatternIsReadInOrderOfNames) {
  Write("20-b.conf", "port 20\n");
  Write("10-a.conf", "port 10\ntimeout 10\n");
  Write("other.txt", "port 99\n");
  Write(".hidden.conf", "port 98\n");
  EXPECT_EQ(Read(Format("include {}\n", Path("*.conf"))), "");
  EXPECT_EQ(config_.port, 20);
  EXPECT_EQ(config_.timeout_seconds, 10);
  EXPECT_EQ(Read(Format("include {}\n", Path("none-*.conf"))), "");
}

TEST_F(ConfigFile, AMissingIncludeIsAnErrorOfItsLine) {
  EXPECT_EQ(Read(Format("include {}\n", Path("missing.conf"))),
            Format("test.conf, line 1\n>>> 'include {0}'\ncannot open {0}: "
                   "No such file or directory",
                   Path("missing.conf")));
}

TEST_F(ConfigFile, AnErrorInAnIncludeNamesTheIncludedFile) {
  Write("inner.conf", "port x\n");
  EXPECT_EQ(Read(Format("include {}\n", Path("inner.conf"))),
            Format("{}, line 1\n>>> 'port x'\nargument couldn't be parsed into an integer",
                   Path("inner.conf")));
}

TEST_F(ConfigFile, IncludesThatGoInACircleEnd) {
  Write("a.conf", Format("include {}\n", Path("b.conf")));
  Write("b.conf", Format("include {}\n", Path("a.conf")));
  const Status status = ReadConfigFile(*env_, Path("a.conf"), config_);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().message().ends_with("Too many files that include each other"));
}

TEST_F(ConfigFile, AFileThatCannotBeReadIsAnError) {
  const Status missing = ReadConfigFile(*env_, Path("missing.conf"), config_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(ReadConfigFile(*env_, dir_.path(), config_));
}

TEST_F(ConfigFile, AFileLongerThanOneReadIsReadWhole) {
  std::string text;
  while (text.size() < 200'000) text += "# a comment to fill the file\n";
  text += "port 7000\n";
  Write("long.conf", text);
  ASSERT_TRUE(ReadConfigFile(*env_, Path("long.conf"), config_));
  EXPECT_EQ(config_.port, 7000);
}

TEST_F(ConfigFile, AnEmptyDeviceSaysNothing) {
  EXPECT_TRUE(ReadConfigFile(*env_, "/dev/null", config_));
}

// Nobody writes into it, and no start waits for that.
TEST_F(ConfigFile, AFifoIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
  const Status status = ReadConfigFile(*env_, Path("fifo"), config_);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().message().contains("it is not a regular file but a FIFO"));
}

TEST_F(ConfigFile, AFileWithoutEndIsRefused) {
  const Status status = ReadConfigFile(*env_, "/dev/zero", config_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace cordwood::config
