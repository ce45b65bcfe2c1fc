#include "storage/version/manifest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/hash.h"
#include "storage/file_names.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;
using support::SimOp;

constexpr uint64_t kCounter = 4;
constexpr uint64_t kFrame = 4096;

// Adds one to the counter; `padding` bytes make it longer.
Edit CountOne(size_t padding = 0) {
  Edit edit;
  edit.counts.Add(kCounter, 1);
  if (padding > 0) {
    // A table that no fragment lies in is forgotten at once.
    const auto summary = std::make_shared<TableSummary>();
    summary->properties.largest_key.assign(padding, 'k');
    edit.tables = {{.file = 2, .summary = summary}};
  }
  return edit;
}

// What the directory says after a start; the count is the number of edits that happened.
Result<ManifestState> Read(SimEnv& env) {
  CW_ASSIGN(const std::optional<Current> current, ReadCurrent(env, "data"));
  if (!current) return Fail(ErrorCode::kNotFound, "no CURRENT");
  return ReadManifest(env, "data", *current);
}

int64_t CountOf(SimEnv& env) {
  const Result<ManifestState> state = Read(env);
  EXPECT_TRUE(state) << state.error().message();
  return state ? state->counts.Get(kCounter) : -1;
}

class ManifestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env_.CreateDir("data"));
    ASSERT_TRUE(env_.SyncDir("."));
    Result<std::unique_ptr<ManifestWriter>> writer =
        ManifestWriter::Create(env_, "data", 5, {.store_id = 7});
    ASSERT_TRUE(writer);
    writer_ = std::move(*writer);
  }

  // Three edits behind the header and the snapshot: frames at 0, 4096, ..., 16384.
  void AppendThree() {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer_->Append(CountOne()));
    ASSERT_EQ(writer_->grown(), 3 * kFrame);
  }

  // The manifest with its bit at `offset` flipped is corrupt there.
  void ExpectCorruptAt(uint64_t offset, const std::string& place) {
    ASSERT_TRUE(env_.FlipBit(path_, offset, offset % 8));
    const Result<ManifestState> state = Read(env_);
    ASSERT_FALSE(state) << "bit flipped at " << offset;
    EXPECT_EQ(state.error().code(), ErrorCode::kCorruption);
    EXPECT_NE(state.error().message().find(path_), std::string::npos) << state.error().message();
    EXPECT_NE(state.error().message().find(place), std::string::npos) << state.error().message();
    ASSERT_TRUE(env_.FlipBit(path_, offset, offset % 8));
  }

  const std::string path_ = ManifestPath("data", 5);
  SimEnv env_{1};
  std::unique_ptr<ManifestWriter> writer_;
};

TEST_F(ManifestTest, AddsUpToItsSnapshotAndItsEdits) {
  AppendThree();
  const Result<ManifestState> state = Read(env_);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->store_id, 7u);
  EXPECT_EQ(state->counts.Get(kCounter), 3);
  EXPECT_FALSE(state->torn_at);
}

TEST_F(ManifestTest, ATornLastEditIsLeftOut) {
  AppendThree();
  for (uint64_t offset = 4 * kFrame; offset < 5 * kFrame; offset += 7) {
    ASSERT_TRUE(env_.FlipBit(path_, offset, offset % 8));
    const Result<ManifestState> state = Read(env_);
    ASSERT_TRUE(state) << offset;
    EXPECT_EQ(state->counts.Get(kCounter), 2) << offset;
    EXPECT_EQ(state->torn_at, 4 * kFrame) << offset;
    ASSERT_TRUE(env_.FlipBit(path_, offset, offset % 8));
  }
}

TEST_F(ManifestTest, AFileThatEndsInTheLastEditIsTorn) {
  AppendThree();
  const std::string bytes = *env_.ReadRaw(path_);
  for (const uint64_t size : {4 * kFrame + 1, 4 * kFrame + 30, 5 * kFrame - 1}) {
    ASSERT_TRUE(env_.WriteRaw(path_, bytes.substr(0, size)));
    EXPECT_EQ(CountOf(env_), 2) << size;
  }
  ASSERT_TRUE(env_.WriteRaw(path_, bytes.substr(0, 5 * kFrame)));
  EXPECT_EQ(CountOf(env_), 3) << "the zeros may be missing";
}

