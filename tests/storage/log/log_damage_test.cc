// Damage of the medium: flipped bits, truncated and missing files. Every case is refused with a
// place, or loses nothing that the log had promised.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/coding.h"
#include "base/format.h"
#include "storage/file_names.h"
#include "storage/log/chain.h"
#include "storage/log/recovery.h"
#include "storage/log/segment_scan.h"
#include "tests/storage/log/log_rig.h"
#include "tests/support/seal.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimEnv;

/// What recovery would decide about /db, without doing it.
Result<LogPlan> Plan(SimEnv& env, Seq flushed = 0, Seq known_synced = 0) {
  std::vector<SegmentScan> scans;
  for (const std::string& path : env.Paths("/db")) {
    const auto name = ParseFileName(std::string_view(path).substr(4));
    if (!name || name->kind != FileKind::kLog) continue;
    CW_ASSIGN(SegmentScan scan, ScanSegment(env, "/db", name->number));
    scans.push_back(std::move(scan));
  }
  CW_ASSIGN(const LogNote note, ReadNote(env, "/db", LogRig::kStoreId));
  return PlanRecovery({.dir = "/db",
                       .store_id = LogRig::kStoreId,
                       .flushed_seq = flushed,
                       .known_synced = known_synced,
                       .note = note},
                      scans);
}

Seq ReplayedTo(const LogPlan& plan) {
  return plan.replay.empty() ? 0 : plan.replay.back().frame.next_seq() - 1;
}

/// Two segments of a few frames each, cleanly stopped: everything is known to be synced.
class SmallLog : public testing::Test {
 protected:
  SmallLog() : rig_({.segment_bytes = 24 << 10}) {}

  void SetUp() override {
    EXPECT_TRUE(rig_.Open());
    rig_.Commit(2, 50);
    rig_.Commit(1, 4200);
    rig_.Commit(1, 100);
    rig_.Commit(1, 5000);
    rig_.Commit(3, 10);
    EXPECT_TRUE(rig_.Stop());
    rig_.LosePower(1, PowerLoss::kDrop);
    // Prepared segments are of no interest here.
    for (const std::string& path : rig_.Segments()) {
      const Result<std::string> bytes = rig_.env().ReadRaw(path);
      ASSERT_TRUE(!bytes || !AllZero(*bytes) || rig_.env().RemoveRaw(path));
    }
    ASSERT_EQ(rig_.Segments().size(), 2u);
    for (const std::string& path : rig_.Segments()) {
      const auto name = ParseFileName(std::string_view(path).substr(4));
      const Result<SegmentScan> scan = ScanSegment(rig_.env(), "/db", name->number);
      ASSERT_TRUE(scan);
      for (const FrameRef& frame : scan->frames) {
        if (frame.header.kind == FrameKind::kEmpty) continue;
        const uint64_t end = frame.offset + kFrameHeaderBytes + frame.header.payload_bytes;
        records_[path].push_back({.begin = frame.offset, .end = end});
      }
    }
  }

  /// Refused naming `path` and an offset at or before `at`; or no record lies in the `bytes` from
  /// there on, and all are still there.
  void ExpectRefusedOrWhole(const std::string& path, uint64_t at, uint64_t bytes) {
    const Result<LogPlan> plan = Plan(rig_.env());
    if (plan) {
      EXPECT_EQ(ReplayedTo(*plan), rig_.appended()) << path << " at " << at;
      for (const Bytes& record : records_[path]) {
        EXPECT_TRUE(at >= record.end || at + bytes <= record.begin) << path << ": nobody noticed";
      }
      ++harmless_;
      return;
    }
    ++refused_;
    EXPECT_EQ(plan.error().code(), ErrorCode::kCorruption);
    const std::string& message = plan.error().message();
    EXPECT_EQ(message.find(path), 0u) << message;
    const size_t offset_at = message.find("offset ");
    ASSERT_NE(offset_at, std::string::npos) << message;
    const uint64_t offset = std::stoull(message.substr(offset_at + 7));
    EXPECT_LE(offset, at) << message;
    EXPECT_GT(offset + 12288, at) << message << ": another frame than the damaged one";
    EXPECT_NE(message.find("seqs "), std::string::npos) << message;
  }

