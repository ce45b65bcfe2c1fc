#include "tests/support/sim_disk.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace cordwood::support {
namespace {

/// Creates `path` with synced bytes; its entry is not synced.
void Put(SimDisk& disk, const std::string& path, const std::string& bytes) {
  const auto node = disk.Open(path, OpenMode::kCreate);
  ASSERT_TRUE(node.has_value()) << node.error().message();
  ASSERT_TRUE(disk.Write(**node, 0, bytes).has_value());
  (*node)->content.Sync();
  disk.Close(**node);
}

/// The files and their bytes after a power loss: "/a=1 /b=2 ".
std::string After(const SimDisk& disk, uint64_t seed, PowerLoss kind = PowerLoss::kRandom) {
  SimDisk copy = disk.CopyAfterKill();
  SimRandom random(seed);
  copy.LosePower(kind, random);
  std::string out;
  for (const std::string& path : copy.Files("/")) {
    out += path + "=" + (*copy.Find(path))->content.cached() + " ";
  }
  return out;
}

std::set<std::string> Outcomes(const SimDisk& disk) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 300; ++seed) outcomes.insert(After(disk, seed));
  return outcomes;
}

using Set = std::set<std::string>;

TEST(SimDisk, LosesEntriesThatWereNotSynced) {
  SimDisk disk(SimRandom(1));
  Put(disk, "/a", "1");
  Put(disk, "/b", "2");
  EXPECT_EQ(Outcomes(disk), (Set{"", "/a=1 ", "/b=2 ", "/a=1 /b=2 "}));
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  EXPECT_EQ(Outcomes(disk), (Set{"/a=1 /b=2 "}));
}

TEST(SimDisk, BringsRemovedFilesBack) {
  SimDisk disk(SimRandom(1));
  Put(disk, "/a", "1");
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  ASSERT_TRUE(disk.Remove("/a").has_value());
  EXPECT_FALSE(*disk.Exists("/a"));
  EXPECT_EQ(Outcomes(disk), (Set{"", "/a=1 "}));
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  EXPECT_EQ(Outcomes(disk), (Set{""}));
}

TEST(SimDisk, RenamesAsOneChange) {
  SimDisk disk(SimRandom(1));
  Put(disk, "/CURRENT", "old");
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  Put(disk, "/temp", "new");
  ASSERT_TRUE(disk.Rename("/temp", "/CURRENT").has_value());
  EXPECT_EQ(disk.Files("/"), std::vector<std::string>{"/CURRENT"});
  EXPECT_EQ(Outcomes(disk), (Set{"/CURRENT=old ", "/CURRENT=old /temp=new ", "/CURRENT=new "}));
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  EXPECT_EQ(Outcomes(disk), (Set{"/CURRENT=new "}));
}

TEST(SimDisk, NeverGivesAFileTwoNames) {
  SimDisk disk(SimRandom(1));
  Put(disk, "/a", "1");
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  ASSERT_TRUE(disk.Rename("/a", "/b").has_value());
  ASSERT_TRUE(disk.Rename("/b", "/c").has_value());
  EXPECT_EQ(Outcomes(disk), (Set{"/a=1 ", "/b=1 ", "/c=1 "}));
}

TEST(SimDisk, SyncsRenamingsBetweenDirectoriesAsAUnit) {
  SimDisk disk(SimRandom(1));
  ASSERT_TRUE(disk.CreateDir("/d").has_value());
  Put(disk, "/a", "1");
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  ASSERT_TRUE(disk.Rename("/a", "/d/b").has_value());
  EXPECT_EQ(Outcomes(disk), (Set{"/a=1 ", "/d/b=1 "}));
  ASSERT_TRUE(disk.SyncDir("/d").has_value());
  EXPECT_EQ(Outcomes(disk), (Set{"/d/b=1 "}));
}

TEST(SimDisk, LosesADirectoryWithAllThatIsInIt) {
  SimDisk disk(SimRandom(1));
  ASSERT_TRUE(disk.CreateDir("/d").has_value());
  Put(disk, "/d/a", "1");
  ASSERT_TRUE(disk.SyncDir("/d").has_value());
  EXPECT_EQ(After(disk, 1, PowerLoss::kDrop), "") << "the parent was never synced";
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  EXPECT_EQ(After(disk, 1, PowerLoss::kDrop), "/d/a=1 ");
}

