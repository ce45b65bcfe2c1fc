#include "storage/compaction/squeeze.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "storage/compaction/run_writer.h"
#include "storage/file_names.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using Kind = Choice::Kind;
using Ids = std::vector<uint64_t>;

class SqueezeTest : public ::testing::Test {
 protected:
  using Run = storage::Run;  // testing::Test has one of its own

  Fragment Write(std::string_view begin, std::string_view end, int entries, bool puts) {
    RunWriter writer(env_,
                     {.dir = ".",
                      .fragment_bytes = 1 << 20,
                      .next_file_number = [this] { return next_file_++; }},
                     {});
    for (int i = 0; i < entries; ++i) {
      const std::string value(puts ? 100 : 0, 'x');
      RetainedEntry entry{.key = Format("{}{:04}", begin, i), .seq = ++seq_, .value = value};
      entry.tag.is_put = puts;
      EXPECT_TRUE(writer.Add(entry));
    }
    EXPECT_TRUE(writer.Finish());
    const uint64_t number = writer.files().at(0);
    return {.file = std::make_shared<TableFile>(
                number, (*Table::Open(env_, TablePath(".", number), number, nullptr))->summary(),
                nullptr),
            .range = {.begin = std::string(begin), .end = std::string(end)},
            .bytes = env_.ReadRaw(TablePath(".", number))->size()};
  }

  // Four tables side by side.
  Run LastRun(uint64_t id) {
    std::vector<Fragment> fragments;
    for (const char* begin : {"a", "b", "c", "d"}) {
      const std::string end(1, static_cast<char>(*begin + 1));
      fragments.push_back(Write(begin, end, 100, true));
    }
    fragment_bytes_ = fragments.front().bytes;
    return Run(id, 1, std::move(fragments));
  }
  // One table over all keys.
  Run Flushed(uint64_t id, int entries = 100, bool puts = true) {
    return Run(id, 0, {Write("a", "e", entries, puts)});
  }

  Choice Pick(const Tree& tree) { return PickInRoom(tree, state_, options_, fragment_bytes_); }

  support::SimEnv env_{1};
  uint64_t next_file_ = 1;
  Seq seq_ = 0;
  uint64_t fragment_bytes_ = 0;
  PickerState state_{.horizon = kMaxSeq};
  PickerOptions options_{.runs_per_level = 2, .garbage_share = 1};
};

TEST_F(SqueezeTest, IsThePickersChoiceWhereThereIsRoom) {
  const Tree tree({LastRun(1), Flushed(2), Flushed(3)});
  const Choice choice = Pick(tree);
  EXPECT_EQ(choice.inputs, (Ids{3, 2, 1}));
  state_.room.bytes = InputBytes(tree, choice);
  EXPECT_EQ(Pick(tree).inputs, (Ids{3, 2, 1}));
}

TEST_F(SqueezeTest, TakesTheOldestRunsThatFitWhereThereIsLittle) {
  const Tree tree({LastRun(1), Flushed(2), Flushed(3)});
  state_.room.bytes = 3 * fragment_bytes_ + fragment_bytes_ / 2;
  const Choice choice = Pick(tree);
  ASSERT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.inputs, (Ids{2, 1}));
  EXPECT_EQ(choice.target_run, 1u);
  EXPECT_EQ(choice.bounds.begin, "a");
  EXPECT_EQ(choice.bounds.end, "b") << "one table of the last run";
  state_.room.bytes = 0;
  EXPECT_EQ(Pick(tree).inputs, (Ids{2, 1})) << "something must be tried";
}

TEST_F(SqueezeTest, TakesAllRunsAndOneTableWhereTheOldestFoundNoRoom) {
  const Tree tree({LastRun(1), Flushed(2), Flushed(3), Flushed(4, 10, false)});
  state_.room = {.bytes = 0, .is_short = true};
  EXPECT_EQ(Pick(tree).inputs, (Ids{2, 1}));
  state_.small_steps_take_all = true;
  state_.cursor = "b";
  const Choice choice = Pick(tree);
  ASSERT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.inputs, (Ids{4, 3, 2, 1}));
  EXPECT_EQ(choice.bounds.begin, "b");
  EXPECT_EQ(choice.bounds.end, "c");
  EXPECT_EQ(choice.next_cursor, "c");
}

TEST_F(SqueezeTest, MakesALastRunPieceByPieceWhereThereIsNone) {
  const Run oldest(1, 0, {Write("a", "c", 100, true), Write("c", "e", 100, true)});
  fragment_bytes_ = oldest.fragments.front().bytes;
  const Tree tree({oldest, Flushed(2)});
  state_.room = {.bytes = 0, .is_short = true};
  const Choice choice = Pick(tree);
  ASSERT_EQ(choice.kind, Kind::kMerge);
  EXPECT_EQ(choice.inputs, (Ids{1}));
  EXPECT_EQ(choice.target_run, 0u) << "a new one";
  EXPECT_EQ(choice.target_level, tree.last_level());
  EXPECT_EQ(choice.bounds.end, "c");
  EXPECT_EQ(choice.next_cursor, "c");
}

TEST_F(SqueezeTest, RunsWithoutAnyDebtWhereEveryByteIsWanted) {
  const Tree tree({LastRun(1), Flushed(2, 10, false)});
  EXPECT_EQ(Pick(tree).kind, Kind::kNothing);
  state_.room.is_short = true;
  EXPECT_EQ(Pick(tree).inputs, (Ids{2, 1}));
}

TEST_F(SqueezeTest, LeavesWhatIsNotWorthARewrite) {
  const Run last(1, 1, {Write("a", "e", 5000, true)});
  fragment_bytes_ = last.fragments.front().bytes;
  state_.room.is_short = true;
  EXPECT_EQ(Pick(Tree({last, Flushed(2, 1, false)})).kind, Kind::kNothing);
  state_.compact_through = kMaxSeq;
  EXPECT_EQ(Pick(Tree({last, Flushed(2, 1, false)})).kind, Kind::kMerge) << "it was asked for";
}

TEST_F(SqueezeTest, WaitsForMergesThatAreUnderWay) {
  state_.room.is_short = true;
  state_.busy = {2};
  EXPECT_EQ(Pick(Tree({LastRun(1), Flushed(2), Flushed(3)})).kind, Kind::kNothing);
}

}  // namespace
}  // namespace cordwood::storage