TEST_F(ManifestTest, DamageInFrontOfAGoodFrameIsCorruptionAndNamed) {
  AppendThree();
  for (uint64_t offset = 0; offset < 4 * kFrame; offset += 41) {
    ExpectCorruptAt(offset, Format("at offset {}", offset / kFrame * kFrame));
  }
}

TEST_F(ManifestTest, WithoutAGoodSnapshotItIsCorrupt) {
  ExpectCorruptAt(100, "at offset 0");
  ExpectCorruptAt(kFrame + 30, "at offset 4096");
  const std::string header = env_.ReadRaw(path_)->substr(0, kFrame);
  for (const auto& [bytes, offset] :
       {std::pair(header, kFrame), std::pair(std::string(), uint64_t{0})}) {
    ASSERT_TRUE(env_.WriteRaw(path_, bytes));
    const Result<ManifestState> state = Read(env_);
    ASSERT_FALSE(state);
    EXPECT_TRUE(state.error().message().contains(
        Format("MANIFEST-000005: no snapshot at offset {}", offset)))
        << state.error().message();
  }
}

TEST_F(ManifestTest, AfterACleanStopNoDamageIsTakenForATornEdit) {
  AppendThree();
  ASSERT_TRUE(writer_->Seal());
  EXPECT_EQ(CountOf(env_), 3);
  const uint64_t size = env_.ReadRaw(path_)->size();
  ASSERT_GT(size, 5 * kFrame);
  for (uint64_t offset = 0; offset < size; offset += 41) {
    // In the zeros behind the end as well: whatever is there came after the stop.
    ExpectCorruptAt(offset, Format("at offset {}", std::min(offset, 5 * kFrame) / kFrame * kFrame));
  }
}

TEST_F(ManifestTest, ASealedOneThatLostItsLastEditIsRefused) {
  AppendThree();
  ASSERT_TRUE(writer_->Seal());
  std::string bytes = *env_.ReadRaw(path_);
  for (const uint64_t size : {3 * kFrame, 4 * kFrame, 4 * kFrame + 1, 5 * kFrame - 1}) {
    ASSERT_TRUE(env_.WriteRaw(path_, bytes.substr(0, size)));
    EXPECT_FALSE(Read(env_)) << size;
  }
  // Every frame of this one is good.
  std::fill(bytes.begin() + 4 * kFrame, bytes.end(), '\0');
  ASSERT_TRUE(env_.WriteRaw(path_, bytes));
  const Result<ManifestState> state = Read(env_);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code(), ErrorCode::kCorruption);
}

TEST_F(ManifestTest, AFrameOfAnotherManifestOrPlaceIsNone) {
  AppendThree();
  std::string bytes = *env_.ReadRaw(path_);
  ASSERT_TRUE(env_.WriteRaw(ManifestPath("data", 6), bytes));
  EXPECT_FALSE(ReadManifest(env_, "data", {.manifest = 6}));
  std::copy_n(bytes.begin() + 3 * kFrame, kFrame, bytes.begin() + 4 * kFrame);
  ASSERT_TRUE(env_.WriteRaw(path_, bytes));
  EXPECT_EQ(CountOf(env_), 2);
}

TEST_F(ManifestTest, AMissingOneIsCorruption) {
  ASSERT_TRUE(env_.RemoveRaw(path_));
  const Result<ManifestState> state = Read(env_);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(state.error().message().find(path_), std::string::npos);
}