  LogRig rig_;
  struct Bytes {
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  std::map<std::string, std::vector<Bytes>> records_;  // by segment
  uint64_t refused_ = 0;
  uint64_t harmless_ = 0;
};

TEST_F(SmallLog, EveryFlippedBitIsRefusedOrHarmless) {
  uint64_t in_records = 0;
  for (const std::string& path : rig_.Segments()) {
    const Result<std::string> bytes = rig_.env().ReadRaw(path);
    ASSERT_TRUE(bytes);
    for (const Bytes& record : records_[path]) in_records += record.end - record.begin;
    for (uint64_t at = 0; at < bytes->size(); ++at) {
      const auto bit = static_cast<uint32_t>(at % 8);
      ASSERT_TRUE(rig_.env().FlipBit(path, at, bit));
      ExpectRefusedOrWhole(path, at, 1);
      ASSERT_TRUE(rig_.env().FlipBit(path, at, bit));
      if (HasFailure()) return;
    }
  }
  // The headers of the segments are verified too; what lies between frames is harmless.
  EXPECT_GT(refused_, in_records);
  EXPECT_GT(harmless_, 0u);
}

TEST_F(SmallLog, EveryTruncationIsRefusedOrHarmless) {
  for (const std::string& path : rig_.Segments()) {
    const Result<std::string> bytes = rig_.env().ReadRaw(path);
    ASSERT_TRUE(bytes);
    // An empty file looks like one that was just created: see AMissingSegmentIsRefusedByName.
    for (uint64_t size = bytes->size(); --size > 0;) {
      ASSERT_TRUE(rig_.env().WriteRaw(path, bytes->substr(0, size)));
      ExpectRefusedOrWhole(path, size, bytes->size() - size);
      if (HasFailure()) return;
    }
    ASSERT_TRUE(rig_.env().WriteRaw(path, *bytes));
  }
  EXPECT_GT(refused_, 0u);
}

TEST_F(SmallLog, EveryZeroedSectorIsRefusedOrHarmless) {
  for (const std::string& path : rig_.Segments()) {
    const Result<std::string> bytes = rig_.env().ReadRaw(path);
    ASSERT_TRUE(bytes);
    for (uint64_t at = 0; at < bytes->size(); at += kLogAlign) {
      std::string damaged = *bytes;
      damaged.replace(at, kLogAlign, kLogAlign, '\0');
      ASSERT_TRUE(rig_.env().WriteRaw(path, damaged));
      ExpectRefusedOrWhole(path, at, kLogAlign);
    }
    ASSERT_TRUE(rig_.env().WriteRaw(path, *bytes));
  }
  EXPECT_GE(refused_, 7u);
}

TEST_F(SmallLog, SectorsThatChangedPlacesAreRefused) {
  const std::string path = rig_.Segments().front();
  const Result<std::string> bytes = rig_.env().ReadRaw(path);
  ASSERT_TRUE(bytes);
  std::string damaged = *bytes;
  std::swap_ranges(damaged.begin() + 4096, damaged.begin() + 8192, damaged.begin() + 16384);
  ASSERT_TRUE(rig_.env().WriteRaw(path, damaged));
  EXPECT_FALSE(Plan(rig_.env()));
}

TEST_F(SmallLog, AMissingSegmentIsRefusedByName) {
  for (const std::string& path : rig_.Segments()) {
    const Result<std::string> bytes = rig_.env().ReadRaw(path);
    ASSERT_TRUE(bytes);
    ASSERT_TRUE(rig_.env().RemoveRaw(path));
    // Without the last one only the manifest can know that there was more.
    const Result<LogPlan> plan = Plan(rig_.env(), 0, rig_.appended());
    ASSERT_FALSE(plan) << path;
    EXPECT_EQ(plan.error().code(), ErrorCode::kCorruption);
    ASSERT_TRUE(rig_.env().WriteRaw(path, *bytes));
  }
  const std::string first = rig_.Segments().front();
  ASSERT_TRUE(rig_.env().RemoveRaw(first));
  const Result<LogPlan> plan = Plan(rig_.env());
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message().find(first), std::string::npos) << plan.error().message();
}

