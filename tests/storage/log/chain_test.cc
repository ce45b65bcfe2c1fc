#include "storage/log/chain.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cordwood::storage {
namespace {

constexpr uint64_t kChainStoreId = 9;
constexpr uint64_t kBytes = 16 * kLogAlign;

/// Puts scans together as a log would leave them.
struct Chain {
  std::vector<SegmentScan> scans;

  SegmentScan& Segment(const SegmentHeader& header) {
    SegmentScan& scan =
        scans.emplace_back(SegmentScan{.number = header.number, .size = kBytes, .header = header});
    scan.header->store_id = kChainStoreId;
    scan.header->bytes = kBytes;
    return scan;
  }

  /// A frame in a sector behind the last one.
  static void Frame(SegmentScan& scan, Seq first, uint32_t count, Seq known) {
    const uint64_t offset = SectorFrom(scan.frames.empty() ? kLogAlign : scan.frames.back().end());
    scan.frames.push_back({.header = {.kind = count > 0 ? FrameKind::kGroup : FrameKind::kEmpty,
                                      .first_seq = first,
                                      .known_synced = known,
                                      .payload_bytes = count * 10u,
                                      .op_count = count},
                           .offset = offset});
    scan.claimed_end = scan.frames.back().end();
  }

  Result<LogPlan> Plan(Seq flushed, Seq known = 0) const {
    return PlanRecovery(
        {.dir = "/db", .store_id = kChainStoreId, .flushed_seq = flushed, .known_synced = known},
        scans);
  }
};

TEST(PlanRecovery, StartsANewLogBehindTheTables) {
  const Result<LogPlan> plan = Chain().Plan(41);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->last_seq, 41u);
  EXPECT_EQ(plan->cut_seq, 41u);
  EXPECT_EQ(plan->predecessor, 0u);
  EXPECT_EQ(plan->ordinal, 1u);
}

TEST(PlanRecovery, CopiesOnlyWhatIsAboveTheKnownSeqAndTheTables) {
  Chain chain;
  SegmentScan& segment = chain.Segment({.number = 3, .ordinal = 1});
  Chain::Frame(segment, 1, 5, 0);
  Chain::Frame(segment, 6, 5, 5);
  Chain::Frame(segment, 11, 5, 5);
  Result<LogPlan> plan = chain.Plan(0);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->replay.size(), 3u);
  ASSERT_EQ(plan->copy.size(), 2u);
  EXPECT_EQ(plan->copy[0].frame.header.first_seq, 6u);
  EXPECT_EQ(plan->predecessor, 3u);
  EXPECT_EQ(plan->cut, segment.frames.front().end());
  EXPECT_EQ(plan->cut_seq, 5u);

  // The tables hold half of a group: all of the group is needed, and it may be lost.
  plan = chain.Plan(8);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->replay.size(), 2u);
  EXPECT_EQ(plan->copy.size(), 2u);
  EXPECT_EQ(plan->cut_seq, 5u);

  plan = chain.Plan(15);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->replay.empty());
  EXPECT_TRUE(plan->copy.empty());
  EXPECT_EQ(plan->last_seq, 15u);
}

TEST(PlanRecovery, KnowsWhatTheNewestSegmentContinues) {
  Chain chain;
  SegmentScan& first = chain.Segment({.number = 3, .ordinal = 1});
  Chain::Frame(first, 1, 5, 5);
  const uint64_t cut = first.frames.front().end();
  Chain::Frame(
      chain.Segment({.number = 4, .ordinal = 2, .predecessor = 3, .cut = cut, .cut_seq = 5}), 6, 0,
      5);
  chain.Segment({.number = 5, .ordinal = 3, .predecessor = 4, .cut = 2 * kLogAlign, .cut_seq = 5});
  const Result<LogPlan> plan = chain.Plan(0);
  ASSERT_TRUE(plan);
  // A new one goes on behind the last record.
  EXPECT_EQ(plan->predecessor, 3u);
  ASSERT_EQ(plan->kept.size(), 1u);
  EXPECT_EQ(plan->leftover, (std::vector<uint64_t>{4, 5}));
  ASSERT_TRUE(plan->newest);
  EXPECT_EQ(plan->newest->header.number, 5u);
  ASSERT_EQ(plan->newest->before.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(plan->newest->before[i].number, 3 + i);
    EXPECT_EQ(plan->newest->before[i].last_seq, 5u);
  }
}

