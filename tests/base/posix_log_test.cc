#include "base/posix_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>

#include "base/format.h"
#include "base/number.h"
#include "tests/support/temp_dir.h"

namespace cordwood {
namespace {

constexpr uint64_t kLong = 60'000;

class PosixLogTest : public ::testing::Test {
 protected:
  PosixLogTest() {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    read_end_.emplace(ends[0]);
    log_.SwitchTo(FileDescriptor(ends[1]));
  }

  std::string ReadLine() {
    size_t end = 0;
    while ((end = read_.find('\n')) == std::string::npos) {
      std::array<char, 4096> buffer;
      const ssize_t count = ::read(read_end_->get(), buffer.data(), buffer.size());
      if (count <= 0) return "the end of the pipe";
      read_.append(buffer.data(), static_cast<size_t>(count));
    }
    std::string line = read_.substr(0, end + 1);
    read_.erase(0, end + 1);
    return line;
  }

  std::optional<FileDescriptor> read_end_;
  std::string read_;
  PosixLog log_{{.waiting_bytes_max = 10'000,
                 .dropped_line = [](uint64_t count) { return Format("{} dropped\n", count); }}};
};

const std::string kLine = std::string(99, 'x') + "\n";

TEST_F(PosixLogTest, WhoSpeaksDoesNotWaitForAPipeThatNobodyReads) {
  // Far more than pipe and queue hold: whoever waited would wait for ever.
  constexpr uint64_t kLines = 10'000;
  for (uint64_t i = 0; i < kLines; ++i) log_.Write(kLine);
  EXPECT_FALSE(log_.Flush(1));
  uint64_t whole = 0;
  uint64_t dropped = 0;
  while (whole + dropped < kLines) {
    const std::string line = ReadLine();
    if (line == kLine) {
      ++whole;
      continue;
    }
    ASSERT_TRUE(line.ends_with(" dropped\n")) << line;
    dropped += ParseUint64(line.substr(0, line.find(' '))).value_or(0);
  }
  EXPECT_EQ(whole + dropped, kLines);
  EXPECT_GE(whole, 100u);
  log_.Write("again\n");
  EXPECT_EQ(ReadLine(), "again\n");
  EXPECT_TRUE(log_.Flush(kLong));
}

TEST_F(PosixLogTest, LinesThatCannotBeWrittenAreCountedInTheNextThatCan) {
  read_end_.reset();
  for (int i = 0; i < 3; ++i) {
    log_.Write(kLine);
    ASSERT_TRUE(log_.Flush(kLong));
  }
  const support::TempDir dir;
  auto file = OpenLogFile(dir / "log");
  ASSERT_TRUE(file);
  log_.SwitchTo(*std::move(file));
  log_.Write("again\n");
  ASSERT_TRUE(log_.Flush(kLong));
  const FileDescriptor written(::open((dir / "log").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 100> buffer{};
  const ssize_t count = ::read(written.get(), buffer.data(), buffer.size());
  EXPECT_EQ(std::string(buffer.data(), static_cast<size_t>(count)), "3 dropped\nagain\n");
}

TEST_F(PosixLogTest, APipeThatIsNotToBlockIsWaitedFor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  ASSERT_EQ(::fcntl(ends[0], F_SETFL, 0), 0);
  ASSERT_EQ(::fcntl(ends[0], F_SETPIPE_SZ, 4096), 4096);
  read_end_.emplace(ends[0]);
  log_.SwitchTo(FileDescriptor(ends[1]));
  for (int i = 0; i < 90; ++i) log_.Write(kLine);
  log_.Write("last\n");
  for (int i = 0; i < 90; ++i) EXPECT_EQ(ReadLine(), kLine);
  EXPECT_EQ(ReadLine(), "last\n");
}

}  // namespace
}  // namespace cordwood
