#include "storage/compaction/picker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "storage/compaction/run_writer.h"
#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using Kind = Choice::Kind;
using Ids = std::vector<uint64_t>;

// A small table of its own for each fragment.
struct Slice {
  std::string begin = "a";
  std::string end = "z";
  int puts = 10;
  int deletes = 0;
  Seq seq = 1;
  std::vector<DeadRange> dead = {};
  size_t value_bytes = 100;
  bool compress = false;
  uint64_t bytes = 0;  // what the tree believes; 0: the size of the file
};

class PickerTest : public ::testing::Test {
 protected:
  using Run = storage::Run;  // testing::Test has one of its own

  Fragment Write(const Slice& slice) {
    RunWriter writer(env_,
                     {.dir = ".",
                      .table = {.compress = slice.compress},
                      .fragment_bytes = 1 << 20,
                      .next_file_number = [this] { return next_file_++; }},
                     slice.dead);
    const std::string value(slice.value_bytes, 'x');
    for (int i = 0; i < slice.puts + slice.deletes; ++i) {
      RetainedEntry entry{.key = Format("{}{:04}", slice.begin, i), .seq = slice.seq};
      entry.tag.is_put = i < slice.puts;
      if (entry.tag.is_put) entry.value = value;
      EXPECT_TRUE(writer.Add(entry));
    }
    EXPECT_TRUE(writer.Finish());
    const uint64_t number = writer.files().at(0);
    const uint64_t size = env_.ReadRaw(TablePath(".", number))->size();
    return {.file = std::make_shared<TableFile>(
                number, (*Table::Open(env_, TablePath(".", number), number, nullptr))->summary(),
                nullptr),
            .range = {.begin = slice.begin, .end = slice.end},
            .bytes = slice.bytes == 0 ? size : slice.bytes};
  }

  Run MakeRun(uint64_t id, uint32_t level, const std::vector<Slice>& slices = {{}}) {
    std::vector<Fragment> fragments;
    for (const Slice& slice : slices) fragments.push_back(Write(slice));
    return Run(id, level, std::move(fragments));
  }

  // A last run of four fragments of one size, the last of them without a bound, and two runs above
  // it of one fragment each, which have the same size, reach over all, and hold keys of the first.
  Tree TreeForPieces() {
    std::vector<Slice> pieces;
    for (const char* begin : {"a", "b", "c", "d"}) {
      pieces.push_back({.begin = begin, .end = std::string(1, static_cast<char>(*begin + 1))});
    }
    std::vector<Fragment> fragments;
    for (const Slice& piece : pieces) fragments.push_back(Write(piece));
    fragments.back().range.end.reset();
    return Tree({Run(1, 1, std::move(fragments)), MakeRun(2, 0), MakeRun(3, 0)});
  }

  Choice Pick(const Tree& tree) { return PickCompaction(tree, state_, options_); }

  support::SimEnv env_{1};
  uint64_t next_file_ = 1;
  PickerState state_;
  PickerOptions options_{.runs_per_level = 2, .last_level_fanout = 4};
};

TEST_F(PickerTest, HasNothingToDoWhileNoLevelIsFull) {
  EXPECT_EQ(Pick(Tree()).kind, Kind::kNothing);
  EXPECT_EQ(Pick(Tree({MakeRun(1, 0)})).kind, Kind::kNothing);
  EXPECT_EQ(Pick(Tree({MakeRun(3, 0), MakeRun(2, 1), MakeRun(1, 2)})).kind, Kind::kNothing);
}

TEST_F(PickerTest, MergesAFullLevelIntoANewRunOfTheNext) {
  for (const bool deep : {false, true}) {
    std::vector<Run> runs = {MakeRun(5, 0), MakeRun(7, 0)};
    if (deep) runs.push_back(MakeRun(1, 2));
    const Choice choice = Pick(Tree(runs));
    EXPECT_EQ(choice.kind, Kind::kMerge);
    EXPECT_EQ(choice.inputs, (Ids{7, 5})) << "newest first";
    EXPECT_EQ(choice.target_level, 1u);
    EXPECT_EQ(choice.target_run, 0u);
    EXPECT_EQ(choice.bounds, KeyRange{});
  }
}

TEST_F(PickerTest, TheLastLevelIsThatOfOneRunAloneOrTheEmptyOneBeneath) {
  const auto last_level = [&](std::vector<Run> runs) {
    const Tree tree(std::move(runs));
    const Run* last = tree.last_run();
    return std::pair(tree.last_level(), last == nullptr ? 0 : last->id);
  };
  EXPECT_EQ(last_level({}), std::pair(1u, uint64_t{0}));
  EXPECT_EQ(last_level({MakeRun(1, 0)}), std::pair(1u, uint64_t{0}));
  EXPECT_EQ(last_level({MakeRun(1, 2), MakeRun(2, 1), MakeRun(3, 1)}), std::pair(2u, uint64_t{1}));
  EXPECT_EQ(last_level({MakeRun(2, 1), MakeRun(3, 1), MakeRun(4, 0)}), std::pair(2u, uint64_t{0}));
}

