// CURRENT and the manifest that it names. Input: a byte of choices, a byte that says how many
// sectors CURRENT says were sealed, then the sectors of the manifest in the short form of
// tests/support/seal.h, or the text of CURRENT.
//   1: checksums are made right before     2: CURRENT seals the manifest     4: a text of CURRENT
//
// A manifest is refused with its name and a place, or the state that it makes is the one that a
// new manifest with its snapshot makes. A CURRENT that is read says the same when it is written.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "base/hash.h"
#include "storage/file_names.h"
#include "storage/version/manifest.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/seal.h"
#include "tests/support/sim_env.h"

namespace cordwood::fuzz {
namespace {

using storage::Current;
using storage::Edit;
using storage::ManifestState;
using storage::ManifestWriter;
using support::SimEnv;

constexpr const char* kDir = "/db";
constexpr uint64_t kNumber = 7;
constexpr size_t kSector = 4096;

void CheckNamesThePlace(const Error& error, const std::string& path) {
  CHECK(error.code() == ErrorCode::kCorruption || error.code() == ErrorCode::kUnsupported);
  const std::string& message = error.message();
  CHECK(message.starts_with(path));
  const size_t offset = message.find(" offset ");
  const size_t at = message.find(" at ");
  CHECK((offset != std::string::npos && IsDigit(message[offset + 8])) ||
        (at != std::string::npos && IsDigit(message[at + 4])));
}

void CheckCurrent(std::string_view text) {
  const Result<Current> current = Current::Decode(text, "/db/CURRENT");
  if (!current) return CheckNamesThePlace(current.error(), "/db/CURRENT");
  const std::string encoded = current->Encode();
  CHECK(encoded == text);
}

void CheckManifest(std::string file, const Current& current) {
  SimEnv env(1);
  CHECK(env.CreateDir(kDir));
  const size_t size = file.size();
  CHECK(env.WriteRaw(storage::ManifestPath(kDir, kNumber), std::move(file)));
  const Result<ManifestState> state = storage::ReadManifest(env, kDir, current);
  if (!state) {
    return CheckNamesThePlace(state.error(), storage::ManifestPath(kDir, kNumber));
  }
  CHECK(!state->torn_at || (*state->torn_at < size && *state->torn_at % kSector == 0));
  CHECK(!state->torn_at || !current.seal);
  const auto writer = ManifestWriter::Create(env, kDir, kNumber + 1, *state);
  CHECK(writer && (*writer)->Seal());
  const Result<std::optional<Current>> next = storage::ReadCurrent(env, kDir);
  CHECK(next && *next && (*next)->manifest == kNumber + 1 && (*next)->seal);
  const Result<ManifestState> again = storage::ReadManifest(env, kDir, **next);
  CHECK(again && again->Snapshot().Encode() == state->Snapshot().Encode() && !again->torn_at);
}

std::shared_ptr<const storage::TableSummary> Summary(uint64_t file_bytes) {
  const auto summary = std::make_shared<storage::TableSummary>();
  summary->salt = 7;
  summary->properties.file_bytes = file_bytes;
  return summary;
}

/// A snapshot with two tables, and `edits` that add and drop one.
std::string Sample(int edits) {
  SimEnv env(1);
  CHECK(env.CreateDir(kDir));
  ManifestState state{.store_id = 99, .next_file = 9, .next_run = 3, .flushed_seq = 100};
  state.synced_seq = 120;
  Edit first;
  first.adds = {{.run = 1, .level = 1, .file = 5, .bytes = 10, .range = {.begin = "a"}},
                {.run = 2, .file = 6, .bytes = 20, .range = {.begin = "", .end = "z"}}};
  first.tables = {{.file = 5, .summary = Summary(1000)}, {.file = 6, .summary = Summary(2000)}};
  CHECK(state.Apply(first));
  state.counts.Add(4, 10);
  const auto writer = ManifestWriter::Create(env, kDir, kNumber, state);
  CHECK(writer);
  for (int i = 0; i < edits; ++i) {
    Edit edit{.flushed_seq = 200 + static_cast<uint64_t>(i)};
    if (i % 2 == 0) {
      edit.adds = {{.run = 3, .file = 8, .bytes = 30, .range = {.begin = "k"}}};
      edit.tables = {{.file = 8, .summary = Summary(3000)}};
    } else {
      edit.drops = {{.run = 3, .file = 8, .begin = "k"}};
    }
    edit.counts.Add(4, 1);
    CHECK((*writer)->Append(edit));
  }
  return *env.ReadRaw(storage::ManifestPath(kDir, kNumber));
}

std::string Input(char choices, char sealed_sectors, std::string_view rest) {
  return std::string{choices, sealed_sectors}.append(rest);
}

}  // namespace

std::vector<std::string> Corpus() {
  const Current sealed{.manifest = 6, .seal = Current::Seal{.size = 28672, .hash = 0x3c31}};
  std::vector<std::string> corpus = {
      Input(4, 0, sealed.Encode()),
      Input(5, 0, sealed.Encode()),
      Input(5, 0, Current{.manifest = 6}.Encode()),
      Input(0, 0, support::Pack(Sample(2))),
      Input(2, 4, support::Pack(Sample(2))),
  };
  for (int edits = 0; edits < 4; ++edits) {
    corpus.push_back(Input(1, 0, support::Pack(Sample(edits))));
    corpus.push_back(Input(3, static_cast<char>(2 + edits), support::Pack(Sample(edits))));
  }
  return corpus;
}

std::vector<std::string> Dictionary() {
  return {"CWMF",
          "cordwood ",
          "manifest ",
          "sealed ",
          "checksum ",
          "\n",
          std::string("\1\0\0\0", 4),
          std::string("\2\0\0\0", 4),
          " 1\n",
          "\5",
          "\6",
          "\7",
          "\x8",
          "\x9"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  if (size < 2) return 0;
  const bool seals = (data[0] & 1) != 0;
  const std::string_view rest = fuzz::View(data, size).substr(2);
  if (data[0] & 4) {
    std::string text(rest);
    if (seals) support::SealCurrent(text);
    fuzz::CheckCurrent(text);
    return 0;
  }
  std::string file = support::Expand(rest);
  if (seals) support::SealManifest(file, fuzz::kNumber);
  fuzz::Current current{.manifest = fuzz::kNumber};
  if (data[0] & 2) {
    const size_t sealed = std::min<size_t>(data[1] * fuzz::kSector, file.size());
    current.seal = {.size = sealed, .hash = Hash64(std::string_view(file).substr(0, sealed))};
  }
  fuzz::CheckManifest(std::move(file), current);
  return 0;
}
