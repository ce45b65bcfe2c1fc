// The simulated environment answers as the real one does: the same tests on both.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/posix_env.h"
#include "tests/support/sim_env.h"
#include "tests/support/temp_dir.h"

namespace cordwood::support {
namespace {

/// An environment and an empty directory in it.
class EnvContract : public testing::TestWithParam<const char*> {
 protected:
  EnvContract() {
    if (GetParam() == std::string("Posix")) {
      temp_dir_ = std::make_unique<TempDir>();
      dir_ = temp_dir_->path();
      env_ = NewPosixEnv();
    } else {
      dir_ = "/dir";
      auto sim = std::make_unique<SimEnv>(1);
      sim_ = sim.get();
      env_ = std::move(sim);
      EXPECT_TRUE(env_->CreateDir(dir_).has_value());
    }
  }

  Env& env() { return *env_; }
  std::string Path(const std::string& name) const { return dir_ + "/" + name; }

  void Put(const std::string& name, const std::string& bytes) {
    const auto file = env().Open(Path(name), OpenMode::kCreate);
    ASSERT_TRUE(file.has_value()) << file.error().message();
    ASSERT_TRUE((*file)->WriteAt(0, bytes).has_value());
  }

  std::string Get(const std::string& name) {
    const auto file = env().Open(Path(name), OpenMode::kRead);
    if (!file) return std::string(ErrorCodeName(file.error().code()));
    std::string bytes(100, '\0');
    bytes.resize((*file)->ReadAt(0, bytes).value_or(0));
    return bytes;
  }

  /// Another process renames.
  void MoveByOthers(const std::string& from, const std::string& to) {
    if (sim_ != nullptr) {
      ASSERT_TRUE(sim_->RenameRaw(Path(from), Path(to)).has_value());
    } else {
      std::filesystem::rename(Path(from), Path(to));
    }
  }

 private:
  std::unique_ptr<TempDir> temp_dir_;
  SimEnv* sim_ = nullptr;
  std::string dir_;
  std::unique_ptr<Env> env_;
};

template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error().code()));
}

TEST_P(EnvContract, FilesHoldWhatWasWritten) {
  const auto file = *env().Open(Path("a"), OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(4, "x").has_value());
  EXPECT_EQ(*file->Size(), 5U);
  EXPECT_EQ(Get("a"), std::string("\0\0\0\0x", 5));
  ASSERT_TRUE(file->Truncate(2).has_value());
  ASSERT_TRUE(file->Truncate(3).has_value());
  EXPECT_EQ(Get("a"), std::string(3, '\0'));
  ASSERT_TRUE(file->Sync().has_value());
  char buffer[8];
  EXPECT_EQ(*file->ReadAt(1, buffer), 2U);
  EXPECT_EQ(*file->ReadAt(3, buffer), 0U);
  EXPECT_EQ(*file->ReadAt(1000, buffer), 0U);
  ASSERT_TRUE(file->WriteAt(100, "").has_value());
  EXPECT_EQ(*file->Size(), 3U) << "nothing written, nothing extended";
}

TEST_P(EnvContract, WriteBackChangesNothingThatIsSeen) {
  const auto file = *env().Open(Path("a"), OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(0, std::string(100, 'x')).has_value());
  for (const Status& status : {file->WriteBack(0, 100), file->AwaitWriteBack(0, 100)}) {
    EXPECT_TRUE(status || status.error().code() == ErrorCode::kUnsupported);
  }
  EXPECT_EQ(Get("a"), std::string(100, 'x'));
}