// The last run went away, every key of it deleted, and left several runs above it behind.
TEST_F(PickerTest, ALevelOfSeveralRunsIsNeverTheLastOne) {
  const Choice choice = Pick(Tree({MakeRun(1, 1), MakeRun(2, 1), MakeRun(4, 0), MakeRun(5, 0)}));
  EXPECT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.inputs, (Ids{5, 4})) << "runs between the inputs would be skipped";
  EXPECT_EQ(choice.target_level, 1u);
  EXPECT_EQ(choice.target_run, 0u);
  const Choice below = Pick(Tree({MakeRun(1, 1), MakeRun(2, 1), MakeRun(4, 0)}));
  EXPECT_EQ(below.inputs, (Ids{2, 1}));
  EXPECT_EQ(below.target_level, 2u);
}

TEST_F(PickerTest, TheFullestLevelComesFirstAndTheUpperOneOfEquals) {
  std::vector<Run> runs = {MakeRun(1, 3), MakeRun(2, 1), MakeRun(3, 1), MakeRun(4, 0),
                           MakeRun(5, 0)};
  EXPECT_EQ(Pick(Tree(runs)).inputs, (Ids{5, 4}));
  runs.push_back(MakeRun(6, 1));
  EXPECT_EQ(Pick(Tree(runs)).inputs, (Ids{6, 3, 2}));
}

TEST_F(PickerTest, MergesIntoTheLastRunPieceByPiece) {
  const Tree tree = TreeForPieces();
  // All that lies above, and more than one fragment of the last run.
  options_.piece_bytes = tree.runs().back().fragments.front().bytes * 7 / 2;
  const Choice first = Pick(tree);
  EXPECT_EQ(first.kind, Kind::kMerge);
  EXPECT_EQ(first.inputs, (Ids{3, 2, 1}));
  EXPECT_EQ(first.target_level, 1u);
  EXPECT_EQ(first.target_run, 1u);
  EXPECT_EQ(first.bounds, (KeyRange{.begin = "a", .end = "c"}));
  EXPECT_EQ(first.next_cursor, "c");
  state_.cursor = first.next_cursor;
  const Choice second = Pick(tree);
  EXPECT_EQ(second.bounds, (KeyRange{.begin = "c"})) << "the last piece has no bound";
  EXPECT_EQ(second.next_cursor, "");
}

TEST_F(PickerTest, AMergeIsOverWhereTheDataFromAboveEnds) {
  const std::vector<Slice> pieces = {
      {.begin = "a", .end = "b"}, {.begin = "b", .end = "c"}, {.begin = "c"}};
  const std::vector<Slice> above = {{.begin = "a", .end = "bb"}};
  options_.piece_bytes = 1;
  const Tree tree({MakeRun(1, 1, pieces), MakeRun(2, 0, above), MakeRun(3, 0, above)});
  const Choice first = Pick(tree);
  EXPECT_EQ(first.bounds, (KeyRange{.begin = "a", .end = "b"}));
  EXPECT_EQ(first.next_cursor, "b");
  state_.cursor = first.next_cursor;
  const Choice second = Pick(tree);
  EXPECT_EQ(second.bounds, (KeyRange{.begin = "b", .end = "c"}));
  EXPECT_EQ(second.next_cursor, "") << "else the next run alone would be merged at once";
}

TEST_F(PickerTest, APieceWithoutDataFromAboveIsPassedOver) {
  Run last =
      MakeRun(1, 1, {{.begin = "a", .end = "b"}, {.begin = "b", .end = "c"}, {.begin = "c"}});
  const std::vector<Slice> above = {{.begin = "bb", .end = "bc"}};
  options_.piece_bytes = 1;
  const Choice choice = Pick(Tree({last, MakeRun(2, 0, above), MakeRun(3, 0, above)}));
  EXPECT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.bounds, (KeyRange{.begin = "b", .end = "c"}));
}

// Keys that ascend all lie behind those of the last run.
TEST_F(PickerTest, APieceAlsoEndsWhereAFragmentAboveBegins) {
  const std::vector<Slice> above = {{.begin = "n", .end = "o"},
                                    {.begin = "o", .end = "p"},
                                    {.begin = "p", .end = "q"},
                                    {.begin = "q", .end = "r"}};
  const Tree tree({MakeRun(1, 1, {{.begin = "a", .end = "b"}}), MakeRun(2, 0, above),
                   MakeRun(3, 0, {{.begin = "o", .end = "oo"}})});
  options_.piece_bytes = tree.FindRun(2)->fragments.front().bytes * 3 / 2;
  const Choice first = Pick(tree);
  EXPECT_EQ(first.inputs, (Ids{3, 2, 1}));
  EXPECT_EQ(first.bounds, (KeyRange{.begin = "n", .end = "p"}));
  EXPECT_EQ(first.next_cursor, "p");
  state_.cursor = first.next_cursor;
  const Choice second = Pick(tree);
  EXPECT_EQ(second.bounds, (KeyRange{.begin = "p"})) << "to the end of two fragments";
  EXPECT_EQ(second.next_cursor, "");
}

