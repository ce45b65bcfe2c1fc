// Edits of the manifest, each with its length in front. One that is read is the same when it is
// written and read again; the state that edits add up to is the one that its snapshot makes.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/coding.h"
#include "storage/table/summary.h"
#include "storage/version/edit.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using storage::Edit;
using storage::ManifestState;

void CheckSnapshot(const ManifestState& state) {
  const std::string snapshot = state.Snapshot().Encode();
  const Result<Edit> edit = Edit::Decode(snapshot);
  CHECK(edit && edit->Encode() == snapshot);
  ManifestState again;
  CHECK(again.Apply(*edit));
  CHECK(again.Snapshot().Encode() == snapshot);
}

std::string Joined(const std::vector<Edit>& edits) {
  std::string bytes;
  for (const Edit& edit : edits) AppendLengthPrefixed(bytes, edit.Encode());
  return bytes;
}

storage::NewTable Table(uint64_t file, uint64_t file_bytes) {
  const auto summary = std::make_shared<storage::TableSummary>();
  summary->salt = file;
  summary->properties.file_bytes = file_bytes;
  return {.file = file, .summary = summary};
}

Edit Counting(uint64_t counter, int64_t delta) {
  Edit edit;
  edit.counts.Add(counter, delta);
  return edit;
}

}  // namespace

std::vector<std::string> Corpus() {
  Edit first{.store_id = 0x0123456789abcdef, .next_file = 9, .flushed_seq = 1000, .next_run = 3};
  first.synced_seq = 1200;
  first.adds = {
      {.run = 1, .level = 1, .file = 5, .bytes = 4096, .range = {.begin = "a", .end = "m"}},
      {.run = 1, .level = 1, .file = 6, .bytes = 2048, .range = {.begin = "m"}},
      {.run = 2, .level = 0, .file = 8, .bytes = 100, .range = {.begin = ""}}};
  first.tables = {Table(5, 5000), Table(6, 3000), Table(8, 400)};
  first.counts.Add(4, 100);
  first.counts.Add(5, -1);
  Edit second{.next_file = 12, .flushed_seq = 2000};
  second.drops = {{.run = 2, .file = 8, .begin = ""}, {.run = 1, .file = 6, .begin = "m"}};
  second.adds = {
      {.run = 3, .level = 0, .file = 11, .bytes = 77, .range = {.begin = "b", .end = ""}}};
  second.run_levels = {{1, 2}};
  second.tables = {Table(11, 600)};
  second.counts.Add(4, -100);
  return {Joined({first}), Joined({first, second}), Joined({second}),
          // A sum that no counter can hold.
          Joined({Counting(4, INT64_MAX), Counting(4, 1), Counting(4, INT64_MIN)})};
}

std::vector<std::string> Dictionary() {
  return {"\1",
          "\2",
          "\3",
          "\4",
          "\5",
          "\6",
          "\7",
          "\x8",
          "\x9",
          "\xa",
          "\xb",
          "\xc",
          std::string(1, '\0'),
          std::string("\1a\0", 3),
          "\xff\xff\xff\xff\x0f",
          "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  using storage::Edit;
  ByteReader in(fuzz::View(data, size));
  storage::ManifestState state;
  while (const std::optional<std::string_view> bytes = in.LengthPrefixed()) {
    const Result<Edit> edit = Edit::Decode(*bytes);
    if (!edit) {
      const ErrorCode code = edit.error().code();
      CHECK(code == ErrorCode::kCorruption || code == ErrorCode::kUnsupported);
      break;
    }
    const std::string encoded = edit->Encode();
    const Result<Edit> again = Edit::Decode(encoded);
    CHECK(again && again->Encode() == encoded);
    if (const auto applied = state.Apply(*edit); !applied) {
      CHECK(applied.error().code() == ErrorCode::kCorruption);
      break;
    }
    fuzz::CheckSnapshot(state);
  }
  return 0;
}