TEST_P(EnvContract, MistakesHaveTheSameErrors) {
  Put("file", "x");
  ASSERT_TRUE(env().CreateDir(Path("sub")).has_value());
  EXPECT_EQ(Outcome(env().Open(Path("none"), OpenMode::kRead)), "not found");
  EXPECT_EQ(Outcome(env().Open(Path("none"), OpenMode::kReadWrite)), "not found");
  EXPECT_EQ(Outcome(env().Open(Path("file"), OpenMode::kCreate)), "already exists");
  EXPECT_EQ(Outcome(env().Open(Path("none/a"), OpenMode::kCreate)), "not found");
  EXPECT_EQ(Outcome(env().Open(Path("file/a"), OpenMode::kCreate)), "i/o error");
  EXPECT_EQ(Outcome(env().Open(Path("sub"), OpenMode::kRead)), "corruption");
  EXPECT_EQ(Outcome(env().Open(Path("sub"), OpenMode::kReadWrite)), "corruption");
  EXPECT_EQ(Outcome(env().Open(Path("sub"), OpenMode::kCreate)), "already exists");
  EXPECT_EQ(Outcome(env().Rename(Path("none"), Path("b"))), "not found");
  EXPECT_EQ(Outcome(env().Rename(Path("file"), Path("sub"))), "i/o error");
  EXPECT_EQ(Outcome(env().Rename(Path("file"), Path("none/b"))), "not found");
  EXPECT_EQ(Outcome(env().Remove(Path("none"))), "not found");
  EXPECT_EQ(Outcome(env().Remove(Path("sub"))), "i/o error");
  EXPECT_EQ(Outcome(env().CreateDir(Path("sub"))), "ok");
  EXPECT_EQ(Outcome(env().CreateDir(Path("file"))), "already exists");
  EXPECT_EQ(Outcome(env().CreateDir(Path("none/b"))), "not found");
  EXPECT_EQ(Outcome(env().List(Path("none"))), "not found");
  EXPECT_EQ(Outcome(env().List(Path("file"))), "i/o error");
  EXPECT_EQ(Outcome(env().SyncDir(Path("none"))), "not found");
  EXPECT_EQ(Outcome(env().SyncDir(Path("sub"))), "ok");
  EXPECT_EQ(Outcome(env().SpaceOf(Path("none"))), "not found");
  EXPECT_EQ(Outcome(env().Lock(Path("none"))), "not found");
  EXPECT_EQ(Outcome(env().Lock(Path("file"))), "i/o error");
  EXPECT_FALSE(*env().Exists(Path("none/b")));
  EXPECT_FALSE(*env().Exists(Path("file/b")));
  const auto reader = *env().Open(Path("file"), OpenMode::kRead);
  EXPECT_EQ(Outcome(reader->WriteAt(0, "y")), "i/o error");
}

TEST_P(EnvContract, RenamesReplaceAndRemovedFilesStayReadable) {
  Put("a", "new");
  Put("b", "old");
  const auto old = *env().Open(Path("b"), OpenMode::kRead);
  ASSERT_TRUE(env().Rename(Path("a"), Path("b")).has_value());
  EXPECT_EQ(Get("a"), "not found");
  EXPECT_EQ(Get("b"), "new");
  char buffer[3];
  ASSERT_EQ(*old->ReadAt(0, buffer), 3U);
  EXPECT_EQ(std::string(buffer, 3), "old");
  ASSERT_TRUE(env().Remove(Path("b")).has_value());
  EXPECT_FALSE(*env().Exists(Path("b")));
}

TEST_P(EnvContract, CountsTheNamesOfAFile) {
  const auto file = *env().Open(Path("a"), OpenMode::kCreate);
  EXPECT_EQ(*file->LinkCount(), 1U);
  ASSERT_TRUE(env().Rename(Path("a"), Path("b")).has_value());
  EXPECT_EQ(*file->LinkCount(), 1U);
  ASSERT_TRUE(env().Remove(Path("b")).has_value());
  EXPECT_EQ(*file->LinkCount(), 0U);
}

TEST_P(EnvContract, DirectoriesListTheirEntries) {
  Put("a", "");
  Put("b", "");
  ASSERT_TRUE(env().CreateDir(Path("sub")).has_value());
  Put("sub/c", "");
  auto names = *env().List(Path(""));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "sub"}));
  EXPECT_GT((*env().SpaceOf(Path("")))->available, 0U);
}