TEST_F(PickerTest, APieceHasFragmentsFromAboveEverywhere) {
  const std::vector<Slice> pieces = {{.begin = "a", .end = "b"},
                                     {.begin = "b", .end = "c"},
                                     {.begin = "c", .end = "d"},
                                     {.begin = "d"}};
  const std::vector<Slice> above = {{.begin = "bb", .end = "bc"}, {.begin = "dd", .end = "de"}};
  const Tree tree({MakeRun(1, 1, pieces), MakeRun(2, 0, above), MakeRun(3, 0, {above[0]})});
  const Choice choice = Pick(tree);
  EXPECT_EQ(choice.bounds, (KeyRange{.begin = "b", .end = "c"}));
  EXPECT_EQ(choice.next_cursor, "c");
  state_.cursor = choice.next_cursor;
  EXPECT_EQ(Pick(tree).bounds, (KeyRange{.begin = "d"})) << "[c, d) is passed over";
}

TEST_F(PickerTest, AMergeUnderWayGoesOnThoughItsLevelIsNotFullAnyMore) {
  const std::vector<Slice> both = {{.begin = "a", .end = "b"}, {.begin = "b"}};
  options_.piece_bytes = 1;
  const Tree tree({MakeRun(1, 1, both), MakeRun(2, 0, {{.begin = "b", .puts = 3}})});
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.cursor = "b";
  EXPECT_EQ(Pick(tree).bounds, (KeyRange{.begin = "b"}));
}

TEST_F(PickerTest, WhatCameBehindTheCursorIsMergedInTheNextRound) {
  const std::vector<Slice> both = {{.begin = "a", .end = "b"}, {.begin = "b"}};
  options_.piece_bytes = 1;
  state_.cursor = "b";
  const Choice choice = Pick(Tree({MakeRun(1, 1, both), MakeRun(2, 0, {{.end = "b"}})}));
  EXPECT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.bounds, (KeyRange{.begin = "a", .end = "b"}));
}

TEST_F(PickerTest, ALevelOfHalfTheBytesOfTheLastRunIsFull) {
  options_.runs_per_level = 4;
  options_.piece_bytes = 2000;
  const Run last = MakeRun(1, 1, {{.puts = 30}});
  EXPECT_EQ(Pick(Tree({last, MakeRun(2, 0, {{.puts = 14}})})).kind, Kind::kNothing);
  EXPECT_EQ(Pick(Tree({last, MakeRun(2, 0, {{.puts = 16}})})).inputs, (Ids{2, 1}));
  EXPECT_EQ(Pick(Tree({MakeRun(1, 1, {{.puts = 4}}), MakeRun(2, 0, {{.puts = 3}})})).kind,
            Kind::kNothing)
      << "little space is at stake";
  // The level above the last alone counts: it is what would be merged.
  EXPECT_EQ(Pick(Tree({MakeRun(1, 2, {{.puts = 30}}), MakeRun(2, 0, {{.puts = 16}})})).kind,
            Kind::kNothing);
}

TEST_F(PickerTest, DeepensWhenTheLastRunOutgrewTheFanoutBeforeCompression) {
  const std::vector<Slice> above = {{.puts = 10, .value_bytes = 1000}};
  const Run a = MakeRun(2, 0, above);
  const Run b = MakeRun(3, 0, above);
  // The two above have 20 kB of data, so 80 kB are the limit.
  const auto last = [&](int puts) {
    return MakeRun(1, 1, {{.puts = puts, .value_bytes = 1000, .compress = true}});
  };
  const Run large = last(82);
  ASSERT_LT(large.bytes(), a.bytes());
  const Choice choice = Pick(Tree({a, b, large}));
  EXPECT_EQ(choice.kind, Kind::kDeepen);
  EXPECT_EQ(choice.inputs, (Ids{1}));

  EXPECT_EQ(Pick(Tree({a, b, last(78)})).kind, Kind::kMerge);
  EXPECT_EQ(Pick(Tree({a, b, MakeRun(4, 0, above), large})).kind, Kind::kDeepen)
      << "the more has piled up, the less time there is for a merge into a large run";
  EXPECT_EQ(Pick(Tree({a, large})).kind, Kind::kNothing) << "the level above is not full";
  state_.cursor = "m";
  EXPECT_EQ(Pick(Tree({a, b, large})).kind, Kind::kMerge) << "a merge into it is under way";
  state_ = {.compact_through = kMaxSeq};
  EXPECT_EQ(Pick(Tree({a, b, large})).kind, Kind::kMerge) << "one run is wanted";
}