TEST(PlanRecovery, TellsTheStreamOfTheNewestRecordAndOfNoOlderOne) {
  const StreamPosition stream{.id = {7}, .offset = 50};
  Chain chain;
  SegmentScan& segment = chain.Segment({.number = 3, .ordinal = 1});
  Chain::Frame(segment, 1, 5, 5);
  Chain::Frame(segment, 6, 5, 5);
  segment.frames.back().header.stream = stream;
  for (const Seq flushed : {0, 7, 10}) {
    const Result<LogPlan> plan = chain.Plan(flushed);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->stream, stream) << flushed;
  }
  // The tables hold records that followed, of which the log has nothing any more.
  Result<LogPlan> plan = chain.Plan(11);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->stream, StreamPosition());

  // Behind a tail that is torn it is that of the last whole frame; and it ends where nobody
  // follows.
  Chain::Frame(segment, 12, 5, 5);
  segment.frames.back().header.stream = {.id = {7}, .offset = 60};
  plan = chain.Plan(0);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->stream, stream);
  segment.frames.pop_back();
  Chain::Frame(segment, 11, 5, 5);
  plan = chain.Plan(0);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->stream, StreamPosition());
}

TEST(PlanRecovery, FollowsTheLinksAndNotTheNumbers) {
  Chain chain;
  Chain::Frame(chain.Segment({.number = 9, .ordinal = 1}), 1, 5, 0);
  Chain::Frame(chain.Segment({.number = 4,
                              .ordinal = 2,
                              .predecessor = 9,
                              .cut = 2 * kLogAlign,
                              .cut_seq = 5,
                              .known_synced = 5}),
               6, 5, 5);
  const Result<LogPlan> plan = chain.Plan(0, 10);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->last_seq, 10u);
  EXPECT_EQ(plan->predecessor, 4u);
  ASSERT_EQ(plan->kept.size(), 2u);
  EXPECT_EQ(plan->kept[0].number, 9u);
  EXPECT_EQ(plan->kept[0].last_seq, 5u);
  EXPECT_EQ(plan->kept[1].last_seq, 10u);
}

// A recovery that was cut, and the one after it, both go on behind the same segment.
TEST(PlanRecovery, PrefersTheLastOfTwoSuccessors) {
  Chain chain;
  const SegmentHeader next = {
      .number = 2, .ordinal = 2, .predecessor = 1, .cut = 2 * kLogAlign, .cut_seq = 5};
  Chain::Frame(chain.Segment({.number = 1, .ordinal = 1}), 1, 5, 0);
  Chain::Frame(chain.Segment(next), 6, 2, 5);
  SegmentHeader rival = next;
  rival.number = 3;
  rival.ordinal = 3;
  Chain::Frame(chain.Segment(rival), 6, 4, 5);
  const Result<LogPlan> plan = chain.Plan(0);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->last_seq, 9u);
  EXPECT_EQ(plan->ordinal, 4u);
  // Nothing of either is surely stored, so the new one takes the place of both.
  EXPECT_EQ(plan->leftover, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(plan->predecessor, 1u);
}

TEST(PlanRecovery, AcceptsAMissingPredecessorOnlyIfTheTablesHoldItsRecords) {
  Chain chain;
  Chain::Frame(chain.Segment({.number = 8,
                              .ordinal = 7,
                              .predecessor = 7,
                              .cut = 3 * kLogAlign,
                              .cut_seq = 20,
                              .known_synced = 20}),
               21, 5, 20);
  EXPECT_TRUE(chain.Plan(20));
  EXPECT_TRUE(chain.Plan(23));
  const Result<LogPlan> plan = chain.Plan(19);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(plan.error().message(),
            "/db/000007.wal: lost data: seqs 20 to 20 were on stable storage and the segment that "
            "held them is missing; /db/000008.wal continues it");
}

