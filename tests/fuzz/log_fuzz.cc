// The commit log, up to three segments of any bytes. Input: a byte of choices (1: checksums are
// made right before; above that two bits, which of the corpus' segments the note names), what the
// manifest knows (the flushed seq, the synced seq, a byte each), and the sectors of the segments in
// the short form of tests/support/seal.h; a length of 65535 begins the next segment.
//
// A scan finds frames that are there. Recovery is refused with the name of a file of the log, and
// changes nothing, or what it replays is every seq above the flushed ones, with nothing missing
// that was on stable storage; and a second recovery replays the same.

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "base/coding.h"
#include "storage/file_names.h"
#include "storage/log/recovery.h"
#include "storage/log/segment_scan.h"
#include "storage/write_batch.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/seal.h"
#include "tests/support/sim_env.h"

namespace cordwood::fuzz {
namespace {

using storage::FrameHeader;
using storage::FrameKind;
using storage::FrameRef;
using storage::RecoveryOptions;
using storage::SegmentHeader;
using storage::Seq;
using support::SimEnv;

constexpr const char* kDir = "/db";
constexpr uint64_t kStoreId = 77;
constexpr uint64_t kSegmentsMax = 3;
constexpr uint64_t kSaltOfTheFirst = 0x1111;
constexpr std::string_view kNextSegment = "\xff\xff";

/// The note of a log that ends in the nth segment of the corpus, or of one without any.
void MakeNote(SimEnv& env, uint64_t n) {
  CHECK(storage::NoteFile::Replace(
      env, kDir, {.store_id = kStoreId, .segment = n, .ordinal = n, .salt = n * kSaltOfTheFirst}));
}

/// Every file and its bytes.
std::map<std::string, std::string> Files(SimEnv& env) {
  std::map<std::string, std::string> files;
  for (const std::string& path : env.Paths(kDir)) files[path] = *env.ReadRaw(path);
  return files;
}

/// A place in a file of the log; what is missing, or should stand before its first record, has
/// none.
void CheckNamesThePlace(const Error& error) {
  CHECK(error.code() == ErrorCode::kCorruption || error.code() == ErrorCode::kUnsupported);
  const std::string& message = error.message();
  CHECK(message.starts_with(kDir));
  const size_t at = message.find(" offset ");
  if (at == std::string::npos) {
    CHECK(message.contains("missing") || message.contains("are in no table"));
  } else {
    CHECK(message.starts_with(std::string(kDir) + "/0") && IsDigit(message[at + 8]));
  }
}

void CheckScan(SimEnv& env, uint64_t number) {
  const std::string path = storage::LogPath(kDir, number);
  const std::string bytes = *env.ReadRaw(path);
  const Result<storage::SegmentScan> scan = storage::ScanSegment(env, kDir, number);
  if (!scan) {
    CheckNamesThePlace(scan.error());
    return;
  }
  CHECK(scan->size == bytes.size() && scan->claimed_end <= bytes.size());
  CHECK(scan->blank == AllZero(std::string_view(bytes).substr(0, storage::kLogAlign)));
  CHECK(scan->header || (scan->frames.empty() && scan->claimed_end == 0));
  const std::unique_ptr<File> file = *env.Open(path, OpenMode::kRead);
  uint64_t end = storage::kLogAlign;
  std::string buffer;
  for (const FrameRef& frame : scan->frames) {
    CHECK(frame.offset == end || (frame.offset > end && frame.offset % storage::kLogAlign == 0));
    CHECK(frame.end() <= scan->claimed_end && frame.header.salt == scan->header->salt);
    CHECK(storage::ReadFrame(*file, frame, buffer));
    end = frame.end();
  }
}

/// Records as a recovery replayed them.
struct Replayed {
  Status status;
  Seq last_seq = 0;
  uint64_t torn_bytes = 0;
  std::string ops;
};

/// As the store does.
Status CheckOps(std::string_view ops) {
  for (storage::OpReader reader(ops); !reader.done();) {
    CW_ASSIGN([[maybe_unused]] const storage::Op op, reader.Next());
  }
  return {};
}

Replayed Recover(SimEnv& env, RecoveryOptions options, uint64_t next_number) {
  options.allocate = [&next_number] { return next_number++; };
  Replayed replayed;
  Seq due = options.flushed_seq + 1;
  const auto recovered = storage::RecoverLog(
      env, options, [&](Seq first_seq, uint32_t op_count, std::string_view ops) -> Status {
        CHECK(first_seq == due && op_count > 0);
        due += op_count;
        AppendFixed64(replayed.ops, first_seq);
        replayed.ops += ops;
        return CheckOps(ops);
      });
  if (!recovered) {
    replayed.status = std::unexpected(recovered.error());
    return replayed;
  }
  CHECK(recovered->last_seq == due - 1 && recovered->last_seq >= options.known_synced);
  replayed.last_seq = recovered->last_seq;
  replayed.torn_bytes = recovered->torn_bytes;
  return replayed;
}

void CheckRecovery(SimEnv& env, const RecoveryOptions& options) {
  const std::map<std::string, std::string> before = Files(env);
  const Replayed first = Recover(env, options, 10);
  if (!first.status) {
    CheckNamesThePlace(first.status.error());
    CHECK(Files(env) == before);
    return;
  }
  const Replayed second = Recover(env, options, 20);
  CHECK(second.status && second.last_seq == first.last_seq && second.ops == first.ops);
  CHECK(second.torn_bytes == 0);
}

// --- the corpus ---

std::string Frame(const SegmentHeader& segment, uint64_t offset, Seq first, uint32_t ops, Seq known,
                  size_t value_bytes = 8) {
  storage::WriteBatch batch;
  for (uint32_t i = 0; i < ops; ++i) batch.Put("key", std::string(value_bytes, 'v'));
  const FrameHeader header{.kind = ops == 0 ? FrameKind::kEmpty : FrameKind::kGroup,
                           .salt = segment.salt,
                           .first_seq = first,
                           .known_synced = known,
                           .payload_bytes = batch.bytes().size(),
                           .op_count = ops,
                           .stream = {.id = {'r'}, .offset = first + ops}};
  std::string frame(storage::FrameBytes(header.payload_bytes), '\0');
  std::copy(batch.bytes().begin(), batch.bytes().end(), &frame[storage::kFrameHeaderBytes]);
  storage::EncodeFrameHeader(header, offset, batch.bytes(),
                             std::span(frame).first(storage::kFrameHeaderBytes));
  return frame;
}

std::string Sector(const SegmentHeader& header) {
  std::string sector(storage::kLogAlign, '\0');
  storage::EncodeSegmentHeader(header, sector);
  return sector;
}

/// Seqs 1 to 4, of which 3 were known to be synced, in two frames side by side and an empty one.
std::string FirstSegment() {
  const SegmentHeader header{
      .number = 1, .ordinal = 1, .salt = kSaltOfTheFirst, .store_id = kStoreId, .bytes = 6 << 12};
  std::string file = Sector(header);
  file += Frame(header, file.size(), 1, 3, 0);
  file += Frame(header, file.size(), 4, 1, 3, 5000);
  file.resize(storage::SectorFrom(file.size()));  // there was a sync
  file += Frame(header, file.size(), 5, 0, 4);
  file.resize(header.bytes);
  return file;
}

/// Seqs 5 to 7 behind those.
std::string SecondSegment() {
  const SegmentHeader header{.number = 2,
                             .ordinal = 2,
                             .salt = 2 * kSaltOfTheFirst,
                             .store_id = kStoreId,
                             .predecessor = 1,
                             .cut = 4 << 12,
                             .cut_seq = 4,
                             .known_synced = 4,
                             .bytes = 4 << 12};
  std::string file = Sector(header);
  file += Frame(header, file.size(), 5, 2, 4);
  file.resize(storage::SectorFrom(file.size()));
  file += Frame(header, file.size(), 7, 1, 6);
  file.resize(header.bytes);
  return file;
}

std::string Input(std::string_view choices, const std::vector<std::string>& segments) {
  std::string input(choices);
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i > 0) input += kNextSegment;
    input += support::Pack(segments[i]);
  }
  return input;
}

}  // namespace