TEST_F(PickerTest, TombstonesThatPiledUpAreWorthAMerge) {
  state_.horizon = 1;
  const Run last = MakeRun(1, 1, {{.puts = 80}});
  const auto with_deletes = [&](int deletes) {
    return MakeRun(2, 0, {{.puts = 20 - deletes, .deletes = deletes}});
  };
  EXPECT_EQ(Pick(Tree({last, with_deletes(8)})).kind, Kind::kNothing);
  const Choice choice = Pick(Tree({last, with_deletes(12)}));
  EXPECT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.inputs, (Ids{2, 1}));
  // In the only level there is nothing beneath, but the merge gives their space back.
  EXPECT_EQ(Pick(Tree({with_deletes(10)})).kind, Kind::kMerge);
  state_.horizon = 0;
  EXPECT_EQ(Pick(Tree({with_deletes(10)})).kind, Kind::kNothing) << "a reader may still see it";
}

TEST_F(PickerTest, GarbageOfTheLastRunIsMergedAloneOnceNobodyCanSeeIt) {
  const Run last = MakeRun(1, 2,
                           {{.begin = "a", .end = "b"},
                            {.begin = "b", .end = "c", .puts = 90, .deletes = 10, .seq = 7},
                            {.begin = "c", .end = "d", .puts = 90, .deletes = 10, .seq = 8},
                            {.begin = "d", .end = "e", .puts = 91, .deletes = 9}});
  const Tree tree({last, MakeRun(2, 0, {{.puts = 10}})});
  state_.horizon = 6;
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.horizon = 7;
  state_.cursor = "x";
  EXPECT_EQ(Pick(tree).bounds, (KeyRange{.begin = "b", .end = "c"}));
  EXPECT_EQ(Pick(tree).next_cursor, "x") << "another merge is under way";
  state_.horizon = 8;
  const Choice choice = Pick(tree);
  EXPECT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.inputs, (Ids{1}));
  EXPECT_EQ(choice.bounds, (KeyRange{.begin = "b", .end = "d"}));
  EXPECT_EQ(choice.target_level, 2u);
  EXPECT_EQ(choice.target_run, 1u);
  options_.piece_bytes = 1;
  EXPECT_EQ(Pick(tree).bounds, (KeyRange{.begin = "b", .end = "c"}));
  options_.piece_bytes = 1 << 20;

  const Tree alone({last});
  state_.compact_through = kMaxSeq;
  EXPECT_EQ(Pick(alone).bounds, (KeyRange{.begin = "b", .end = "e"})) << "all of it is to go";
  state_.level_zero_only = true;
  EXPECT_EQ(Pick(alone).kind, Kind::kNothing);
  state_.level_zero_only = false;
  state_.busy = {1};
  EXPECT_EQ(Pick(alone).kind, Kind::kNothing);
}

TEST_F(PickerTest, GarbageOfTheLastRunIsAlsoWhatItsDeadRangesCover) {
  // Two thirds of the keys, and newer ones among them, so that the fragment is not covered whole.
  const std::vector<DeadRange> dead = {{.range = {.begin = "a0300", .end = "a0900"}, .seq = 5}};
  const Tree tree({MakeRun(1, 1, {{.end = "b", .puts = 900, .seq = 6, .dead = dead}})});
  state_.horizon = 4;
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.horizon = 5;
  options_.garbage_share = 0.5;
  EXPECT_EQ(Pick(tree).inputs, (Ids{1}));
  options_.garbage_share = 0.8;
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.compact_through = kMaxSeq;
  EXPECT_EQ(Pick(tree).inputs, (Ids{1}));
}

TEST_F(PickerTest, AFragmentOfTheLastRunThatHoldsDeadRangesAloneIsMergedAway) {
  const std::vector<DeadRange> dead = {{.range = {.begin = "b", .end = "c"}, .seq = 5},
                                       {.range = {.begin = "x", .end = "y"}, .seq = 6}};
  const Tree tree({MakeRun(1, 1, {{.puts = 0, .dead = dead}})});
  state_.horizon = 5;
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing) << "it would be as before";
  state_.horizon = 6;
  EXPECT_EQ(Pick(tree).inputs, (Ids{1}));
}

TEST_F(PickerTest, DropsTheFragmentsThatADeadRangeOfANewerRunCovers) {
  const DeadRange dead{.range = {.begin = "b", .end = "d"}, .seq = 10};
  const Run old = MakeRun(1, 1,
                          {{.begin = "a", .end = "b"},
                           {.begin = "b", .end = "c", .seq = 9},
                           {.begin = "c", .end = "d", .seq = 10},
                           {.begin = "d"}});
  const Run newer = MakeRun(2, 0, {{.begin = "m", .seq = 11, .dead = {dead}}});
  state_.horizon = 10;
  const Choice choice = Pick(Tree({old, newer}));
  EXPECT_EQ(choice.kind, Kind::kDrop);
  ASSERT_EQ(choice.drops.size(), 1u) << "the others have keys outside, or newer entries";
  EXPECT_EQ(choice.drops[0].run, 1u);
  EXPECT_EQ(choice.drops[0].file, old.fragments[1].file->number());
  EXPECT_EQ(choice.drops[0].begin, "b");

  state_.horizon = 9;
  EXPECT_EQ(Pick(Tree({old, newer})).kind, Kind::kNothing) << "a reader may still see it";
}