TEST_P(EnvContract, LocksExcludeEachOther) {
  ASSERT_TRUE(env().CreateDir(Path("sub")).has_value());
  auto lock = env().Lock(Path("sub"));
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(*env().List(Path("sub")), std::vector<std::string>()) << "no file stands for it";
  EXPECT_EQ(Outcome(env().Lock(Path("sub"))), "locked");
  EXPECT_EQ(Outcome(env().Lock(Path("sub/"))), "locked");
  EXPECT_EQ(Outcome(env().Lock(Path(""))), "ok") << "another directory";
  lock->reset();
  EXPECT_EQ(Outcome(env().Lock(Path("sub"))), "ok");
}

TEST_P(EnvContract, ALockedDirectoryIsMeantWhereverItLies) {
  ASSERT_TRUE(env().CreateDir(Path("sub")).has_value());
  auto lock = env().Lock(Path("sub"));
  ASSERT_TRUE(lock.has_value());
  Put("sub/before", "1");
  MoveByOthers("sub", "moved");
  Put("sub/after", "2");
  EXPECT_EQ(Get("sub/before"), "1");
  EXPECT_EQ(Get("moved/after"), "2");
  EXPECT_TRUE(*env().Exists(Path("sub/after")));
  EXPECT_EQ(Outcome(env().SyncDir(Path("sub"))), "ok");
  EXPECT_EQ(Outcome(env().SpaceOf(Path("sub"))), "ok");
  EXPECT_EQ(Outcome(env().CreateDir(Path("sub/deep"))), "ok");
  EXPECT_EQ(Outcome(env().Rename(Path("sub/after"), Path("sub/deep/last"))), "ok");
  EXPECT_EQ(Get("moved/deep/last"), "2");
  EXPECT_EQ(Outcome(env().Remove(Path("sub/before"))), "ok");
  EXPECT_EQ(*env().List(Path("moved")), std::vector<std::string>{"deep"});
  EXPECT_EQ(*env().List(Path("sub")), std::vector<std::string>{"deep"});
  EXPECT_EQ(Outcome(env().Lock(Path("moved"))), "locked");
  // Names that only begin alike are not inside of it.
  Put("sub.txt", "3");
  EXPECT_EQ(*env().List(Path("moved")), std::vector<std::string>{"deep"});
  // Its last name is not its own any more.
  lock->reset();
  EXPECT_FALSE(*env().Exists(Path("sub")));
}

TEST_P(EnvContract, WhatLiesUnderTheNameOfALockedDirectoryIsNotReached) {
  ASSERT_TRUE(env().CreateDir(Path("sub")).has_value());
  ASSERT_TRUE(env().CreateDir(Path("other")).has_value());
  auto lock = env().Lock(Path("sub/"));
  ASSERT_TRUE(lock.has_value());
  Put("other/theirs", "1");
  MoveByOthers("sub", "moved");
  MoveByOthers("other", "sub");
  Put("sub/ours", "2");
  EXPECT_EQ(Get("sub/theirs"), "not found");
  EXPECT_EQ(*env().List(Path("moved")), std::vector<std::string>{"ours"});
  lock->reset();
  EXPECT_EQ(*env().List(Path("sub")), std::vector<std::string>{"theirs"});
}

TEST_P(EnvContract, TasksEndBeforeAwaitReturns) {
  std::atomic<int> ended = 0;
  for (int i = 0; i < 20; ++i) {
    env().Schedule(static_cast<Lane>(i % kLaneCount), [&] {
      EXPECT_TRUE(env().Exists(Path("a")).has_value());
      ++ended;
    });
  }
  env().Await([&] { return ended == 20; });
  EXPECT_EQ(ended, 20);
}

TEST_P(EnvContract, ClocksGoForward) {
  const uint64_t before_ns = env().MonotonicNs();
  env().Schedule(Lane::kFlush, [&] { env().SleepForMs(2); });
  std::atomic<bool> done = false;
  env().Schedule(Lane::kFlush, [&] { done = true; });
  env().Await([&] { return done.load(); });
  EXPECT_GE(env().MonotonicNs(), before_ns + 2'000'000);
  EXPECT_GT(env().WallMs(), 1'577'836'800'000) << "before 2020";
}

INSTANTIATE_TEST_SUITE_P(Environments, EnvContract, testing::Values("Posix", "Sim"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace cordwood::support