std::vector<std::string> Corpus() {
  const std::string blank(3 << 12, '\0');
  std::string torn = SecondSegment();
  torn.replace(8275, 20, "bytes that were torn");
  std::vector<std::string> corpus = {
      Input("\1\2\3", {}),
      Input(std::string_view("\0\0\0", 3), {FirstSegment(), SecondSegment()}),
  };
  for (int i = 0; i < 2; ++i) {
    corpus.push_back(Input(std::string_view("\1\0\0", 3), {FirstSegment()}));
    corpus.push_back(Input(std::string_view("\1\0\4", 3), {FirstSegment(), SecondSegment()}));
    corpus.push_back(Input(std::string_view("\5\0\0", 3), {FirstSegment(), SecondSegment()}));
    corpus.push_back(Input(std::string_view("\5\0\0", 3), {FirstSegment()}));
    corpus.push_back(Input(std::string_view("\1\2\6", 3), {FirstSegment(), SecondSegment()}));
    corpus.push_back(Input(std::string_view("\1\4\4", 3), {blank, SecondSegment(), blank}));
    corpus.push_back(Input(std::string_view("\1\0\0", 3), {FirstSegment(), torn, blank}));
  }
  return corpus;
}

std::vector<std::string> Dictionary() {
  return {"CWFR",
          "CWLOGSEG",
          std::string(kNextSegment),
          std::string("\1\0\0\0", 4),
          std::string("\2\0\0\0", 4),
          std::string("\0\x10", 2),
          std::string("\x50\0", 2)};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  std::string_view input = fuzz::View(data, size);
  if (input.size() < 3) return 0;
  const auto choices = static_cast<uint8_t>(input[0]);
  const bool sealed = choices % 2 != 0;
  const fuzz::RecoveryOptions options{.dir = fuzz::kDir,
                                      .store_id = fuzz::kStoreId,
                                      .segment_bytes = 16 << 10,
                                      .flushed_seq = static_cast<uint8_t>(input[1]),
                                      .known_synced = static_cast<uint8_t>(input[2])};
  input.remove_prefix(3);
  support::SimEnv env(1);
  CHECK(env.CreateDir(fuzz::kDir));
  fuzz::MakeNote(env, choices / 2 % 4);
  for (uint64_t number = 1; number <= fuzz::kSegmentsMax && !input.empty(); ++number) {
    const size_t end = std::min(input.find(fuzz::kNextSegment), input.size());
    std::string file = support::Expand(input.substr(0, end));
    if (sealed) support::SealSegment(file);
    CHECK(env.WriteRaw(storage::LogPath(fuzz::kDir, number), std::move(file)));
    fuzz::CheckScan(env, number);
    input.remove_prefix(std::min(end + fuzz::kNextSegment.size(), input.size()));
  }
  fuzz::CheckRecovery(env, options);
  return 0;
}