TEST_F(PickerTest, DropsWhatADeadRangeOfNewerDataCoversBeforeAnythingElse) {
  const Tree tree({MakeRun(1, 1, {{.begin = "a", .end = "b"}, {.begin = "b"}}), MakeRun(2, 0),
                   MakeRun(3, 0, {{.begin = "c"}})});
  state_.horizon = 10;
  state_.newer_dead = {{.begin = "b", .end = "", .seq = 10}};
  const Choice choice = Pick(tree);
  EXPECT_EQ(choice.kind, Kind::kDrop);
  ASSERT_EQ(choice.drops.size(), 2u);
  EXPECT_EQ(choice.drops[0].run, 3u);
  EXPECT_EQ(choice.drops[1].run, 1u);

  state_.newer_dead[0].seq = 11;
  EXPECT_EQ(Pick(tree).kind, Kind::kMerge) << "above the horizon";
}

TEST_F(PickerTest, DropsWhatManyDeadRangesTogetherCover) {
  const std::vector<DeadRange> left = {{.range = {.begin = "b", .end = "c"}, .seq = 12}};
  const std::vector<DeadRange> right = {{.range = {.begin = "c", .end = "d"}, .seq = 10}};
  const Run old = MakeRun(1, 1, {{.begin = "b", .end = "d"}, {.begin = "d"}});
  const Run newer = MakeRun(2, 0, {{.begin = "m", .seq = 11, .dead = right}});
  const Run newest = MakeRun(3, 0, {{.begin = "m", .seq = 13, .dead = left}});
  state_.horizon = 20;
  const Choice choice = Pick(Tree({old, newer, newest}));
  EXPECT_EQ(choice.kind, Kind::kDrop);
  ASSERT_EQ(choice.drops.size(), 1u);
  EXPECT_EQ(choice.drops[0].begin, "b");
}

// A record for each object of many bytes, as whoever deletes large objects writes them.
TEST_F(PickerTest, AFewDeadRangesThatCoverMostBytesAreWorthAMerge) {
  std::vector<DeadRange> dead;
  for (int i = 0; i < 9; ++i) {
    dead.push_back({.range = {.begin = Format("a{}", i), .end = Format("a{}9", i)}, .seq = 10});
  }
  const std::vector<Slice> objects = {{.end = "b", .puts = 9000}};
  const Run last = MakeRun(1, 1, objects);
  const Run above = MakeRun(2, 0, {{.puts = 1, .seq = 11, .dead = dead}});
  state_.horizon = 9;
  EXPECT_EQ(Pick(Tree({last, above})).kind, Kind::kNothing) << "a reader may still see it";
  state_.horizon = 11;
  EXPECT_EQ(Pick(Tree({last, above})).inputs, (Ids{2, 1}));
  const Run recent = MakeRun(3, 1, {{.begin = "m", .puts = 9000}});
  EXPECT_EQ(Pick(Tree({recent, above})).kind, Kind::kNothing) << "they cover none of it";
}

// They came there when a reader could still see what they cover.
TEST_F(PickerTest, DropsWhatDeadRangesOfTheLastRunCoverOnceNobodyCanSeeIt) {
  const std::vector<DeadRange> dead = {{.range = {.begin = "b", .end = "c"}, .seq = 10}};
  const std::vector<Slice> slices = {{.begin = "a", .end = "b"},
                                     {.begin = "b", .end = "c", .seq = 9, .dead = dead},
                                     {.begin = "c", .end = "d"}};
  state_.horizon = 9;
  EXPECT_EQ(Pick(Tree({MakeRun(1, 1, slices)})).kind, Kind::kNothing);
  state_.horizon = 10;
  const Choice choice = Pick(Tree({MakeRun(1, 1, slices)}));
  EXPECT_EQ(choice.kind, Kind::kDrop);
  ASSERT_EQ(choice.drops.size(), 1u);
  EXPECT_EQ(choice.drops[0].begin, "b");
  // Above the last run the dead range is needed for what lies beneath.
  EXPECT_EQ(Pick(Tree({MakeRun(2, 1, slices), MakeRun(1, 2)})).kind, Kind::kNothing);
}

TEST_F(PickerTest, AFragmentWithoutABoundNeedsADeadRangeWithoutOne) {
  Fragment fragment = Write({});
  fragment.range.end.reset();
  const Run run(1, 0, {fragment});
  state_.horizon = 10;
  state_.newer_dead = {{.begin = "a", .end = "z", .seq = 10}};
  EXPECT_EQ(Pick(Tree({run})).kind, Kind::kNothing);
  state_.newer_dead[0].end = "";
  EXPECT_EQ(Pick(Tree({run})).kind, Kind::kDrop);
}

TEST_F(PickerTest, LeavesBusyRunsAlone) {
  const Tree tree({MakeRun(1, 2), MakeRun(2, 1), MakeRun(3, 1), MakeRun(4, 0), MakeRun(5, 0)});
  state_.horizon = 10;
  state_.busy = {4};
  EXPECT_EQ(Pick(tree).inputs, (Ids{3, 2, 1})) << "another level can be merged meanwhile";
  state_.busy = {4, 1};
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.compact_through = kMaxSeq;
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.newer_dead = {{.begin = "", .end = "", .seq = 10}};
  const Choice choice = Pick(tree);
  EXPECT_EQ(choice.kind, Kind::kDrop);
  EXPECT_EQ(choice.drops.size(), 3u);
}