TEST_F(SmallLog, AMissingLogIsRefused) {
  for (const std::string& path : rig_.Segments()) ASSERT_TRUE(rig_.env().RemoveRaw(path));
  EXPECT_FALSE(Plan(rig_.env()));
  EXPECT_FALSE(Plan(rig_.env(), 8, 8)) << "there may have been more";
}

TEST_F(SmallLog, AMissingLogThatIsNotNotedIsRefusedWhenTheManifestKnowsMore) {
  for (const std::string& path : rig_.Segments()) ASSERT_TRUE(rig_.env().RemoveRaw(path));
  ASSERT_TRUE(CreateNote(rig_.env(), "/db", LogRig::kStoreId));
  EXPECT_TRUE(Plan(rig_.env()));
  EXPECT_TRUE(Plan(rig_.env(), 8, 8));
  EXPECT_FALSE(Plan(rig_.env(), 7, 8));
}

TEST_F(SmallLog, ASegmentUnderAnotherNameIsRefused) {
  const std::string path = rig_.Segments().back();
  const Result<std::string> bytes = rig_.env().ReadRaw(path);
  ASSERT_TRUE(bytes);
  ASSERT_TRUE(rig_.env().RemoveRaw(path));
  ASSERT_TRUE(rig_.env().WriteRaw("/db/000077.wal", *bytes));
  EXPECT_FALSE(Plan(rig_.env()));
}

TEST_F(SmallLog, ASegmentOfAnotherStoreIsRefused) {
  LogRig other({.seed = 7});
  ASSERT_TRUE(other.Open());
  ASSERT_TRUE(other.Stop());
  std::string sector(kLogAlign, '\0');
  EncodeSegmentHeader({.number = 50, .ordinal = 9, .store_id = 1234}, sector);
  ASSERT_TRUE(rig_.env().WriteRaw("/db/000050.wal", sector));
  const Result<LogPlan> plan = Plan(rig_.env());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message(),
            "/db/000050.wal: the header at offset 0 is that of another store");
}

TEST_F(SmallLog, ARefusedRecoveryChangesNothing) {
  const std::string path = rig_.Segments().front();
  ASSERT_TRUE(rig_.env().FlipBit(path, 4096 + 84, 3));
  const auto before = rig_.Snapshot();
  const Status opened = rig_.Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(opened.error().message(),
            path +
                ": lost data at offset 4096: the frame is damaged or missing; seqs 1 to 2 were "
                "on stable storage");
  EXPECT_EQ(rig_.Snapshot(), before);
}

// A checksum tells that the bytes are those that were written, not that they are operations.
TEST_F(SmallLog, AFrameOfNonsenseIsRefusedByItsPlace) {
  const std::string path = rig_.Segments().front();
  std::string bytes = *rig_.env().ReadRaw(path);
  bytes[4096 + kFrameHeaderBytes] = '\x7f';  // no kind of operation
  support::SealSegment(bytes);
  ASSERT_TRUE(rig_.env().WriteRaw(path, bytes));
  const auto before = rig_.Snapshot();
  // From its second operation on: the first is looked at to be skipped.
  const RecoveryOptions options{.dir = std::string(LogRig::kDir),
                                .store_id = LogRig::kStoreId,
                                .flushed_seq = 1,
                                .allocate = {}};
  const Result<RecoveredLog> recovered =
      RecoverLog(rig_.env(), options, [](Seq, uint32_t, std::string_view) { return Status(); });
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(recovered.error().message(),
            path + ": frame at offset 4096: malformed operation in a batch");
  EXPECT_EQ(rig_.Snapshot(), before);
}

