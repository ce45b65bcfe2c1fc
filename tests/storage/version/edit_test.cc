#include "storage/version/edit.h"

#include <gtest/gtest.h>

#include <limits>

namespace cordwood::storage {
namespace {

constexpr uint64_t kLarge = std::numeric_limits<uint64_t>::max();

std::shared_ptr<const TableSummary> Summary(uint64_t file_bytes) {
  const auto summary = std::make_shared<TableSummary>();
  summary->salt = 7;
  summary->properties.file_bytes = file_bytes;
  return summary;
}

// Every kind of field once, fragments and drops twice.
constexpr int kFields = 12;
Edit FullEdit() {
  Edit edit{.store_id = kLarge,
            .next_file = 300,
            .flushed_seq = kMaxSeq,
            .next_run = 17,
            .synced_seq = 1'000'000};
  edit.drops = {{.run = 1, .file = 2, .begin = ""}, {.run = 1, .file = 3, .begin = "k"}};
  edit.adds = {{.run = 5, .level = 0, .file = 8, .bytes = 4096, .range = {.begin = "a"}},
               {.run = 6, .level = 2, .file = 9, .bytes = 1, .range = {.begin = "", .end = "b"}}};
  edit.run_levels = {{4, 3}};
  edit.tables = {{.file = 8, .summary = Summary(70'000)}};
  edit.counts.Add(2, -5);
  return edit;
}

TEST(Edit, IsTheSameWhenItComesBack) {
  const Edit edit = FullEdit();
  const Result<Edit> decoded = Edit::Decode(edit.Encode());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->store_id, kLarge);
  EXPECT_EQ(decoded->next_file, 300u);
  EXPECT_EQ(decoded->flushed_seq, kMaxSeq);
  EXPECT_EQ(decoded->next_run, 17u);
  EXPECT_EQ(decoded->synced_seq, 1'000'000u);
  ASSERT_EQ(decoded->drops.size(), 2u);
  EXPECT_EQ(decoded->drops[1].run, 1u);
  EXPECT_EQ(decoded->drops[1].file, 3u);
  EXPECT_EQ(decoded->drops[1].begin, "k");
  ASSERT_EQ(decoded->adds.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(decoded->adds[i].run, edit.adds[i].run);
    EXPECT_EQ(decoded->adds[i].level, edit.adds[i].level);
    EXPECT_EQ(decoded->adds[i].file, edit.adds[i].file);
    EXPECT_EQ(decoded->adds[i].bytes, edit.adds[i].bytes);
    EXPECT_EQ(decoded->adds[i].range, edit.adds[i].range);
  }
  EXPECT_EQ(decoded->run_levels, edit.run_levels);
  ASSERT_EQ(decoded->tables.size(), 1u);
  EXPECT_EQ(decoded->tables[0].file, 8u);
  EXPECT_EQ(decoded->tables[0].summary->Encode(), edit.tables[0].summary->Encode());
  EXPECT_EQ(decoded->counts.sums(), edit.counts.sums());
}

// What a file says must not make the program's behaviour undefined.
TEST(Edit, CountsThatNoNumberHoldsWrap) {
  ManifestState state;
  Edit edit;
  edit.counts.Add(4, std::numeric_limits<int64_t>::max());
  ASSERT_TRUE(state.Apply(edit));
  edit.counts.Add(4, 1);
  EXPECT_EQ(edit.counts.Get(4), std::numeric_limits<int64_t>::min());
  ASSERT_TRUE(state.Apply(edit));
  EXPECT_EQ(state.counts.Get(4), -1);
}

TEST(Edit, HasTheBytesThatTheFormatDocumentSays) {
  Edit edit{.store_id = 300};
  edit.adds = {{.run = 1, .level = 2, .file = 3, .bytes = 4, .range = {.begin = "a", .end = "b"}}};
  edit.counts.Add(6, -1);
  using std::string_literals::operator""s;
  EXPECT_EQ(edit.Encode(),
            "\x01\xac\x02"s + "\x05\x01\x02\x03\x04\x01"s + "a\x01\x01"s + "b"s + "\x08\x06\x01"s);
}

TEST(Edit, ACutOneIsRefusedUnlessItEndsBetweenFields) {
  const std::string bytes = FullEdit().Encode();
  int accepted = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Result<Edit> cut = Edit::Decode(std::string_view(bytes).substr(0, size));
    if (cut) {
      ++accepted;
      EXPECT_EQ(cut->Encode(), bytes.substr(0, size));
    } else {
      EXPECT_EQ(cut.error().code(), ErrorCode::kCorruption) << size;
    }
  }
  EXPECT_EQ(accepted, kFields);
}

TEST(Edit, AChangedByteIsRefusedOrMakesAnotherWholeEdit) {
  const std::string bytes = FullEdit().Encode();
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      const Result<Edit> edit = Edit::Decode(damaged);
      if (edit) {
        const std::string canonical = edit->Encode();
        const Result<Edit> again = Edit::Decode(canonical);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->Encode(), canonical);
        IgnoreError(ManifestState().Apply(*edit), "whatever it says, it must not crash");
        continue;
      }
      ++refused;
      EXPECT_TRUE(edit.error().code() == ErrorCode::kCorruption ||
                  edit.error().code() == ErrorCode::kUnsupported);
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(Edit, AnEndIsThereOrNot) {
  Edit edit;
  edit.adds = {{.range = {.begin = "", .end = ""}}};
  std::string bytes = edit.Encode();
  ASSERT_TRUE(Edit::Decode(bytes));
  bytes[bytes.size() - 2] = 2;
  EXPECT_FALSE(Edit::Decode(bytes));
}

TEST(Edit, AnUnknownFieldIsOfALaterVersion) {
  for (const char* field : {"\x0c\x01", "\xff", "\x20"}) {
    const Result<Edit> edit = Edit::Decode(FullEdit().Encode() + field);
    ASSERT_FALSE(edit);
    EXPECT_EQ(edit.error().code(), ErrorCode::kUnsupported);
  }
}

Edit Adding(uint64_t run, uint64_t file, const KeyRange& range) {
  Edit edit;
  edit.adds = {{.run = run, .file = file, .bytes = 10, .range = range}};
  edit.tables = {{.file = file, .summary = Summary(10)}};
  return edit;
}

TEST(ManifestState, DropsBeforeItAdds) {
  ManifestState state;
  ASSERT_TRUE(state.Apply(Adding(1, 2, {.begin = "a"})));
  // What is left of a fragment has its name, if its front stays.
  Edit cut = Adding(1, 2, {.begin = "a", .end = "m"});
  cut.tables.clear();
  cut.drops = {{.run = 1, .file = 2, .begin = "a"}};
  ASSERT_TRUE(state.Apply(cut));
  ASSERT_EQ(state.runs.at(1).fragments.size(), 1u);
  EXPECT_EQ(state.runs.at(1).fragments.at("a").range, (KeyRange{.begin = "a", .end = "m"}));
  EXPECT_EQ(state.tables.size(), 1u) << "it is in use all the time";
}

TEST(ManifestState, RefusesToDropAFragmentThatIsNotThere) {
  ManifestState state;
  ASSERT_TRUE(state.Apply(Adding(1, 2, {.begin = "a"})));
  for (const FragmentName& name : {FragmentName{.run = 1, .file = 2, .begin = "b"},
                                   FragmentName{.run = 1, .file = 3, .begin = "a"},
                                   FragmentName{.run = 2, .file = 2, .begin = "a"}}) {
    Edit edit;
    edit.drops = {name};
    const auto status = ManifestState(state).Apply(edit);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kCorruption);
  }
  Edit twice;
  twice.drops = {{.run = 1, .file = 2, .begin = "a"}, {.run = 1, .file = 2, .begin = "a"}};
  EXPECT_FALSE(state.Apply(twice));
}

TEST(ManifestState, RefusesToAddWhatIsThereOrIsNotListed) {
  ManifestState state;
  ASSERT_TRUE(state.Apply(Adding(1, 2, {.begin = "a"})));
  Edit same_place = Adding(1, 3, {.begin = "a", .end = "b"});
  Edit same_table = Adding(1, 2, {.begin = "b"});
  Edit unlisted = Adding(2, 7, {.begin = "b"});
  unlisted.tables.clear();
  Edit twice = Adding(3, 8, {.begin = "a"});
  twice.adds.push_back(twice.adds[0]);
  const std::string before = state.Snapshot().Encode();
  for (const Edit& edit : {same_place, same_table, unlisted, twice}) {
    const auto applied = state.Apply(edit);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(state.Snapshot().Encode(), before) << "nothing of it happened";
  }
}

TEST(ManifestState, MovesAllFragmentsOfARun) {
  ManifestState state;
  ASSERT_TRUE(state.Apply(Adding(1, 2, {.begin = "a", .end = "b"})));
  ASSERT_TRUE(state.Apply(Adding(1, 3, {.begin = "b"})));
  ASSERT_TRUE(state.Apply(Adding(4, 5, {.begin = "a"})));
  Edit edit;
  edit.run_levels = {{1, 6}};
  ASSERT_TRUE(state.Apply(edit));
  EXPECT_EQ(state.runs.at(1).level, 6u);
  EXPECT_EQ(state.runs.at(1).fragments.size(), 2u);
  EXPECT_EQ(state.runs.at(4).level, 0u);
}

TEST(ManifestState, ForgetsATableWithItsLastFragment) {
  ManifestState state;
  Edit edit = Adding(1, 2, {.begin = "a", .end = "b"});
  edit.adds.push_back({.run = 1, .file = 2, .bytes = 10, .range = {.begin = "c"}});
  ASSERT_TRUE(state.Apply(edit));
  for (const char* begin : {"a", "c"}) {
    EXPECT_EQ(state.tables.size(), 1u);
    Edit drop;
    drop.drops = {{.run = 1, .file = 2, .begin = begin}};
    const auto forgotten = state.Apply(drop);
    ASSERT_TRUE(forgotten);
    EXPECT_EQ(forgotten->size(), *begin == 'c' ? 1u : 0u);
  }
  EXPECT_TRUE(state.tables.empty());
}

TEST(ManifestState, ASnapshotMakesTheSameStateFromNothing) {
  ManifestState state{
      .store_id = 7, .next_file = 30, .next_run = 4, .flushed_seq = 99, .synced_seq = 120};
  ASSERT_TRUE(state.Apply(Adding(1, 2, {.begin = "a", .end = "b"})));
  ASSERT_TRUE(state.Apply(Adding(3, 4, {.begin = "b"})));
  state.runs.at(1).level = 5;
  state.counts.Add(1, 12);
  const Result<Edit> snapshot = Edit::Decode(state.Snapshot().Encode());
  ASSERT_TRUE(snapshot);
  ManifestState copy;
  ASSERT_TRUE(copy.Apply(*snapshot));
  EXPECT_EQ(copy.Snapshot().Encode(), state.Snapshot().Encode());
  EXPECT_EQ(copy.store_id, 7u);
  EXPECT_EQ(copy.next_file, 30u);
  EXPECT_EQ(copy.next_run, 4u);
  EXPECT_EQ(copy.flushed_seq, 99u);
  EXPECT_EQ(copy.synced_seq, 120u);
  EXPECT_EQ(copy.runs.size(), 2u);
  EXPECT_EQ(copy.runs.at(1).level, 5u);
  EXPECT_EQ(copy.tables.size(), 2u);
  EXPECT_EQ(copy.counts.Get(1), 12);
}

}  // namespace
}  // namespace cordwood::storage