TEST_F(PickerTest, PicksLevelZeroAloneWhenThereIsRoomForNothingElse) {
  const Tree tree({MakeRun(1, 3), MakeRun(2, 1), MakeRun(3, 1), MakeRun(4, 0)});
  ASSERT_EQ(Pick(tree).inputs, (Ids{3, 2}));
  EXPECT_TRUE(IsDeepMerge(Pick(tree)));
  state_.level_zero_only = true;
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.compact_through = kMaxSeq;
  const Choice choice = Pick(tree);
  EXPECT_EQ(choice.inputs, (Ids{4}));
  EXPECT_FALSE(IsDeepMerge(choice));
}

TEST_F(PickerTest, WhatCannotBeReadSinksWhenALevelAboveItIsFull) {
  state_.broken = {1};
  options_.piece_bytes = 1;
  const auto newer = [&](std::vector<Run> below) {
    below.push_back(MakeRun(8, 0, {{.puts = 2}}));
    return below;
  };
  const auto full = [&](std::vector<Run> below) {
    below.push_back(MakeRun(9, 0));
    return newer(std::move(below));
  };
  // A last run. Then there is an empty level to merge into.
  EXPECT_EQ(Pick(Tree(newer({MakeRun(1, 1)}))).kind, Kind::kNothing);
  const Choice sink = Pick(Tree(full({MakeRun(1, 1)})));
  EXPECT_EQ(sink.kind, Kind::kDeepen);
  EXPECT_EQ(sink.inputs, (Ids{1}));
  const Choice merge = Pick(Tree(full({MakeRun(1, 2)})));
  EXPECT_EQ(merge.inputs, (Ids{9, 8}));
  EXPECT_EQ(merge.target_level, 1u);
  EXPECT_EQ(merge.target_run, 0u);
  // A run of an upper level takes along what is older.
  EXPECT_EQ(Pick(Tree(newer({MakeRun(1, 0), MakeRun(2, 1)}))).kind, Kind::kNothing);
  EXPECT_EQ(Pick(Tree(full({MakeRun(1, 0), MakeRun(2, 1)}))).inputs, (Ids{1, 2}));
  state_.busy = {2};
  EXPECT_EQ(Pick(Tree(full({MakeRun(1, 0), MakeRun(2, 1)}))).kind, Kind::kNothing);
}

TEST_F(PickerTest, DebtLeavesOutWhatCannotBeRead) {
  const Tree tree({MakeRun(1, 0), MakeRun(2, 0), MakeRun(3, 0), MakeRun(4, 0)});
  EXPECT_EQ(CompactionDebt(tree, state_, options_), 2.0);
  state_.broken = {3};
  EXPECT_EQ(CompactionDebt(tree, state_, options_), 0.5);
}

// The tree after `choice`, by the ranges alone: what was merged is a fragment of some table.
Tree After(const Tree& tree, const Choice& choice, uint64_t new_run) {
  std::vector<Run> runs;
  const Fragment any = tree.runs().front().fragments.front();
  const uint64_t target_id = choice.target_run == 0 ? new_run : choice.target_run;
  std::vector<Fragment> target;
  target.push_back({.file = any.file, .range = choice.bounds, .bytes = any.bytes});
  for (const Run& run : tree.runs()) {
    std::vector<Fragment> rest;
    const bool is_input = std::ranges::find(choice.inputs, run.id) != choice.inputs.end();
    for (const Fragment& fragment : run.fragments) {
      const auto keep = [&](KeyRange range) {
        if (range.end && *range.end <= range.begin) return;
        rest.push_back({fragment.file, std::move(range), fragment.bytes});
      };
      if (!is_input || !fragment.range.Overlaps(choice.bounds)) {
        keep(fragment.range);
        continue;
      }
      keep({.begin = fragment.range.begin, .end = choice.bounds.begin});
      if (choice.bounds.end) keep({.begin = *choice.bounds.end, .end = fragment.range.end});
    }
    if (run.id == target_id) {
      std::ranges::move(rest, std::back_inserter(target));
    } else {
      runs.emplace_back(run.id, run.level, std::move(rest));
    }
  }
  runs.emplace_back(target_id, choice.target_level, std::move(target));
  return Tree(std::move(runs));
}

