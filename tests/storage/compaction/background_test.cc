#include "storage/compaction/background.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "base/random.h"
#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kCounter = 4;

// A tree and its background work, without a log: the test says what is on stable storage.
class BackgroundTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env_.CreateDir("data"));
    memtable_ = std::make_shared<Memtable>();
    versions_.Load({.store_id = 7}, 1, memtable_);
    ASSERT_TRUE(versions_.StartManifest());
  }
  void TearDown() override { background_.Stop(); }

  // One key, which the counter counts, in a memtable that waits for its flush.
  void FillMemtable(Seq seq) {
    memtable_->Add(seq, {.is_put = true}, "key", "value");
    memtable_->AddCount(kCounter, 1);
    memtable_ = std::make_shared<Memtable>();
    versions_.SwitchMemtable(memtable_);
  }

  // A memtable of one kilobyte.
  void AddAKilobyte() {
    const Seq seq = ++last_seq_;
    memtable_->Add(seq, {.is_put = true}, Format("key{:04}", seq * 7919 % 1009),
                   std::string(1000, 'x'));
    memtable_ = std::make_shared<Memtable>();
    versions_.SwitchMemtable(memtable_);
  }

  // Its flush too; what follows from it runs as far as it can without time going by.
  void FlushAKilobyte() {
    AddAKilobyte();
    background_.Kick();
    env_.RunUntilIdle(0);
  }

  size_t Tables() {
    return static_cast<size_t>(std::ranges::count_if(
        env_.Paths("data"), [](const std::string& path) { return path.ends_with(".sst"); }));
  }

  void CompactEverything() {
    background_.Kick();
    env_.RunUntilIdle();
    background_.CompactEverything([] {});
    env_.RunUntilIdle();
  }

  std::vector<uint64_t> FilesOfLastRun() {
    std::vector<uint64_t> files;
    for (const Fragment& fragment : versions_.tree()->last_run()->fragments) {
      files.push_back(fragment.file->number());
    }
    std::ranges::sort(files);
    return files;
  }

  std::string RandomBytes(size_t size) {
    std::string bytes(size, 0);
    for (char& byte : bytes) byte = static_cast<char>(random_.Next());
    return bytes;
  }

  int64_t DurableCount() {
    const Result<std::optional<Current>> current = ReadCurrent(env_, "data");
    EXPECT_TRUE(current && *current);
    const Result<ManifestState> state = ReadManifest(env_, "data", **current);
    EXPECT_TRUE(state);
    return state->counts.Get(kCounter);
  }

  support::SimEnv env_{1};
  Random random_{1};
  BlockCache cache_{1 << 20};
  VersionSet versions_{env_, &cache_, {.dir = "data", .open_files = 8, .memory_bytes = 1 << 20}};
  std::shared_ptr<Memtable> memtable_;
  Seq last_seq_ = 0;
  Seq horizon_ = 1000;
  std::function<void()> when_asked_ = [] {};
  std::function<void()> when_corrected_ = [] {};
  Background background_{env_,
                         "data",
                         StoreOptions{.fragment_bytes = 1000},
                         versions_,
                         {.synced =
                              [this] {
                                std::exchange(when_asked_, [] {})();
                                return Seq{1000};
                              },
                          .readers = [this] { return ReadPoints({}, horizon_); },
                          .corrected = [this](const Counters&) { when_corrected_(); },
                          .flushed = [](Seq) {},
                          .progress = [] {},
                          .throttle = [](uint64_t) {},
                          .syncs_suffer = [] { return false; }}};
};

TEST_F(BackgroundTest, FlushesEachMemtableOnceAndInOrder) {
  FillMemtable(1);
  FillMemtable(2);
  // Another thread gets ahead of this one while it looks for work, and does all of it.
  when_asked_ = [this] {
    background_.Kick();
    env_.RunUntilIdle();
  };
  background_.Kick();
  env_.RunUntilIdle();
  EXPECT_EQ(background_.stats().flushes, 2u);
  EXPECT_EQ(DurableCount(), 2);
  EXPECT_EQ(versions_.flushed_seq(), 2u);
}

TEST_F(BackgroundTest, CorrectsTheCountsBeforeNothingSeemsUnsettled) {
  FillMemtable(1);
  std::optional<size_t> waiting;
  when_corrected_ = [&] { waiting = versions_.Immutables().size(); };
  background_.Kick();
  env_.RunUntilIdle();
  EXPECT_EQ(waiting, 1u) << "the memtable left, with what was unsettled in it";
}