// Under everysec the tables may be ahead of the log's last sync.
TEST(PlanRecovery, AcceptsAHoleThatTheTablesFill) {
  Chain chain;
  SegmentScan& segment = chain.Segment({.number = 1, .ordinal = 1});
  Chain::Frame(segment, 1, 5, 0);
  Chain::Frame(segment, 6, 5, 5);
  segment.frames.back().offset = 4 * kLogAlign;
  segment.frames.back().header.first_seq = 9;
  Result<LogPlan> plan = chain.Plan(8);
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(plan->last_seq, 13u);
  plan = chain.Plan(7);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->last_seq, 7u) << "the frame lies behind a hole";
  EXPECT_EQ(plan->cut_seq, 7u);
  EXPECT_FALSE(chain.Plan(7, 8));
}

TEST(PlanRecovery, RefusesALogThatGoesBack) {
  Chain chain;
  SegmentScan& segment = chain.Segment({.number = 1, .ordinal = 1});
  Chain::Frame(segment, 1, 5, 0);
  Chain::Frame(segment, 3, 5, 5);
  EXPECT_FALSE(chain.Plan(0));
}

TEST(PlanRecovery, RefusesAGapBelowTheKnownSeq) {
  Chain chain;
  SegmentScan& segment = chain.Segment({.number = 1, .ordinal = 1});
  Chain::Frame(segment, 1, 5, 0);
  Chain::Frame(segment, 7, 5, 6);
  const Result<LogPlan> plan = chain.Plan(0);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message().find("offset 4232"), std::string::npos);
  EXPECT_NE(plan.error().message().find("seqs 6 to 6"), std::string::npos);
}

// The header may be all that is left of a segment that held more.
TEST(PlanRecovery, BelievesAHeaderThatNoFrameConfirms) {
  Chain chain;
  Chain::Frame(chain.Segment({.number = 1, .ordinal = 1}), 1, 5, 0);
  SegmentScan& damaged = chain.Segment({.number = 2,
                                        .ordinal = 2,
                                        .predecessor = 1,
                                        .cut = 2 * kLogAlign,
                                        .cut_seq = 5,
                                        .known_synced = 8});
  damaged.claimed_end = kLogAlign + 100;
  const Result<LogPlan> plan = chain.Plan(0);
  ASSERT_FALSE(plan);
  EXPECT_EQ(
      plan.error().message(),
      "/db/000002.wal: lost data at offset 4096: the frame is damaged or missing; seqs 6 to 8 "
      "were on stable storage");
  damaged.header->known_synced = 5;
  EXPECT_TRUE(chain.Plan(0)) << "a torn tail";
}

TEST(PlanRecovery, NamesTheSegmentWhoseHeaderHidesRecords) {
  Chain chain;
  Chain::Frame(chain.Segment({.number = 1, .ordinal = 1}), 1, 5, 0);
  SegmentScan& hidden = chain.Segment({.number = 2, .ordinal = 2, .predecessor = 1});
  Chain::Frame(hidden, 6, 5, 5);
  Chain::Frame(hidden, 11, 0, 10);
  hidden.header.reset();
  const Result<LogPlan> plan = chain.Plan(0);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message(),
            "/db/000002.wal: lost data at offset 0: the segment header is damaged; seqs 6 to 10 "
            "were on stable storage");
}

TEST(PlanRecovery, SortsOutBlankSegments) {
  Chain chain;
  Chain::Frame(chain.Segment({.number = 1, .ordinal = 1}), 1, 5, 0);
  chain.scans.push_back({.number = 2, .size = kBytes, .blank = true});
  const Result<LogPlan> plan = chain.Plan(0, 5);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->blank, std::vector<uint64_t>{2});
  EXPECT_TRUE(plan->torn.empty());
  EXPECT_TRUE(plan->leftover.empty());
}

}  // namespace
}  // namespace cordwood::storage