TEST_F(PickerTest, EverythingEndsWithOneRunBelowLevelZero) {
  const std::vector<Slice> pieces = {
      {.begin = "a", .end = "b"}, {.begin = "b", .end = "c"}, {.begin = "c"}};
  const std::vector<std::vector<Run>> trees = {
      {MakeRun(1, 0)},
      {MakeRun(1, 0), MakeRun(2, 0)},
      {MakeRun(1, 1), MakeRun(2, 1)},
      {MakeRun(1, 1, pieces), MakeRun(2, 0)},
      {MakeRun(1, 3, pieces), MakeRun(2, 1), MakeRun(3, 1), MakeRun(4, 1), MakeRun(5, 0)}};
  options_.piece_bytes = 1;
  for (const std::vector<Run>& runs : trees) {
    for (const char* cursor : {"", "b"}) {
      Tree tree(runs);
      state_ = {.compact_through = kMaxSeq};
      if (tree.last_run() != nullptr) state_.cursor = cursor;
      int steps = 0;
      for (Choice choice = Pick(tree); choice.kind != Kind::kNothing; choice = Pick(tree)) {
        ASSERT_EQ(choice.kind, Kind::kMerge);
        ASSERT_LT(++steps, 20) << "it does not end";
        if (choice.target_run != 0) state_.cursor = choice.next_cursor;
        tree = After(tree, choice, 100 + static_cast<uint64_t>(steps));
      }
      EXPECT_EQ(tree.runs().size(), 1u);
      EXPECT_NE(tree.last_run(), nullptr);
      EXPECT_EQ(state_.cursor, "") << "nothing is under way any more";
    }
  }
}

TEST_F(PickerTest, WhatCameAfterTheRequestIsNotCompacted) {
  const std::vector<DeadRange> dead = {{.range = {.begin = "b", .end = "c"}, .seq = 10}};
  const Run last = MakeRun(1, 1, {{.puts = 100, .seq = 3}});
  state_.horizon = 20;
  state_.compact_through = 10;
  const auto compacted = [&](const Run& run) { return IsCompacted(Tree({last, run}), 10, 20); };
  const Run newer = MakeRun(2, 0, {{.puts = 1, .seq = 11}});
  EXPECT_EQ(Pick(Tree({last, newer})).kind, Kind::kNothing);
  EXPECT_TRUE(compacted(newer));
  const Run old = MakeRun(2, 0, {{.puts = 1, .seq = 10}});
  EXPECT_EQ(Pick(Tree({last, old})).inputs, (Ids{2, 1}));
  EXPECT_FALSE(compacted(old));
  EXPECT_FALSE(compacted(MakeRun(2, 0, {{.puts = 1, .seq = 11, .dead = dead}})));
  // Garbage of the last run that came later waits until there is more of it.
  const Run garbage = MakeRun(1, 1, {{.puts = 100, .deletes = 1, .seq = 10}});
  EXPECT_EQ(Pick(Tree({garbage})).inputs, (Ids{1}));
  EXPECT_FALSE(IsCompacted(Tree({garbage}), 10, 20));
  EXPECT_TRUE(IsCompacted(Tree({garbage}), 9, 20));
  EXPECT_TRUE(IsCompacted(Tree({garbage}), 10, 9)) << "a reader can see it";
  state_.compact_through = 9;
  EXPECT_EQ(Pick(Tree({garbage})).kind, Kind::kNothing);
}

TEST_F(PickerTest, GarbageThatSomebodyWaitsForComesBeforeALevelThatIsFull) {
  const Run last = MakeRun(1, 1, {{.puts = 100, .deletes = 1, .seq = 10}});
  std::vector<Run> runs = {last, MakeRun(2, 0, {{.seq = 11}}), MakeRun(3, 0, {{.seq = 12}})};
  state_.horizon = 20;
  state_.compact_through = 10;
  EXPECT_EQ(Pick(Tree(runs)).inputs, (Ids{1}));
  runs.push_back(MakeRun(4, 0, {{.seq = 13}}));
  runs.push_back(MakeRun(5, 0, {{.seq = 14}}));
  EXPECT_EQ(Pick(Tree(runs)).inputs, (Ids{5, 4, 3, 2, 1})) << "twice as full as it may be";
}

TEST_F(PickerTest, EverythingOfNothingIsNothing) {
  state_.compact_through = kMaxSeq;
  EXPECT_EQ(Pick(Tree()).kind, Kind::kNothing);
}

TEST_F(PickerTest, ARangeThatSomebodyAskedForGoesIntoTheLastRunFromEveryLevel) {
  state_.horizon = 20;
  state_.ranges = {{.range = {.begin = "bb", .end = "bd"}, .through = 10}};
  const Run last = MakeRun(1, 2, {{.begin = "a", .end = "b"}, {.begin = "b", .end = "c"}});
  const Run upper = MakeRun(2, 1, {{.begin = "b", .end = "d", .puts = 0, .deletes = 2, .seq = 9}});
  const Run newest = MakeRun(3, 0, {{.begin = "ba", .end = "bz", .seq = 10}});
  const Run beside = MakeRun(4, 0, {{.begin = "c", .end = "d", .seq = 10}});
  const Choice choice = Pick(Tree({last, upper, newest}));
  EXPECT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.inputs, (Ids{3, 2, 1}));
  EXPECT_EQ(choice.bounds, (KeyRange{.begin = "b", .end = "c"})) << "whole fragments of the last";
  EXPECT_EQ(choice.target_level, 2u);
  EXPECT_EQ(choice.target_run, 1u);
  EXPECT_EQ(Pick(Tree({last, upper, beside})).inputs, (Ids{2, 1}));
  state_.busy = {3};
  EXPECT_EQ(Pick(Tree({last, upper, newest})).kind, Kind::kNothing);
  state_.busy = {};
  state_.level_zero_only = true;
  EXPECT_EQ(Pick(Tree({last, upper, newest})).kind, Kind::kNothing);
}

