// File systems that are full, of many sizes, filled in every way, and made writable again in every
// way: nothing is lost, the process never ends, and writes go on within ten seconds.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "tests/pipeline/full_disk_world.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

enum class Recovery : uint8_t { kDelete, kFlushAll, kCompact, kFreeOutside, kRestart };

constexpr std::string_view kFillers[] = {"us", "others", "max-disk"};
constexpr std::string_view kRecoveries[] = {"DEL one by one", "FLUSHALL", "COMPACT",
                                            "space freed outside", "restart"};

// The sizes in megabytes of what is simulated; all are divided by the same, but for the sectors of
// the log and what a manifest takes, which makes it harder.
constexpr uint64_t kDisks[] = {64, 128, 190, 400, 1600};
constexpr uint64_t kSegments[] = {1, 8, 64};
constexpr uint64_t kMemtable = 32;
constexpr uint64_t kScaledMegabyte = (1 << 20) / 16;

void Recover(FullDiskWorld& world, Recovery recovery) {
  switch (recovery) {
    case Recovery::kDelete:
      world.DeleteOneByOne();
      break;
    case Recovery::kFlushAll:
      EXPECT_EQ(world.Run({"FLUSHALL"}), "+OK\r\n");
      world.NoteEverythingGone();
      break;
    case Recovery::kCompact:
      // What is merged already gives nothing back: something must have been deleted.
      world.DeleteOneByOne(world.key_count() * 3 / 4);
      EXPECT_EQ(world.Run({"COMPACT"}), "+OK\r\n");
      break;
    case Recovery::kFreeOutside:
      world.FreeSpaceOutside();
      break;
    case Recovery::kRestart: {
      const Status started = world.Restart();
      ASSERT_TRUE(started) << started.error().message();
      world.Verify();
      world.DeleteOneByOne();
      break;
    }
  }
}

struct Cell {
  uint64_t disk = 0;
  uint64_t segment = 0;
  Filler filler = Filler::kUs;
  Recovery recovery = Recovery::kDelete;
};

void RunCell(const Cell& cell, uint64_t seed) {
  SCOPED_TRACE(Format("{} MB, segments of {} MB, filled by {}, {}; CORDWOOD_SEED={}", cell.disk,
                      cell.segment, kFillers[static_cast<size_t>(cell.filler)],
                      kRecoveries[static_cast<size_t>(cell.recovery)], seed));
  FullDiskWorld world({.seed = seed,
                       .disk_bytes = cell.disk * kScaledMegabyte,
                       .segment_bytes = cell.segment * kScaledMegabyte,
                       .memtable_bytes = kMemtable * kScaledMegabyte,
                       .fragment_bytes = kMemtable * kScaledMegabyte,
                       .filler = cell.filler});
  ASSERT_TRUE(world.Start());
  world.Fill();
  if (::testing::Test::HasFailure()) return;
  const uint64_t share = cell.filler == Filler::kOthers ? 4 : 3;  // they begin at the half
  EXPECT_GE(world.key_count() * 8000, cell.disk * kScaledMegabyte / share) << "room is wasted";
  Recover(world, cell.recovery);
  if (::testing::Test::HasFailure()) return;
  const std::optional<uint64_t> ms = world.MsUntilWritable();
  EXPECT_FALSE(world.ended());
  ASSERT_TRUE(ms.has_value()) << "writes are still refused";
  world.Verify();
  // And once more, after a restart.
  const Status started = world.Restart();
  ASSERT_TRUE(started) << started.error().message();
  world.Verify();
}

TEST(FullDisk, EveryCellOfTheMatrixRecovers) {
  const bool all = support::FullRun();
  int cells = 0;
  for (const uint64_t disk : kDisks) {
    for (const uint64_t segment : kSegments) {
      for (const Filler filler : {Filler::kUs, Filler::kOthers, Filler::kMaxDisk}) {
        for (int recovery = 0; recovery < 5; ++recovery) {
          // By default each column and each row, on the smaller disks.
          if (!all && (disk > 190 || (cells++ + recovery) % 9 != 0)) continue;
          for (const uint64_t seed : support::Seeds(1, 3)) {
            RunCell({.disk = disk,
                     .segment = segment,
                     .filler = filler,
                     .recovery = static_cast<Recovery>(recovery)},
                    seed);
            if (::testing::Test::HasFailure()) return;
          }
        }
      }
    }
  }
}

// Only failing calls tell: there is the ballast, and no more. That is enough for what empties the
// store, and not for deletes one by one.
TEST(FullDisk, AFileSystemOfUnknownSizeRecoversToo) {
  for (const Recovery recovery : {Recovery::kFlushAll, Recovery::kFreeOutside}) {
    SCOPED_TRACE(kRecoveries[static_cast<size_t>(recovery)]);
    FullDiskWorld world({.seed = support::BaseSeed(),
                         .disk_bytes = 128 * kScaledMegabyte,
                         .segment_bytes = 8 * kScaledMegabyte,
                         .memtable_bytes = 8 * kScaledMegabyte,
                         .fragment_bytes = 8 * kScaledMegabyte,
                         .space_is_known = false});
    ASSERT_TRUE(world.Start());
    world.Fill();
    if (HasFailure()) return;
    Recover(world, recovery);
    if (HasFailure()) return;
    EXPECT_FALSE(world.ended());
    ASSERT_TRUE(world.MsUntilWritable().has_value()) << "writes are still refused";
    world.Verify();
  }
}

}  // namespace
}  // namespace cordwood::pipeline