TEST_F(BackgroundTest, ARunWaitsForOthersAfterAMergeThatEndedInTheMiddleOfTheLastRun) {
  for (Seq seq = 1; seq <= 60; ++seq) {
    memtable_->Add(seq, {.is_put = true}, "key" + std::to_string(seq), std::string(1000, 'x'));
  }
  for (const Seq seq : {61, 62}) {
    FillMemtable(seq);
    background_.Kick();
    env_.RunUntilIdle();
    background_.CompactEverything([] {});
    env_.RunUntilIdle();
  }
  ASSERT_GT(versions_.tree()->runs().back().fragments.size(), 10u) << "it has one piece only";
  const uint64_t merges = background_.stats().merges;
  FillMemtable(63);
  background_.Kick();
  env_.RunUntilIdle();
  EXPECT_EQ(background_.stats().merges, merges);
}

TEST_F(BackgroundTest, LevelZeroIsMergedWhileADeeperMergeIsHeldUp) {
  const uint32_t full = background_.picker_options().runs_per_level;
  std::shared_ptr<const Tree> tree = versions_.tree();
  const auto runs_of = [&](uint32_t level) {
    tree = versions_.tree();
    return tree->RunsOf(level);
  };
  while (versions_.tree()->last_level() < 2 || runs_of(1).size() + 1 < full) {
    FlushAKilobyte();
    ASSERT_LT(last_seq_, 500u);
  }
  for (const storage::Run* run : runs_of(1)) {
    for (const Fragment& fragment : run->fragments) {
      env_.StallReads(TablePath("data", fragment.file->number()), 1000);
    }
  }
  size_t most = 0;
  for (int i = 0; i < 100; ++i) {
    FlushAKilobyte();
    most = std::max(most, runs_of(0).size());
  }
  EXPECT_GT(runs_of(1).size(), 2 * full) << "no merge was held up";
  EXPECT_LE(most, full);
}