TEST_F(SmallLog, DamageInRecordsThatTheTablesHoldDoesNoHarm) {
  const std::string path = rig_.Segments().front();
  ASSERT_TRUE(rig_.env().FlipBit(path, 4096 + 84, 3));
  EXPECT_FALSE(Plan(rig_.env(), 1));
  const Result<LogPlan> plan = Plan(rig_.env(), 2);
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(ReplayedTo(*plan), rig_.appended());
}

// --- the tail ---

/// The segment's file with a frame at `offset` of which the payload is not what it should be; it
/// takes `bytes`.
std::string WithTornFrame(LogRig& rig, const std::string& path, uint64_t offset, uint64_t bytes) {
  std::string file = *rig.env().ReadRaw(path);
  const SegmentHeader segment = *DecodeSegmentHeader(std::string_view(file).substr(0, kLogAlign));
  const std::string payload(bytes - kFrameHeaderBytes, '.');
  const FrameHeader header{.salt = segment.salt,
                           .first_seq = rig.appended() + 1,
                           .payload_bytes = payload.size(),
                           .op_count = 1};
  std::string frame(bytes, '#');
  EncodeFrameHeader(header, offset, payload, std::span(frame).first(kFrameHeaderBytes));
  return file.replace(offset, bytes, frame);
}

TEST(TornTail, IsCutCountedAndKept) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  const std::string torn = WithTornFrame(rig, path, 16384, 704);
  ASSERT_TRUE(rig.env().WriteRaw(path, torn));
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 2u);
  const Result<std::string> kept = rig.env().ReadRaw(TornTailPath(LogRig::kDir, 1));
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->ends_with(torn.substr(16384, 704)));
  EXPECT_EQ(rig.log().stats().torn_bytes, kept->size());
  ASSERT_TRUE(rig.Stop());
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.log().stats().torn_bytes, 0u) << "it is cut once";
}

TEST(TornTail, IsNotKeptWhereThereIsNoSpaceForIt) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  ASSERT_TRUE(rig.env().WriteRaw(path, WithTornFrame(rig, path, 16384, 704)));
  rig.env().FailNext(support::SimOp::kWrite, ".torn", ErrorCode::kNoSpace);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 2u);
  EXPECT_FALSE(rig.env().ReadRaw(TornTailPath(LogRig::kDir, 1))) << "half a copy";
}

TEST(TornTail, ItsCopyIsGivenUpBeforeAStartFails) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  for (const std::string& other : rig.Segments()) {
    ASSERT_TRUE(other == path || rig.env().RemoveRaw(other));
  }
  ASSERT_TRUE(rig.env().WriteRaw(path, WithTornFrame(rig, path, 16384, 8000)));
  // Room for the new segment, or for the copy.
  rig.env().SetDiskBytes(rig.env().UsedDiskBytes() + (32 << 10));
  const Status opened = rig.Open();
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(rig.recovered(), 2u);
  EXPECT_FALSE(rig.env().ReadRaw(TornTailPath(LogRig::kDir, 1)));
}

// The segment that it was cut from may be removed right after.
TEST(TornTail, ItsCopyIsOnStableStorage) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  const std::string torn = WithTornFrame(rig, path, 8192, 5000);
  ASSERT_TRUE(rig.env().WriteRaw(path, torn));
  ASSERT_TRUE(rig.Open());
  rig.LosePower(1, PowerLoss::kDrop);
  const Result<std::string> kept = rig.env().ReadRaw(TornTailPath(LogRig::kDir, 1));
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->ends_with(torn.substr(8192, 5000)));
}

TEST(TornTail, IsNeverWrittenOver) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Commit(1, 9000);
  const std::string path = rig.NewestSegment();
  rig.Kill();
  ASSERT_TRUE(rig.env().FlipBit(path, 24000, 0));
  const Result<std::string> before = rig.env().ReadRaw(path);
  ASSERT_TRUE(before);
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Commit(1, 3000);
  ASSERT_TRUE(rig.Stop());
  const Result<std::string> after = rig.env().ReadRaw(path);
  ASSERT_TRUE(after) << "it holds records that are needed";
  EXPECT_EQ(*after, *before) << "recovery goes on in a new segment";
  rig.LosePower(1, PowerLoss::kDrop);
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 4u);
}