TEST_F(ManifestTest, AnAppendOnAFullDiskHappensOrDoesNot) {
  int64_t appended = 0;
  int refused = 0;
  for (uint64_t round = 0; round < 60; ++round) {
    // Room for a part of the zeros, mostly; the edits take one frame to seven.
    env_.SetDiskBytes(env_.UsedDiskBytes() + round * 1000 % 7001);
    const Status full = writer_->Append(CountOne(round * 977 % 25'000));
    refused += full ? 0 : 1;
    if (!full) {
      ASSERT_EQ(full.error().code(), ErrorCode::kNoSpace);
    }
    appended += full ? 1 : 0;
    ASSERT_EQ(CountOf(*env_.CopyAfterKill()), appended);
    env_.SetDiskBytes(UINT64_MAX);
    ASSERT_TRUE(writer_->Append(CountOne()));
    ASSERT_EQ(CountOf(*env_.CopyAfterPowerLoss(round)), ++appended);
  }
  EXPECT_GT(refused, 5);
  EXPECT_LT(refused, 55);
}

TEST_F(ManifestTest, ALackOfSpaceThatTheSyncReportsLeavesTheOutcomeOpen) {
  env_.FailNext(SimOp::kSync, path_, ErrorCode::kNoSpace);
  const Status status = writer_->Append(CountOne());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kIo) << "who retries would do it twice";
  EXPECT_EQ(CountOf(*env_.CopyAfterKill()), 1);
  EXPECT_EQ(CountOf(*env_.CopyAfterPowerLoss(1, support::PowerLoss::kDrop)), 0);
}

TEST_F(ManifestTest, AnEditThatThePowerLossCutHappenedOrDidNot) {
  std::set<int64_t> seen;
  for (const uint64_t seed : support::Seeds(60, 5'000)) {
    SimEnv env(seed);
    ASSERT_TRUE(env.CreateDir("data"));
    ASSERT_TRUE(env.SyncDir("."));
    std::unique_ptr<ManifestWriter> writer = *ManifestWriter::Create(env, "data", 5, {});
    ASSERT_TRUE(writer->Append(CountOne()));
    env.CrashAtCall(env.Calls() + 1 + seed % 2);
    EXPECT_FALSE(writer->Append(CountOne(20'000)));
    writer.reset();
    const int64_t count = CountOf(*env.LosePower(seed));
    EXPECT_TRUE(count == 1 || count == 2) << count << " with CORDWOOD_SEED=" << seed;
    seen.insert(count);
  }
  EXPECT_EQ(seen.size(), support::OneSeedOnly() ? 1u : 2u);
}

TEST_F(ManifestTest, ANewOneCountsOnlyWhenItIsWhole) {
  // Whatever call it fails at, and whether it says so or the power goes.
  ASSERT_TRUE(writer_->Append(CountOne()));
  ManifestState next{.store_id = 8};
  next.counts.Add(kCounter, 2);
  uint64_t calls = 0;
  for (uint64_t call = 1; calls == 0 || call <= calls; ++call) {
    const std::unique_ptr<SimEnv> env = env_.CopyAfterPowerLoss(call);
    const uint64_t before = env->Calls();
    if (calls != 0) env->CrashAtCall(before + call);
    const bool created = ManifestWriter::Create(*env, "data", 6, next).has_value();
    if (calls == 0) {
      ASSERT_TRUE(created);
      calls = env->Calls() - before;
      call = 0;
      EXPECT_EQ(CountOf(*env->LosePower(1)), 2);
      continue;
    }
    const int64_t count = CountOf(*env->LosePower(call));
    EXPECT_TRUE(count == 1 || count == 2) << count << " at call " << call;
  }
  EXPECT_GT(calls, 8u);
}

TEST_F(ManifestTest, ANewOneCountsFromItsReturnOn) {
  ManifestState next{.store_id = 8};
  next.counts.Add(kCounter, 2);
  Result<std::unique_ptr<ManifestWriter>> created = ManifestWriter::Create(env_, "data", 6, next);
  ASSERT_TRUE(created);
  EXPECT_EQ(CountOf(*env_.CopyAfterPowerLoss(1, support::PowerLoss::kDrop)), 2);
  ASSERT_TRUE((*created)->Seal());
  const std::unique_ptr<SimEnv> after = env_.CopyAfterPowerLoss(1, support::PowerLoss::kDrop);
  EXPECT_TRUE((*ReadCurrent(*after, "data"))->seal);
}

TEST_F(ManifestTest, WithoutSpaceForANewOneTheOldOneCounts) {
  ASSERT_TRUE(writer_->Append(CountOne()));
  env_.SetDiskBytes(env_.UsedDiskBytes() + 5000);
  const auto created = ManifestWriter::Create(env_, "data", 6, {});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), ErrorCode::kNoSpace);
  EXPECT_FALSE(*env_.Exists(ManifestPath("data", 6))) << "it takes the little space there is";
  EXPECT_EQ(CountOf(env_), 1);
}

TEST_F(ManifestTest, WithoutRoomForZerosAheadANewOneTakesItsSectorsAlone) {
  const uint64_t used = env_.UsedDiskBytes();
  env_.SetDiskBytes(used + 12'000);
  const auto created = ManifestWriter::Create(env_, "data", 6, {});
  ASSERT_TRUE(created) << created.error().message();
  EXPECT_LE(env_.UsedDiskBytes(), used + 8'300) << "a header, a snapshot, CURRENT";
  EXPECT_FALSE((*created)->Append(CountOne())) << "there is no sector left";
  env_.SetDiskBytes(UINT64_MAX);
  EXPECT_TRUE((*created)->Append(CountOne()));
  EXPECT_EQ(CountOf(env_), 1);
}

TEST_F(ManifestTest, IsOutgrownAfterAsMuchAsItsDiskAllows) {
  const auto created = ManifestWriter::Create(env_, "data", 6, {}, 8'192);
  ASSERT_TRUE(created);
  ASSERT_TRUE((*created)->Append(CountOne()));
  EXPECT_FALSE((*created)->outgrown());
  ASSERT_TRUE((*created)->Append(CountOne()));
  EXPECT_TRUE((*created)->outgrown());
}

TEST(Current, IsTheSameWhenItComesBack) {
  const Result<Current> plain = Current::Decode(Current{.manifest = 12}.Encode(), "CURRENT");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->manifest, 12u);
  EXPECT_FALSE(plain->seal);
  const Current sealed{.manifest = 12, .seal = Current::Seal{.size = 28'672, .hash = 0xabc}};
  const Result<Current> decoded = Current::Decode(sealed.Encode(), "CURRENT");
  ASSERT_TRUE(decoded && decoded->seal);
  EXPECT_EQ(decoded->seal->size, 28'672u);
  EXPECT_EQ(decoded->seal->hash, 0xabcu);
}

TEST(Current, ReadsTheExampleOfTheFormatDocument) {
  const Result<Current> current = Current::Decode(
      "cordwood 2\nmanifest 6\nsealed 28672 3c3196c18ca6e0a5\nchecksum bc5bb37675d007bb\n", "");
  ASSERT_TRUE(current && current->seal);
  EXPECT_EQ(current->manifest, 6u);
  EXPECT_EQ(current->seal->hash, 0x3c3196c18ca6e0a5u);
}

TEST(Current, EveryCutAndEveryFlippedBitIsRefused) {
  const Current sealed{.manifest = 12, .seal = Current::Seal{.size = 28'672, .hash = 0xabc}};
  const std::string bytes = sealed.Encode();
  for (size_t at = 0; at < bytes.size(); ++at) {
    EXPECT_FALSE(Current::Decode(std::string_view(bytes).substr(0, at), "CURRENT")) << at;
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const Result<Current> current = Current::Decode(damaged, "data/CURRENT");
      ASSERT_FALSE(current) << at;
      EXPECT_EQ(current.error().code(), ErrorCode::kCorruption);
      EXPECT_TRUE(current.error().message().starts_with("data/CURRENT"));
    }
  }
  EXPECT_FALSE(Current::Decode(bytes + "\n", "CURRENT"));
}

TEST(Current, HasOneFormOnly) {
  for (std::string text : {"cordwood 2\nmanifest 06\n", "cordwood 2\nmanifest 6\nsealed 1 abc\n",
                           "cordwood 2\nmanifest 6\nsealed 01 0000000000000abc\n",
                           "cordwood 2\nmanifest 6\nsealed 1 0000000000000ABC\n"}) {
    text += Format("checksum {:016x}\n", Hash64(text));
    EXPECT_FALSE(Current::Decode(text, "CURRENT")) << text;
  }
}

TEST(Current, OfAnotherFormatIsNotDamaged) {
  std::string text = "cordwood 3\nmanifest 6\nand more\n";
  text += Format("checksum {:016x}\n", Hash64(text));
  const Result<Current> current = Current::Decode(text, "CURRENT");
  ASSERT_FALSE(current);
  EXPECT_EQ(current.error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace cordwood::storage
