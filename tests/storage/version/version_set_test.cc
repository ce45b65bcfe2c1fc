#include "storage/version/version_set.h"

#include <gtest/gtest.h>

#include "storage/compaction/run_writer.h"
#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;
using support::SimOp;

class VersionSetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env_.CreateDir("data"));
    ASSERT_TRUE(env_.SyncDir("."));
    versions_.Load({.store_id = 7}, 1, std::make_shared<Memtable>());
    ASSERT_TRUE(versions_.StartManifest());
  }

  // A new run of one table with one key, not yet installed.
  VersionSet::Installation NewRun() {
    const uint64_t file = versions_.NewFileNumber();
    RunWriter writer(
        env_, {.dir = "data", .fragment_bytes = 1 << 20, .next_file_number = [=] { return file; }},
        {});
    EXPECT_TRUE(writer.Add({.key = "key", .seq = 1}));
    EXPECT_TRUE(writer.Finish());
    VersionSet::Installation installation{.new_files = {file}};
    installation.edit.adds = {
        {.run = versions_.NewRunId(), .file = file, .bytes = 1, .range = {.begin = "key"}}};
    return installation;
  }

  static VersionSet::Installation Dropping(const FragmentRecord& record) {
    VersionSet::Installation installation;
    installation.edit.drops = {
        {.run = record.run, .file = record.file, .begin = record.range.begin}};
    return installation;
  }

  // Installs a run, and drops it while a reader has pinned it; returns its file.
  uint64_t DropARunThatIsRead(VersionCell::Slot& slot) {
    VersionSet::Installation installation = NewRun();
    const FragmentRecord record = installation.edit.adds[0];
    EXPECT_TRUE(versions_.Install(std::move(installation)));
    versions_.cell().Pin(slot, [] { return Seq{1}; });
    EXPECT_TRUE(versions_.Install(Dropping(record)));
    return record.file;
  }

  // What the next start would find.
  static ManifestState Durable(SimEnv& env) {
    const Result<std::optional<Current>> current = ReadCurrent(env, "data");
    EXPECT_TRUE(current && *current);
    const Result<ManifestState> state = ReadManifest(env, "data", **current);
    EXPECT_TRUE(state);
    return state.value_or(ManifestState{});
  }

  SimEnv env_{1};
  VersionSet versions_{env_, nullptr, {.dir = "data", .open_files = 8, .memory_bytes = 1 << 20}};
};

TEST_F(VersionSetTest, AnInstalledRunIsDurableBeforeItIsVisible) {
  VersionSet::Installation installation = NewRun();
  bool durable = false;
  installation.on_durable = [&] {
    const std::unique_ptr<SimEnv> after = env_.CopyAfterPowerLoss(1, support::PowerLoss::kDrop);
    const ManifestState state = Durable(*after);
    durable =
        state.tables.size() == 1 && *after->Exists(TablePath("data", state.tables.begin()->first));
    EXPECT_TRUE(versions_.tree()->runs().empty());
  };
  ASSERT_TRUE(versions_.Install(std::move(installation)));
  EXPECT_TRUE(durable);
  EXPECT_EQ(versions_.tree()->runs().size(), 1u);
}

TEST_F(VersionSetTest, AnEditThatDropsWhatIsNotThereChangesNothing) {
  VersionSet::Installation first = NewRun();
  const FragmentRecord record = first.edit.adds[0];
  ASSERT_TRUE(versions_.Install(std::move(first)));
  const std::string before = *env_.ReadRaw(ManifestPath("data", 1));

  VersionSet::Installation wrong = Dropping(record);
  wrong.edit.drops.push_back({.run = record.run, .file = record.file, .begin = "other"});
  const Status refused = versions_.Install(std::move(wrong));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(*env_.ReadRaw(ManifestPath("data", 1)), before);
  EXPECT_EQ(versions_.tree()->runs().size(), 1u);
  EXPECT_TRUE(versions_.failed());
  EXPECT_FALSE(versions_.Install(Dropping(record))) << "nothing is installed after a failure";
  EXPECT_EQ(Durable(env_).runs.size(), 1u);
}

TEST_F(VersionSetTest, AFileIsGivenUpOnlyWhenItsLastReaderIsGone) {
  VersionCell::Slot& slot = versions_.cell().TakeSlot();
  const uint64_t file = DropARunThatIsRead(slot);
  EXPECT_TRUE(versions_.tree()->runs().empty());
  EXPECT_TRUE(versions_.TakeObsolete().empty());
  VersionCell::Unpin(slot);
  EXPECT_TRUE(versions_.MayHaveObsolete());
  EXPECT_EQ(versions_.TakeObsolete(), (std::vector<FileName>{{FileKind::kTable, file}}));
  EXPECT_FALSE(versions_.MayHaveObsolete());
  versions_.cell().ReturnSlot(slot);
}

// A sanitizer's: the set, destroyed at the end, is told of the file by the version it still holds.
TEST_F(VersionSetTest, AFileMayBeGivenUpByTheDestructor) {
  VersionCell::Slot& slot = versions_.cell().TakeSlot();
  DropARunThatIsRead(slot);
  VersionCell::Unpin(slot);
  versions_.cell().ReturnSlot(slot);
  EXPECT_TRUE(versions_.MayHaveObsolete());
}

TEST_F(VersionSetTest, AfterAFullDiskTheSameEditCanBeInstalled) {
  // Edits go into zeros that are there already, until these are used up.
  Status full;
  for (int i = 0; full && i < 40; ++i) {
    VersionSet::Installation installation = NewRun();
    const VersionSet::Installation again = installation;
    env_.SetDiskBytes(env_.UsedDiskBytes());
    full = versions_.Install(std::move(installation));
    env_.SetDiskBytes(UINT64_MAX);
    if (full) continue;
    EXPECT_EQ(full.error().code(), ErrorCode::kNoSpace);
    EXPECT_FALSE(versions_.failed());
    const size_t runs = versions_.tree()->runs().size();
    ASSERT_TRUE(versions_.Install(again));
    EXPECT_EQ(versions_.tree()->runs().size(), runs + 1);
    EXPECT_EQ(Durable(env_).runs.size(), runs + 1);
  }
  EXPECT_FALSE(full) << "the disk was never full";
}

TEST_F(VersionSetTest, WhenTheManifestCannotBeSyncedTheFilesOfTheEditMustStay) {
  env_.FailNext(SimOp::kSync, "MANIFEST", ErrorCode::kNoSpace);
  const Status status = versions_.Install(NewRun());
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().code(), ErrorCode::kNoSpace) << "it says that nothing happened";
  EXPECT_TRUE(versions_.failed());
  EXPECT_EQ(Durable(*env_.CopyAfterKill()).tables.size(), 1u) << "the edit names its file";
}

}  // namespace
}  // namespace cordwood::storage
