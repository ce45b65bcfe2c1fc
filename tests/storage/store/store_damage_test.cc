// A small store with every kind of file, damaged in every way that a medium knows: the damage is
// named, with file and offset, or the format proves that the bytes do not matter; never a wrong or
// a missing answer.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/format.h"
#include "tests/storage/store/damage_rig.h"
#include "tests/support/seal.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;

constexpr size_t kSector = 4096;

std::string NameOf(Stop stop) { return stop == Stop::kClean ? "ACleanStop" : "AKill"; }

/// One sample, damaged again and again.
class StoreDamage : public testing::TestWithParam<Stop> {
 protected:
  StoreDamage() : sample_(MakeSample(GetParam())), worth_(*sample_.env, kSampleDir) {
    for (const std::string& path : sample_.Paths()) bytes_[path] = *sample_.env->ReadRaw(path);
    // Its two slots stand in for each other: tests/storage/log/note_test.cc.
    bytes_.erase(Format("/{}/NOTE", kSampleDir));
  }

  /// False, and the test has failed, unless the store with other bytes in that file is taken so.
  bool IsTaken(const std::string& path, std::string damaged, Taken taken, const std::string& what) {
    const std::unique_ptr<SimEnv> env = sample_.env->CopyAfterKill();
    EXPECT_TRUE(env->WriteRaw(path, std::move(damaged)));
    return IsTaken(*env, path, taken, what);
  }

  bool IsTaken(SimEnv& env, const std::string& path, Taken taken, const std::string& what) {
    const std::string complaint = Judge(env, sample_, path, taken);
    EXPECT_EQ(complaint, "") << path << ": " << what;
    ++cases_[taken];
    return complaint.empty();
  }

  /// What a file comes to that ends at `size`.
  Taken TakenWhenCut(const std::string& path, size_t size) const;

  /// Whether nothing but the file itself tells how far it was synced.
  bool IsOnItsOwn(const std::string& path) const {
    // The note was written a moment before the kill; a clean stop says which seq was the last.
    if (!path.ends_with(".wal") || GetParam() == Stop::kClean) return false;
    const auto next = std::find_if(std::next(bytes_.find(path)), bytes_.end(),
                                   [](const auto& file) { return file.first.ends_with(".wal"); });
    return next == bytes_.end() || worth_.SpareFrom(next->first) == 0;
  }

  Sample sample_;
  WorthMap worth_;
  std::map<std::string, std::string> bytes_;
  std::map<Taken, int> cases_;
};

INSTANTIATE_TEST_SUITE_P(After, StoreDamage, testing::Values(Stop::kClean, Stop::kKill),
                         [](const auto& stop) { return NameOf(stop.param); });

TEST_P(StoreDamage, OfNothingIsNotNoticed) {
  const std::unique_ptr<SimEnv> env = sample_.env->CopyAfterKill();
  EXPECT_TRUE(IsTaken(*env, "no file", Taken::kUnnoticed, "undamaged"));
}

TEST_P(StoreDamage, IsOfAStoreWithEveryKindOfFile) {
  std::map<std::string, int> files;
  std::map<std::string, int> needed;
  for (const auto& [path, bytes] : bytes_) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const std::string kind = name.substr(0, name.find('-')).substr(name.find('.') + 1);
    ++files[kind];
    if (worth_.SpareFrom(path) > 0) ++needed[kind];
  }
  EXPECT_EQ(files["CURRENT"], 1);
  EXPECT_EQ(files["MANIFEST"], 1);
  EXPECT_GT(needed["sst"], 2);
  EXPECT_GT(needed["wal"], 1);
  EXPECT_GT(files["wal"], needed["wal"]) << "one is blank";
  EXPECT_EQ(files["torn"], 1);
}

TEST_P(StoreDamage, ChecksumsAreThoseOfTheFormat) {
  for (const auto& [path, bytes] : bytes_) {
    std::string sealed = bytes;
    const uint64_t number =
        std::strtoull(path.c_str() + path.find_first_of("0123456789"), nullptr, 10);
    if (path.ends_with(".wal")) support::SealSegment(sealed);
    if (path.ends_with(".sst")) support::SealTable(sealed);
    if (path.contains("MANIFEST-")) support::SealManifest(sealed, number);
    if (path.ends_with("CURRENT")) support::SealCurrent(sealed);
    // One segment has a frame that was torn.
    EXPECT_TRUE(sealed == bytes || bytes.contains("#####")) << path;
  }
}