std::vector<FrameRef> FramesOf(LogRig& rig, const std::string& path) {
  const auto name = ParseFileName(std::string_view(path).substr(4));
  return ScanSegment(rig.env(), std::string(LogRig::kDir), name->number)->frames;
}

// A frame whose sync never ended is not owed. The next frame on the medium does not count either:
// there would be a hole.
TEST(TornTail, EndsAtTheFirstHoleAboveTheKnownSeq) {
  LogRig rig({.durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  const std::vector<FrameRef> frames = FramesOf(rig, path);
  ASSERT_EQ(frames[1].offset, frames[0].end()) << "they are packed";
  ASSERT_TRUE(rig.env().FlipBit(path, frames[1].offset + 94, 0));
  const Result<LogPlan> plan = Plan(rig.env());
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(ReplayedTo(*plan), 1u);
  ASSERT_EQ(plan->torn.size(), 1u);
  EXPECT_EQ(plan->torn[0].offset, frames[1].offset);
  EXPECT_EQ(plan->torn[0].bytes, frames[1].end() - frames[1].offset);
}

// The same damage where a later frame, or the idle frame, says that the record was synced.
TEST(TornTail, IsLostDataWhenAnyLaterFrameKnowsBetter) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  uint64_t due_at = kLogAlign;
  for (const uint64_t offset : {4096, 8192, 12288}) {
    const uint64_t end = FramesOf(rig, path)[offset / kLogAlign - 1].end();
    ASSERT_TRUE(rig.env().FlipBit(path, offset + 70, 0));
    const Result<LogPlan> plan = Plan(rig.env());
    ASSERT_FALSE(plan) << offset;
    EXPECT_NE(plan.error().message().find(Format("offset {}:", due_at)), std::string::npos);
    ASSERT_TRUE(rig.env().FlipBit(path, offset + 70, 0));
    due_at = end;
  }
}

TEST(TornTail, IsLostDataWhenTheManifestKnowsBetter) {
  LogRig rig({.durability = Durability::kNever});
  ASSERT_TRUE(rig.Open());
  for (int i = 0; i < 3; ++i) rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  ASSERT_TRUE(rig.env().FlipBit(path, FramesOf(rig, path)[2].offset + 94, 0));
  EXPECT_TRUE(Plan(rig.env(), 0, 2));
  EXPECT_FALSE(Plan(rig.env(), 0, 3));
  EXPECT_TRUE(Plan(rig.env(), 3, 3)) << "the tables have it";
}

// An idle frame that is damaged held no records: what follows it is not lost.
TEST(TornTail, GoesOnBehindDamageThatHeldNoRecords) {
  LogRig rig({});
  ASSERT_TRUE(rig.Open());
  rig.Commit();
  rig.Commit();
  const std::string path = rig.NewestSegment();
  rig.Kill();
  Result<std::string> bytes = rig.env().ReadRaw(path);
  ASSERT_TRUE(bytes);
  // The second frame one sector further on, with garbage in its old place.
  std::string payload = bytes->substr(8192 + kFrameHeaderBytes, 4096 - kFrameHeaderBytes);
  std::optional<FrameHeader> header = PeekFrameHeader(std::string_view(*bytes).substr(8192), 4096);
  ASSERT_TRUE(header);
  payload.resize(header->payload_bytes);
  std::string frame(kLogAlign, '\0');
  EncodeFrameHeader(*header, 12288, payload, std::span(frame).first(kFrameHeaderBytes));
  frame.replace(kFrameHeaderBytes, payload.size(), payload);
  bytes->replace(12288, kLogAlign, frame);
  bytes->replace(8192, kLogAlign, std::string(kLogAlign, '#'));
  ASSERT_TRUE(rig.env().WriteRaw(path, *bytes));
  ASSERT_TRUE(rig.Open());
  EXPECT_EQ(rig.recovered(), 2u);
  EXPECT_EQ(rig.log().stats().torn_bytes, 0u);
}

}  // namespace
}  // namespace cordwood::storage