TEST_F(BackgroundTest, MergesOfEntriesThatAreLargeForTheirMemoryWaitForEachOther) {
  constexpr uint64_t kLargest = 1000 + 7;
  background_.SetMergeMemory(kLargest);
  const uint32_t full = background_.picker_options().runs_per_level;
  std::shared_ptr<const Tree> tree = versions_.tree();
  const auto runs_of = [&](uint32_t level) {
    tree = versions_.tree();
    return tree->RunsOf(level);
  };
  while (versions_.tree()->last_level() < 2 || runs_of(1).size() + 1 < full) {
    FlushAKilobyte();
    ASSERT_LT(last_seq_, 500u);
  }
  for (const storage::Run* run : runs_of(1)) {
    for (const Fragment& fragment : run->fragments) {
      env_.StallReads(TablePath("data", fragment.file->number()), 1000);
    }
  }
  size_t most = 0;
  for (int i = 0; i < 40; ++i) {
    FlushAKilobyte();  // flushes go on
    most = std::max(most, runs_of(0).size());
    EXPECT_LE(background_.merge_memory(), kLargestEntriesInMerge * kLargest);
  }
  EXPECT_GT(most, 2 * full) << "two ran at a time";
  env_.ClearFaults();
  env_.RunUntilIdle(100'000);
  EXPECT_LT(runs_of(0).size(), full) << "the one that waited has its turn";
  EXPECT_EQ(background_.merge_memory(), 0u);
}

TEST_F(BackgroundTest, LooksForWorkOnlyWhenSomethingHasChanged) {
  const auto tick_makes_tasks = [&] {
    background_.Tick();
    const bool made = env_.TaskCount() > 0;
    env_.RunUntilIdle();
    return made;
  };
  horizon_ = 1;
  FlushAKilobyte();
  CompactEverything();
  EXPECT_FALSE(tick_makes_tasks());
  horizon_ = 2;
  EXPECT_FALSE(tick_makes_tasks()) << "there is no garbage that it could matter to";
  memtable_->Add(++last_seq_, {.is_put = true}, "key", "value");
  memtable_->Add(++last_seq_, {.is_put = false}, "key", "");
  FillMemtable(++last_seq_);
  CompactEverything();
  EXPECT_GT(versions_.tree()->entries(), 2u);
  EXPECT_FALSE(tick_makes_tasks());
  horizon_ = last_seq_;
  EXPECT_TRUE(tick_makes_tasks());
  EXPECT_EQ(versions_.tree()->entries(), 2u);
  EXPECT_FALSE(tick_makes_tasks());
  background_.CompactEverything([] {});
  EXPECT_GT(env_.TaskCount(), 0u) << "somebody asked for it";
  env_.RunUntilIdle();
}

TEST_F(BackgroundTest, CompactingEverythingEndsThoughMoreIsWritten) {
  for (int i = 0; i < 50; ++i) FlushAKilobyte();
  const Seq requested = last_seq_;
  bool done = false;
  background_.CompactEverything([&] { done = true; });
  for (int i = 0; !done; ++i) {
    AddAKilobyte();
    background_.Kick();
    for (int step = 0; step < 20; ++step) env_.Step();
    ASSERT_LT(i, 500) << "it does not end";
  }
  for (const storage::Run& run : versions_.tree()->runs()) {
    if (&run == versions_.tree()->last_run()) break;
    for (const Fragment& fragment : run.fragments) {
      EXPECT_GT(fragment.file->properties().min_seq, requested);
    }
  }
}

// A damaged block in a run of each kind: of the last level, of level zero, of one between.
TEST_F(BackgroundTest, DamageInOneRunDoesNotKeepTheOthersFromBeingMerged) {
  const uint32_t full = background_.picker_options().runs_per_level;
  for (const uint32_t level : {2u, 0u, 1u}) {
    SCOPED_TRACE(level);
    for (int i = 0; versions_.tree()->RunsOf(level).empty(); ++i) {
      FlushAKilobyte();
      ASSERT_LT(i, 500);
    }
    const std::shared_ptr<const Tree> tree = versions_.tree();
    const Fragment& damaged = tree->RunsOf(level).back()->fragments.front();
    ASSERT_TRUE(env_.FlipBit(TablePath("data", damaged.file->number()), 9, 1));
    size_t most = 0;
    for (int i = 0; i < 500; ++i) {
      FlushAKilobyte();
      background_.Tick();
      env_.RunUntilIdle(0);
      most = std::max(most, versions_.tree()->RunsOf(0).size());
    }
    EXPECT_FALSE(background_.corruption());
    EXPECT_LE(most, 3 * full);
    EXPECT_LT(versions_.tree()->runs().size(), 12 * full);
    EXPECT_LE(background_.CompactionDebt(), 1) << "writers are slowed for good";
    EXPECT_NE(versions_.FindTable(damaged.file->number()), nullptr) << "the damage is gone";
  }
}

// Two keys at the ends of the last run lie above it, in one fragment that spans all of it.
TEST_F(BackgroundTest, AMergeLeavesFragmentsAloneThatHaveNothingAbove) {
  for (int i = 0; i < 60; ++i) {
    memtable_->Add(++last_seq_, {.is_put = true}, Format("key{:02}", i), RandomBytes(1000));
  }
  FillMemtable(++last_seq_);
  CompactEverything();
  const std::vector<uint64_t> before = FilesOfLastRun();
  ASSERT_GT(before.size(), 30u);
  const BackgroundStats stats = background_.stats();
  for (const char* key : {"key00", "key59"}) {
    memtable_->Add(++last_seq_, {.is_put = true}, key, RandomBytes(1000));
  }
  FillMemtable(++last_seq_);
  CompactEverything();
  EXPECT_EQ(versions_.tree()->runs().size(), 1u);
  EXPECT_EQ(versions_.tree()->entries(), 61u);
  const std::vector<uint64_t> after = FilesOfLastRun();
  std::vector<uint64_t> kept;
  std::ranges::set_intersection(before, after, std::back_inserter(kept));
  EXPECT_GT(kept.size(), before.size() - 6);
  EXPECT_LT(background_.stats().merge_bytes_written - stats.merge_bytes_written, 10'000u);
}

// A tree of one run, whose inputs are obsolete, while somebody still reads what was there before.
TEST_F(BackgroundTest, RemovesWhatAReaderKeptOnceItIsGone) {
  FillMemtable(1);
  background_.Kick();
  env_.RunUntilIdle();
  const uint64_t input = versions_.tree()->runs().front().fragments.front().file->number();
  VersionCell::Slot& slot = versions_.cell().TakeSlot();
  versions_.cell().Pin(slot, [] { return Seq{1}; });
  background_.CompactEverything([] {});
  env_.RunUntilIdle();
  EXPECT_TRUE(*env_.Exists(TablePath("data", input)));
  VersionCell::Unpin(slot);
  versions_.cell().ReturnSlot(slot);
  background_.Tick();
  env_.RunUntilIdle();
  EXPECT_FALSE(*env_.Exists(TablePath("data", input)));
}

TEST_F(BackgroundTest, FlushesAgainWhatCouldNotBeReadBack) {
  env_.FlipNextRead(".sst");
  FillMemtable(1);
  background_.Kick();
  env_.RunUntilIdle();
  EXPECT_EQ(background_.stats().flushes, 0u);
  EXPECT_EQ(Tables(), 0u) << "what is no part of the store is given back";
  env_.AdvanceMs(1001);
  background_.Tick();
  env_.RunUntilIdle();
  EXPECT_EQ(background_.stats().flushes, 1u);
  EXPECT_TRUE(background_.status());
}

// What was to be merged may go in another way, and nobody would try again.
TEST_F(BackgroundTest, ForgetsThatAMergeFoundNoSpaceWhenThereIsNothingToMerge) {
  FillMemtable(1);
  FillMemtable(2);
  background_.Kick();
  env_.RunUntilIdle();
  env_.FailNext(support::SimOp::kWrite, ".sst", ErrorCode::kNoSpace);
  background_.CompactEverything([] {});
  env_.RunUntilIdle();
  EXPECT_TRUE(background_.merges_lack_space());
  VersionSet::Installation drop;
  for (const storage::Run& run : versions_.tree()->runs()) {
    const Fragment& fragment = run.fragments.front();
    drop.edit.drops.push_back(
        {.run = run.id, .file = fragment.file->number(), .begin = fragment.range.begin});
  }
  ASSERT_TRUE(versions_.Install(std::move(drop)));
  env_.AdvanceMs(1001);
  background_.Tick();
  env_.RunUntilIdle();
  EXPECT_FALSE(background_.merges_lack_space());
}

// Each piece needs the room that the one before gives back, and unlinking takes its time.
TEST_F(BackgroundTest, AMergeWithoutRoomGoesOnOnceFilesThatWereGivenUpAreGone) {
  for (int i = 0; i < 10; ++i) FlushAKilobyte();
  CompactEverything();
  FlushAKilobyte();
  env_.Stall(support::SimOp::kRemove, ".sst", 50);
  VersionSet::Installation drop;
  const storage::Run& last = *versions_.tree()->last_run();
  for (size_t i = 0; i < 5; ++i) {
    const Fragment& fragment = last.fragments[i];
    drop.edit.drops.push_back(
        {.run = last.id, .file = fragment.file->number(), .begin = fragment.range.begin});
  }
  ASSERT_TRUE(versions_.Install(std::move(drop)));
  env_.SetDiskBytes(env_.UsedDiskBytes());
  background_.CompactEverything([] {});
  env_.RunForMs(20);
  EXPECT_TRUE(background_.merges_lack_space());
  env_.RunForMs(400);
  EXPECT_FALSE(background_.merges_lack_space());
  EXPECT_EQ(versions_.tree()->runs().size(), 1u);
}

TEST_F(BackgroundTest, AMergeWithoutRoomIsNotTriedAgainAtOnceForTheFilesItWroteForNothing) {
  FillMemtable(1);
  FillMemtable(2);
  background_.Kick();
  env_.RunUntilIdle();
  env_.FailNext(support::SimOp::kWrite, ".sst", ErrorCode::kNoSpace, true);
  background_.CompactEverything([] {});
  env_.RunUntilIdle();
  const uint64_t next = versions_.NewFileNumber();
  env_.RunForMs(900);
  EXPECT_EQ(versions_.NewFileNumber(), next + 1);
}

TEST_F(BackgroundTest, GivesUpWhenTheManifestHasFailed) {
  env_.FailNext(support::SimOp::kSync, "MANIFEST", ErrorCode::kCorruption);
  FillMemtable(1);
  background_.Kick();
  env_.RunUntilIdle();
  EXPECT_TRUE(background_.failed());
  for (int i = 0; i < 5; ++i) {
    env_.AdvanceMs(1001);
    background_.Tick();
    env_.RunUntilIdle();
  }
  EXPECT_EQ(Tables(), 1u) << "each try leaves a file that nobody dares to remove";
}

TEST_F(BackgroundTest, LeavesNoObsoleteFileBehindWhenItStops) {
  FillMemtable(1);
  background_.Kick();
  env_.RunUntilIdle();
  const uint64_t input = versions_.tree()->runs().front().fragments.front().file->number();
  // It is told to stop while the merge installs what it made.
  env_.StallSyncs("MANIFEST", 100);
  background_.CompactEverything([] {});
  while (env_.Step()) {
  }
  background_.Stop();
  EXPECT_EQ(background_.stats().merges, 1u);
  EXPECT_FALSE(*env_.Exists(TablePath("data", input)));
}

// The oldest of the runs of level zero: the others can be merged without it.
TEST_F(BackgroundTest, BlamesTheTableThatCannotBeReadAndNotTheOthersOfTheMerge) {
  const uint32_t full = background_.picker_options().runs_per_level;
  FlushAKilobyte();
  const uint64_t bad = versions_.tree()->runs().front().fragments.front().file->number();
  env_.FailNext(support::SimOp::kRead, TablePath("data", bad), ErrorCode::kIo, true);
  for (uint32_t i = 1; i < full; ++i) FlushAKilobyte();
  EXPECT_TRUE(background_.corruption()) << "it may be read the next time";
  for (int i = 0; i < 2; ++i) {
    env_.AdvanceMs(1001);
    background_.Tick();
    env_.RunUntilIdle(0);
  }
  ASSERT_FALSE(background_.corruption());
  const std::string why = background_.corruption().error().message();
  EXPECT_TRUE(why.starts_with(Format("an input of a merge: table {:06}.sst: block at 0: ", bad)))
      << why;
  EXPECT_TRUE(background_.status());
  bool done = false;
  background_.CompactEverything([&] { done = true; });
  while (versions_.tree()->runs().size() < full) FlushAKilobyte();
  for (int i = 0; i < 100; ++i) FlushAKilobyte();
  EXPECT_TRUE(done);
  EXPECT_LE(versions_.tree()->RunsOf(0).size(), 2 * full);
  EXPECT_NE(versions_.FindTable(bad), nullptr);
  EXPECT_LE(background_.CompactionDebt(), 1);
  EXPECT_TRUE(background_.status());
}

TEST_F(BackgroundTest, MergesWhatCanBeReadAtTheSecondTry) {
  FlushAKilobyte();
  FlushAKilobyte();
  env_.FailNext(support::SimOp::kRead, ".sst", ErrorCode::kIo);
  background_.CompactEverything([] {});
  env_.RunUntilIdle(0);
  EXPECT_EQ(background_.stats().merges, 0u);
  env_.AdvanceMs(1001);
  background_.Tick();
  env_.RunUntilIdle(0);
  EXPECT_EQ(background_.stats().merges, 1u);
  EXPECT_TRUE(background_.corruption());
}

// Whatever the system refuses while a table is written: nothing is lost by another try.
TEST_F(BackgroundTest, WritesTablesAgainForAsLongAsItTakes) {
  using support::SimOp;
  for (const SimOp op : {SimOp::kCreate, SimOp::kWrite, SimOp::kSync}) {
    SCOPED_TRACE(SimOpName(op));
    env_.FailNext(op, ".sst", ErrorCode::kIo, true);
    const size_t tables = Tables();
    const BackgroundStats before = background_.stats();
    FlushAKilobyte();
    background_.CompactEverything([] {});
    for (int i = 0; i < 20; ++i) {
      env_.AdvanceMs(20'000);
      background_.Tick();
      env_.RunUntilIdle(0);
    }
    EXPECT_TRUE(background_.status());
    EXPECT_TRUE(background_.out_of_space());
    EXPECT_EQ(Tables(), tables) << "what it could not finish is still there";
    env_.ClearFaults();
    env_.AdvanceMs(20'000);
    background_.Tick();
    env_.RunUntilIdle(0);
    EXPECT_EQ(background_.stats().flushes, before.flushes + 1);
    EXPECT_FALSE(background_.out_of_space());
  }
  EXPECT_EQ(versions_.flushed_seq(), last_seq_);
}

}  // namespace
}  // namespace cordwood::storage