/// Most bytes are zeros behind records.
bool IsTried(char byte, size_t offset) {
  return support::FullRun() || byte != '\0' || offset % 23 == 0;
}

TEST_P(StoreDamage, OfOneBitIsNamedUnlessTheByteIsSpare) {
  for (const auto& [path, bytes] : bytes_) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      if (!IsTried(bytes[at], at)) continue;
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
      const Taken taken = TakenAs(worth_.At(path, at));
      if (!IsTaken(path, std::move(damaged), taken, Format("byte {}", at))) return;
    }
  }
  EXPECT_GT(cases_[Taken::kNamed], 5000);
  EXPECT_GT(cases_[Taken::kUnnoticed], 2000);
  RecordProperty("named", cases_[Taken::kNamed]);
  RecordProperty("spare", cases_[Taken::kUnnoticed]);
}

/// What a range of zeros comes to: it may look as if nothing had been written there yet.
Taken TakenWithZeros(Worth worth) {
  return worth == Worth::kLastEdit ? Taken::kRefusedOrUnnoticed : TakenAs(worth);
}

TEST_P(StoreDamage, OfZerosInASectorIsNamedUnlessTheyAreSpare) {
  for (const uint64_t seed : support::Seeds(200, 10'000)) {
    Random random(seed);
    const auto file =
        std::next(bytes_.begin(), static_cast<ptrdiff_t>(random.Below(bytes_.size())));
    const auto& [path, bytes] = *file;
    const size_t begin = random.OneIn(4) ? random.Below(bytes.size()) / kSector * kSector
                                         : random.Below(bytes.size());
    const size_t sector_end = std::min(begin / kSector * kSector + kSector, bytes.size());
    const size_t end = random.OneIn(3) ? sector_end : begin + 1 + random.Below(sector_end - begin);
    std::string damaged = bytes;
    std::fill(damaged.begin() + static_cast<ptrdiff_t>(begin),
              damaged.begin() + static_cast<ptrdiff_t>(end), '\0');
    if (damaged == bytes) continue;
    const Taken taken = TakenWithZeros(worth_.In(path, begin, end));
    if (!IsTaken(path, std::move(damaged), taken,
                 Format("CORDWOOD_SEED={}: zeros from {} to {}", seed, begin, end))) {
      return;
    }
  }
  EXPECT_TRUE(support::OneSeedOnly() || cases_[Taken::kNamed] > 50);
}

Taken StoreDamage::TakenWhenCut(const std::string& path, size_t size) const {
  const Worth worth = worth_.In(path, size, bytes_.at(path).size());
  if (path.contains("MANIFEST") && size >= worth_.manifest_end()) return Taken::kUnnoticed;
  if (path.contains("MANIFEST") && GetParam() == Stop::kKill && size >= 2 * kSector) {
    // It may have ended with any edit behind the snapshot, or been cut in any.
    return size % kSector == 0 ? Taken::kRefusedOrUnnoticed : Taken::kNamedOrUnnoticed;
  }
  // The last segment must have its full size.
  const bool may_be_last = path.ends_with(".wal") && worth == Worth::kSpare;
  return may_be_last ? Taken::kNamedOrUnnoticed : TakenAs(worth);
}

TEST_P(StoreDamage, OfATruncatedFileIsNamedUnlessItsEndIsSpare) {
  for (const auto& [path, bytes] : bytes_) {
    const size_t stride = support::FullRun() ? 1 : 1 + bytes.size() / 40;
    for (size_t size = 1 + bytes.size() % stride; size < bytes.size(); size += stride) {
      const Taken taken = TakenWhenCut(path, size);
      if (!IsTaken(path, bytes.substr(0, size), taken, Format("cut at {}", size))) return;
    }
  }
  EXPECT_GT(cases_[Taken::kNamed], 100);
}

TEST_P(StoreDamage, OfAnEmptyOrAMissingFileIsRefusedUnlessAllOfItIsSpare) {
  for (const auto& [path, bytes] : bytes_) {
    const bool spare = worth_.SpareFrom(path) == 0;
    const Taken taken = spare ? Taken::kUnnoticed : Taken::kRefused;
    // What a table holds is looked at by who reads it.
    const bool is_table = path.ends_with(".sst");
    EXPECT_TRUE(IsTaken(path, "", is_table && !spare ? Taken::kNamed : taken, "emptied"));
    const std::unique_ptr<SimEnv> env = sample_.env->CopyAfterKill();
    ASSERT_TRUE(env->RemoveRaw(path));
    EXPECT_TRUE(IsTaken(*env, path, taken, "missing"));
  }
  EXPECT_GE(cases_[Taken::kRefused], 9);
  EXPECT_GE(cases_[Taken::kNamed], 3);
}

TEST_P(StoreDamage, OfSectorsThatChangedPlacesIsNamedUnlessBothAreSpare) {
  for (const auto& [path, bytes] : bytes_) {
    for (size_t a = 0; a + kSector < bytes.size(); a += kSector) {
      for (size_t b = a + kSector; b + kSector <= bytes.size(); b += kSector) {
        std::string damaged = bytes;
        std::swap_ranges(&damaged[a], &damaged[a] + kSector, &damaged[b]);
        // The empty frame at the end of the newest segment is the only one to know that the group
        // before it was synced: when both are gone nobody can tell.
        const uint64_t spare = worth_.SpareFrom(path);
        const bool is_witness = IsOnItsOwn(path) && b >= spare && b < spare + kSector;
        if (damaged == bytes || is_witness) continue;
        const Worth worth =
            std::max(worth_.In(path, a, a + kSector), worth_.In(path, b, b + kSector));
        if (!IsTaken(path, std::move(damaged), TakenWithZeros(worth),
                     Format("sectors at {} and {} changed places", a, b))) {
          return;
        }
      }
    }
  }
  EXPECT_GT(cases_[Taken::kNamed], 30);
}

TEST_P(StoreDamage, OfBlocksThatChangedPlacesIsNamed) {
  for (const auto& [path, bytes] : bytes_) {
    if (!path.ends_with(".sst")) continue;
    const std::vector<WorthMap::Range> blocks = worth_.DataBlocks(path);
    for (size_t a = 0; a < blocks.size(); ++a) {
      for (size_t b = a + 1; b < blocks.size(); ++b) {
        const size_t size = blocks[a].end - blocks[a].begin;
        if (blocks[b].end - blocks[b].begin != size) continue;
        std::string damaged = bytes;
        std::swap_ranges(&damaged[blocks[a].begin], &damaged[blocks[a].begin] + size,
                         &damaged[blocks[b].begin]);
        EXPECT_TRUE(IsTaken(path, damaged, Taken::kNamed, Format("blocks {} and {}", a, b)));
      }
    }
  }
  EXPECT_GT(cases_[Taken::kNamed], 0);
}

// A block is right, but in another file.
TEST_P(StoreDamage, OfABlockOfAnotherTableIsNamed) {
  for (const auto& [path, bytes] : bytes_) {
    for (const auto& [other_path, other] : bytes_) {
      if (!path.ends_with(".sst") || !other_path.ends_with(".sst") || path == other_path) continue;
      const size_t size = worth_.DataBlocks(other_path).front().end;
      if (size > bytes.size()) continue;
      std::string damaged = bytes;
      damaged.replace(0, size, other, 0, size);
      EXPECT_TRUE(IsTaken(path, damaged, Taken::kNamed, "the first block of " + other_path));
    }
  }
  EXPECT_GT(cases_[Taken::kNamed], 2);
}

// Two copies of a store went on each for itself, and a file came from the wrong one: of the same
// number and size, sound in itself.
TEST_P(StoreDamage, OfATableOfAnotherStoreIsNamed) {
  const Sample other = MakeSample(GetParam(), 12);
  for (const std::string& path : other.Paths()) {
    if (!path.ends_with(".sst") || !bytes_.contains(path)) continue;
    const std::string foreign = *other.env->ReadRaw(path);
    EXPECT_EQ(foreign.size(), bytes_.at(path).size()) << "the same writes";
    EXPECT_TRUE(IsTaken(path, foreign, Taken::kNamed, "of another store"));
  }
  EXPECT_GT(cases_[Taken::kNamed], 2);
}

// A write that the medium said was done, and that never was.
TEST_P(StoreDamage, OfASectorThatIsAsItWasIsNamedUnlessItIsSpare) {
  for (const auto& [path, bytes] : bytes_) {
    const Result<std::string> earlier = sample_.earlier->ReadRaw(path);
    if (!earlier) continue;
    for (size_t at = 0; at < bytes.size(); at += kSector) {
      std::string damaged = bytes;
      damaged.replace(at, kSector, *earlier, at, kSector);
      if (damaged == bytes) continue;
      Taken taken = TakenWithZeros(worth_.In(path, at, at + kSector));
      // An older CURRENT may be as good.
      if (path.ends_with("CURRENT")) taken = Taken::kRefusedOrUnnoticed;
      EXPECT_TRUE(IsTaken(path, damaged, taken, Format("the sector at {}", at)));
    }
  }
  EXPECT_GT(cases_[Taken::kNamed], 0);
}

// What a merge cannot read it leaves alone.
TEST_P(StoreDamage, OfATableIsNotBuriedByAMerge) {
  for (const auto& [path, bytes] : bytes_) {
    if (!path.ends_with(".sst")) continue;
    for (size_t at = 5; at < bytes.size() - 200; at += support::FullRun() ? 7 : 97) {
      SCOPED_TRACE(Format("{}: byte {}", path, at));
      std::unique_ptr<SimEnv> env = sample_.env->CopyAfterKill();
      ASSERT_TRUE(env->FlipBit(path, at, 3));
      Result<std::unique_ptr<Store>> store = Store::Open(*env, kSampleDir, SampleOptions());
      if (!store) continue;
      (*store)->CompactEverything([] {});
      env->RunUntilIdle();
      const Answers merged = AskOpen(**store, sample_);
      ASSERT_EQ(merged.wrong, "");
      ASSERT_FALSE(merged.errors.empty());
      IgnoreError((*store)->Close(), "a merge failed");
      store->reset();
      const Answers again = Ask(*env, sample_);
      ASSERT_EQ(again.wrong, "");
      ASSERT_FALSE(again.errors.empty());
      for (const std::string& error : again.errors) EXPECT_TRUE(NamesPlace(error, path)) << error;
      ++cases_[Taken::kNamed];
    }
  }
  EXPECT_GT(cases_[Taken::kNamed], 20);
}

// Its records would get seqs that others have.
TEST(StoreLog, AFrameThatLiesAboutItsNumberOfOperationsIsRefused) {
  support::SimEnv env(1);
  Result<std::unique_ptr<Store>> store = Store::Open(env, "data", TinyOptions());
  ASSERT_TRUE(store);
  WriteBatch batch;
  batch.Put("key", "value");
  ASSERT_TRUE((*store)->Write(batch));
  (*store)->Kick();
  env.RunUntilIdle();
  const std::unique_ptr<support::SimEnv> next = env.Kill();
  store->reset();
  std::string path;
  for (const std::string& each : next->Paths("data")) {
    if (each.ends_with(".wal") && next->ReadRaw(each)->contains("value")) path = each;
  }
  std::string bytes = *next->ReadRaw(path);
  const size_t frame = bytes.find("CWFR");
  bytes[frame + 40] = 2;
  std::fill(bytes.begin() + static_cast<ptrdiff_t>(frame) + 4096, bytes.end(), '\0');
  support::SealSegment(bytes);
  ASSERT_TRUE(next->WriteRaw(path, bytes));
  store = Store::Open(*next, "data", TinyOptions());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(
      store.error().message(),
      Format("{}: frame at offset {}: 1 operations where 2 should be", path.substr(1), frame));
}

}  // namespace
}  // namespace cordwood::storage