TEST(SimDisk, ForgetsTheEntriesOfAFailedDirectorySync) {
  SimDisk disk(SimRandom(1));
  Put(disk, "/a", "1");
  ASSERT_TRUE(disk.FailSyncDir("/").has_value());
  ASSERT_TRUE(disk.SyncDir("/").has_value());
  EXPECT_TRUE(*disk.Exists("/a"));
  EXPECT_EQ(Outcomes(disk), (Set{""}));
}

TEST(SimDisk, KeepsEverythingWhenTheProcessIsKilled) {
  SimDisk disk(SimRandom(1));
  Put(disk, "/a", "1");
  const SimDisk next = disk.CopyAfterKill();
  EXPECT_TRUE(*next.Exists("/a"));
  EXPECT_EQ(Outcomes(next), (Set{"", "/a=1 "})) << "still not synced";
}

TEST(SimDisk, CountsRemovedFilesUntilTheyAreClosed) {
  SimDisk disk(SimRandom(1));
  const SimNodePtr node = *disk.Open("/a", OpenMode::kCreate);
  ASSERT_TRUE(disk.Write(*node, 0, std::string(1000, 'x')).has_value());
  ASSERT_TRUE(disk.Remove("/a").has_value());
  EXPECT_EQ(disk.UsedBytes(), 1000U);
  ASSERT_TRUE(disk.Resize(*node, 400).has_value());
  EXPECT_EQ(disk.UsedBytes(), 400U);
  disk.Close(*node);
  EXPECT_EQ(disk.UsedBytes(), 0U);
}

TEST(SimDisk, RefusesToGrowPastItsLimit) {
  SimDisk disk(SimRandom(1));
  disk.SetLimit(1000);
  const SimNodePtr node = *disk.Open("/a", OpenMode::kCreate);
  ASSERT_TRUE(disk.Write(*node, 0, std::string(900, 'x')).has_value());
  const Status full = disk.Write(*node, 800, std::string(300, 'y'));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(disk.FreeBytes(), 0U) << "the part that fits is written";
  EXPECT_TRUE(disk.Write(*node, 0, std::string(1000, 'z')).has_value()) << "needs no more room";
  EXPECT_EQ(disk.Resize(*node, 1001).error().code(), ErrorCode::kNoSpace);
  disk.Close(*node);
  ASSERT_TRUE(disk.Remove("/a").has_value());
  EXPECT_EQ(disk.FreeBytes(), 1000U);
}

TEST(SimDisk, AnswersMistakesLikeAFileSystem) {
  SimDisk disk(SimRandom(1));
  Put(disk, "/a", "1");
  ASSERT_TRUE(disk.CreateDir("/d").has_value());
  EXPECT_TRUE(disk.CreateDir("/d").has_value());
  EXPECT_EQ(disk.CreateDir("/a").error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(disk.CreateDir("/x/y").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk.Open("/a", OpenMode::kCreate).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(disk.Open("/x", OpenMode::kRead).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk.Open("/d", OpenMode::kRead).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(disk.Open("/a/b", OpenMode::kCreate).error().code(), ErrorCode::kIo);
  EXPECT_EQ(disk.Remove("/x").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk.Remove("/d").error().code(), ErrorCode::kIo);
  EXPECT_EQ(disk.Rename("/x", "/y").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk.Rename("/a", "/d").error().code(), ErrorCode::kIo);
  EXPECT_EQ(disk.List("/x").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk.SyncDir("/x").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk.Exists("/d/../a").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(*disk.Exists("/a/b")) << "/a is a file";
  EXPECT_TRUE(*disk.Exists("a")) << "relative to the root";
  EXPECT_TRUE(*disk.Exists("//d/./"));
}

TEST(SimDisk, ListsNamesInNoParticularOrder) {
  SimDisk disk(SimRandom(1));
  for (const char* name : {"/a", "/b", "/c", "/d"}) Put(disk, name, "");
  Set orders;
  for (int i = 0; i < 20; ++i) {
    std::string order;
    const auto names = disk.List("/");
    for (const std::string& name : *names) order += name;
    EXPECT_EQ(order.size(), 4U);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 1U);
}

}  // namespace
}  // namespace cordwood::support
