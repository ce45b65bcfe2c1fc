#include "tests/storage/store/worth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/coding.h"
#include "base/format.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kSectorBytes = 4096;

uint64_t RoundUp(uint64_t size) { return (size + kSectorBytes - 1) / kSectorBytes * kSectorBytes; }

template <typename T>
T Number(std::string_view bytes, uint64_t at) {
  return LoadFixed<T>(bytes.data() + at);
}

}  // namespace

struct WorthMap::Segment {
  std::string path;
  uint64_t number = 0;
  uint64_t ordinal = 0;
  uint64_t salt = 0;
  uint64_t predecessor = 0;
  uint64_t cut = 0;
  Seq cut_seq = 0;
};

WorthMap::WorthMap(support::SimEnv& env, const std::string& dir) : dir_(dir) {
  for (const std::string& path : env.Paths(dir)) files_[path] = *env.ReadRaw(path);
  AddManifest();
  AddTables();
  AddLog();
}

Worth WorthMap::At(const std::string& path, uint64_t offset) const {
  return In(path, offset, offset + 1);
}

Worth WorthMap::In(const std::string& path, uint64_t begin, uint64_t end) const {
  Worth most = Worth::kSpare;
  const auto found = pieces_.find(path);
  if (found == pieces_.end()) return most;
  for (const Piece& piece : found->second) {
    if (begin < piece.end && piece.begin < end) most = std::max(most, piece.worth);
  }
  return most;
}

uint64_t WorthMap::SpareFrom(const std::string& path) const {
  uint64_t end = 0;
  const auto found = pieces_.find(path);
  if (found == pieces_.end()) return end;
  for (const Piece& piece : found->second) end = std::max(end, piece.end);
  return end;
}

std::string WorthMap::Numbered(uint64_t number, const std::string& suffix) const {
  return Format("/{}/{:06}{}", dir_, number, suffix);
}

void WorthMap::Add(const std::string& path, uint64_t begin, uint64_t end, Worth worth) {
  if (begin < end) pieces_[path].push_back({.begin = begin, .end = end, .worth = worth});
}

void WorthMap::AddManifest() {
  const std::string current_path = Format("/{}/CURRENT", dir_);
  const std::string& current = Bytes(current_path);
  Add(current_path, 0, current.size(), Worth::kNeeded);
  const size_t number_at = current.find("manifest ") + 9;
  const std::string path =
      Format("/{}/MANIFEST-{:06}", dir_, std::strtoull(current.c_str() + number_at, nullptr, 10));
  const bool sealed = current.contains("\nsealed ");
  const std::string_view bytes = Bytes(path);
  uint64_t offset = 0;
  uint64_t last = 0;
  int frames = 0;
  while (offset < bytes.size() && bytes.substr(offset, 4) == "CWMF") {
    const auto size = Number<uint32_t>(bytes, offset + 8);
    last = offset;
    offset = RoundUp(offset + 24 + size);
    if (++frames == 1) continue;  // the header
    const Result<Edit> edit = Edit::Decode(bytes.substr(last + 24, size));
    ASSERT_TRUE(edit && state_.Apply(*edit)) << path << " at " << last;
  }
  ASSERT_GT(frames, 1) << path;
  manifest_end_ = offset;
  // The snapshot is no edit that may be missing. What is behind the frames of a sealed one came
  // there after the stop.
  const bool may_end_before = !sealed && frames > 2;
  if (!may_end_before) last = offset;
  Add(path, 0, sealed ? bytes.size() : last, Worth::kNeeded);
  Add(path, last, offset, Worth::kLastEdit);
}

void WorthMap::AddTables() {
  for (const auto& [number, table] : state_.tables) {
    const std::string path = Numbered(number, ".sst");
    const uint64_t size = table.summary->properties.file_bytes;
    ASSERT_EQ(Bytes(path).size(), size);
    Add(path, 0, size, Worth::kNeeded);
  }
}

std::vector<WorthMap::Range> WorthMap::DataBlocks(const std::string& path) const {
  const std::string& bytes = Bytes(path);
  const uint64_t footer = bytes.size() - 80;
  const auto index = Number<uint64_t>(bytes, footer + 24);
  ByteReader in(std::string_view(bytes).substr(index, footer - index - 9));
  std::vector<Range> blocks;
  uint64_t offset = 0;
  for (uint32_t left = in.Varint32().value_or(0); left > 0; --left) {
    in.Varint32();  // shared
    const uint32_t unshared = in.Varint32().value_or(0);
    const uint32_t size = in.Varint32().value_or(0);
    in.Bytes(unshared);
    blocks.push_back({.begin = offset, .end = offset + size});
    offset += size;
  }
  EXPECT_EQ(offset, Number<uint64_t>(bytes, footer)) << path;
  return blocks;
}

std::vector<WorthMap::Segment> WorthMap::Chain() const {
  std::map<uint64_t, Segment> by_number;
  const Segment* last = nullptr;
  for (const auto& [path, bytes] : files_) {
    if (!path.ends_with(".wal") || !bytes.starts_with("CWLOGSEG")) continue;
    const auto number = Number<uint64_t>(bytes, 24);
    Segment& segment = by_number[number];
    segment = {.path = path,
               .number = number,
               .ordinal = Number<uint64_t>(bytes, 32),
               .salt = Number<uint64_t>(bytes, 40),
               .predecessor = Number<uint64_t>(bytes, 56),
               .cut = Number<uint64_t>(bytes, 64),
               .cut_seq = Number<uint64_t>(bytes, 72)};
    if (last == nullptr || segment.ordinal > last->ordinal) last = &segment;
  }
  std::vector<Segment> chain;
  while (last != nullptr) {
    chain.insert(chain.begin(), *last);
    const auto before = by_number.find(last->predecessor);
    last = before == by_number.end() ? nullptr : &before->second;
  }
  return chain;
}

void WorthMap::AddLog() {
  const std::vector<Segment> chain = Chain();
  ASSERT_FALSE(chain.empty());
  for (size_t i = 0; i < chain.size(); ++i) {
    AddSegment(chain[i], i + 1 < chain.size() ? &chain[i + 1] : nullptr);
  }
}

/// Frames with a record that no table holds, and the header if such a record lies at or before
/// it: without a header the chain begins behind the segment. The last one is named by the note.
void WorthMap::AddSegment(const Segment& segment, const Segment* next) {
  const std::string_view bytes = Bytes(segment.path);
  const uint64_t limit = next == nullptr ? bytes.size() : next->cut;
  // A frame is packed behind the one before, or begins the next sector.
  for (uint64_t at = kSectorBytes; at < limit;) {
    if (bytes.substr(at, 4) != "CWFR" && at % kSectorBytes != 0) at = RoundUp(at);
    if (at >= limit || bytes.substr(at, 4) != "CWFR") break;
    if (Number<uint64_t>(bytes, at + 8) != segment.salt) break;
    const uint64_t end = at + 80 + Number<uint64_t>(bytes, at + 32);
    const auto operations = Number<uint32_t>(bytes, at + 40);
    const Seq last_seq = Number<uint64_t>(bytes, at + 16) + operations - 1;
    if (operations > 0 && last_seq > state_.flushed_seq) {
      Add(segment.path, at, end, Worth::kNeeded);
    }
    at = (end + 7) / 8 * 8;
  }
  const bool header = next == nullptr || next->cut_seq > state_.flushed_seq;
  if (header) Add(segment.path, 0, kSectorBytes, Worth::kNeeded);
}

}  // namespace cordwood::storage