TEST_F(PickerTest, ARangeTakesNoRunPastAnotherThatHasNothingInIt) {
  options_.runs_per_level = 9;
  state_.horizon = 20;
  state_.ranges = {{.range = {.begin = "bb", .end = "bd"}, .through = 10}};
  const Run last = MakeRun(1, 2, {{.begin = "a", .end = "b"}, {.begin = "b", .end = "c"}});
  const Run upper = MakeRun(2, 1, {{.begin = "b", .end = "d", .puts = 0, .deletes = 2, .seq = 9}});
  // It lies in what the bounds are widened to, and is newer than what lies beneath.
  const Run between = MakeRun(3, 0, {{.begin = "b", .end = "ba", .seq = 10}});
  const Run newest = MakeRun(4, 0, {{.begin = "bb", .end = "bz", .seq = 10}});
  const Run above = MakeRun(5, 0, {{.begin = "b", .end = "ba", .seq = 10}});
  EXPECT_EQ(Pick(Tree({last, upper, between, newest, above})).inputs, (Ids{4, 3, 2, 1}));
  state_.busy = {3};
  EXPECT_EQ(Pick(Tree({last, upper, between, newest, above})).kind, Kind::kNothing);
}

TEST_F(PickerTest, ARangeWithoutALastRunBecomesOne) {
  state_.horizon = 20;
  state_.ranges = {{.range = {.begin = "b", .end = "c"}, .through = 10}};
  const Choice choice = Pick(Tree({MakeRun(1, 0, {{.begin = "a", .end = "z", .seq = 9}})}));
  EXPECT_EQ(choice.inputs, (Ids{1}));
  EXPECT_EQ(choice.bounds, (KeyRange{.begin = "b", .end = "c"}));
  EXPECT_EQ(choice.target_level, 1u);
  EXPECT_EQ(choice.target_run, 0u);
}

TEST_F(PickerTest, ALargeRangeGoesInPieces) {
  state_.horizon = 20;
  state_.ranges = {{.range = {.begin = "a", .end = "z"}, .through = 10}};
  options_.runs_per_level = 4;
  options_.piece_bytes = 1;
  const Choice choice = Pick(TreeForPieces());
  EXPECT_EQ(choice.inputs, (Ids{3, 2, 1}));
  EXPECT_EQ(choice.bounds, (KeyRange{.begin = "a", .end = "b"}));
}

TEST_F(PickerTest, ARangeIsMergedWhenNothingOfItIsLeftAboveNorIsGarbage) {
  const RangeRequest request{.range = {.begin = "b", .end = "c"}, .through = 10};
  const auto merged = [&](const Slice& upper, const Slice& last, Seq horizon) {
    return IsMerged(Tree({MakeRun(1, 1, {last}), MakeRun(2, 0, {upper})}), request, horizon);
  };
  const Slice clean{.begin = "a", .end = "z"};
  const Slice garbage{.begin = "a", .end = "z", .deletes = 5, .seq = 9};
  EXPECT_TRUE(merged({.begin = "c", .end = "d", .seq = 9}, clean, 20)) << "beside it";
  EXPECT_TRUE(merged({.begin = "b", .end = "c", .seq = 11}, clean, 20)) << "came later";
  EXPECT_FALSE(merged({.begin = "b", .end = "c", .seq = 10}, clean, 20));
  EXPECT_FALSE(merged({.begin = "b", .end = "c", .seq = 11}, garbage, 20));
  EXPECT_TRUE(merged({.begin = "b", .end = "c", .seq = 11}, garbage, 8)) << "somebody can see it";
}

TEST_F(PickerTest, DebtIsTheFullnessOfTheFullestLevelAboveTheLast) {
  options_.runs_per_level = 4;
  EXPECT_EQ(CompactionDebt(Tree(), state_, options_), 0.0);
  EXPECT_EQ(CompactionDebt(Tree({MakeRun(1, 1)}), state_, options_), 0.0);
  EXPECT_EQ(CompactionDebt(Tree({MakeRun(1, 0)}), state_, options_), 0.25);
  std::vector<Run> runs = {MakeRun(1, 2), MakeRun(2, 1), MakeRun(3, 1), MakeRun(4, 0)};
  EXPECT_EQ(CompactionDebt(Tree(runs), state_, options_), 0.5);
  for (uint64_t id = 5; id < 9; ++id) runs.push_back(MakeRun(id, 0));
  EXPECT_EQ(CompactionDebt(Tree(runs), state_, options_), 1.25);
}

}  // namespace
}  // namespace cordwood::storage
