#include "storage/table/block.h"

#include <utility>

#include "base/allocated_bytes.h"
#include "base/coding.h"
#include "base/format.h"
#include "storage/prefix.h"

namespace cordwood::storage {
namespace {

/// Base seq and number of restart points.
constexpr size_t kTailBytes = 12;
/// Three sizes, the tag, the seq: a byte each at least.
constexpr ptrdiff_t kEntryBytesMin = 5;

std::unexpected<Error> Malformed(std::string_view what) {
  return Fail(ErrorCode::kCorruption, Format("malformed block: {}", what));
}

/// The byte behind the varint at `at`; null if it does not end before `limit`.
const char* TakeVarint(const char* at, const char* limit, uint64_t* value) {
  uint64_t result = 0;
  for (int shift = 0; at != limit && shift < 64; shift += 7) {
    const uint64_t byte = static_cast<uint8_t>(*at++);
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return at;
    }
  }
  return nullptr;
}

}  // namespace

Result<Block> Block::Parse(std::string_view contents, std::unique_ptr<char[]> owner) {
  if (contents.size() < kTailBytes) return Malformed("too short");
  const char* tail = contents.data() + contents.size() - kTailBytes;
  Block block;
  block.base_seq_ = LoadFixed<uint64_t>(tail);
  block.restart_count_ = LoadFixed<uint32_t>(tail + 8);
  const uint64_t restarts_bytes = uint64_t{block.restart_count_} * sizeof(uint32_t);
  if (block.restart_count_ == 0 || restarts_bytes > contents.size() - kTailBytes) {
    return Malformed("number of restart points");
  }
  block.restarts_ = tail - restarts_bytes;
  block.entries_ = contents.substr(0, contents.size() - kTailBytes - restarts_bytes);
  if (block.RestartOffset(0) != 0) return Malformed("first restart point");
  for (uint32_t i = 1; i < block.restart_count_; ++i) {
    if (block.RestartOffset(i) <= block.RestartOffset(i - 1)) {
      return Malformed("restart points out of order");
    }
  }
  if (block.RestartOffset(block.restart_count_ - 1) >= block.entries_.size()) {
    return Malformed("restart point outside");
  }
  block.owner_ = std::move(owner);
  return block;
}

size_t Block::memory_bytes() const {
  return owner_ != nullptr ? AllocatedBytes(bytes() + kTailBytes) : 0;
}

uint32_t Block::RestartOffset(uint32_t restart) const {
  return LoadFixed<uint32_t>(restarts_ + size_t{restart} * sizeof(uint32_t));
}

bool Block::Decode(const char* at, Entry* entry) const {
  const char* const end = limit();
  if (end - at < kEntryBytesMin) return false;
  uint64_t shared = static_cast<uint8_t>(at[0]);
  uint64_t unshared = static_cast<uint8_t>(at[1]);
  uint64_t value = static_cast<uint8_t>(at[2]);
  if ((shared | unshared | value) < 0x80) {
    at += 3;
  } else {
    at = TakeVarint(at, end, &shared);
    if (at != nullptr) at = TakeVarint(at, end, &unshared);
    if (at != nullptr) at = TakeVarint(at, end, &value);
    if (at == nullptr) return false;
  }
  if (at == end) return false;
  const auto tag = static_cast<uint8_t>(*at++);
  uint64_t seq_delta = 0;
  at = TakeVarint(at, end, &seq_delta);
  if (at == nullptr) return false;
  const Seq seq = base_seq_ + static_cast<uint64_t>(UnZigZag(seq_delta));
  const auto rest = static_cast<uint64_t>(end - at);
  // Shared bytes are bytes of an earlier entry of this block, so fewer than it has.
  if (seq > kMaxSeq || unshared > rest || value > rest - unshared || shared > entries_.size()) {
    return false;
  }
  entry->shared = static_cast<uint32_t>(shared);
  entry->unshared = {at, static_cast<size_t>(unshared)};
  entry->trailer = seq << 8 | tag;
  entry->value = {at + unshared, static_cast<size_t>(value)};
  entry->end = at + unshared + value;
  return true;
}

uint32_t Block::FindRestart(std::string_view key, uint64_t trailer) const {
  uint32_t before = 0;
  uint32_t after = restart_count_;
  while (after - before > 1) {
    const uint32_t middle = before + (after - before) / 2;
    Entry entry;
    if (Decode(entries_.data() + RestartOffset(middle), &entry) &&
        CompareEntries(entry.unshared, entry.trailer, key, trailer) < 0) {
      before = middle;
    } else {
      after = middle;
    }
  }
  return before;
}

// The last key seen lies before the target and shares exactly `match` bytes with it, or is none
// at all. So of the next one:
//   shared > match:  it agrees with the last one where that differs from the target: before it
//   shared < match:  it differs from the last one, upwards, where that agrees with the target:
//                    behind it
//   shared = match:  the first byte that can tell is the first unshared one
// A restart point shares nothing by decree; its key is there to be compared.
Block::Answer Block::Scan(std::string_view key, uint64_t trailer, const char** at,
                          Entry* entry) const {
  size_t match = 0;
  size_t last_key_size = 0;
  for (const char* next = entries_.data() + RestartOffset(FindRestart(key, trailer));
       next != limit(); next = entry->end) {
    if (!Decode(next, entry) || entry->shared > last_key_size) return Answer::kCorrupt;
    *at = next;
    last_key_size = entry->shared + entry->unshared.size();
    if (entry->shared > match) continue;
    if (entry->shared < match) {
      if (entry->shared > 0) return Answer::kAbsent;
      match = 0;
    }
    const std::string_view rest = key.substr(match);
    const size_t more = CommonPrefix(entry->unshared, rest);
    match += more;
    if (more == entry->unshared.size()) {
      if (more < rest.size()) continue;  // a proper prefix of the target
      if (entry->trailer <= trailer) return Answer::kFound;
    } else if (more == rest.size() ||
               static_cast<uint8_t>(entry->unshared[more]) > static_cast<uint8_t>(rest[more])) {
      return Answer::kAbsent;
    }
  }
  return Answer::kAtEnd;
}

Block::Answer Block::Find(std::string_view key, uint64_t trailer, Hit* hit) const {
  const char* at = nullptr;
  Entry entry;
  const Answer answer = Scan(key, trailer, &at, &entry);
  if (answer == Answer::kFound) *hit = {.trailer = entry.trailer, .value = entry.value};
  return answer;
}

Status Block::Verify() const {
  std::string last_key;
  uint64_t last_trailer = 0;
  uint32_t restart = 0;
  uint64_t index = 0;
  Entry entry;
  for (const char* at = entries_.data(); at != limit(); at = entry.end, ++index) {
    if (!Decode(at, &entry) || entry.shared > last_key.size()) return Malformed("entry");
    std::string key = last_key.substr(0, entry.shared) + std::string(entry.unshared);
    if (index % kRestartInterval == 0) {
      if (restart == restart_count_ || entries_.data() + RestartOffset(restart) != at ||
          entry.shared != 0) {
        return Malformed("restart point");
      }
      ++restart;
    } else if (entry.shared != CommonPrefix(last_key, key)) {
      return Malformed("shared prefix");
    }
    if (index > 0 && CompareEntries(last_key, last_trailer, key, entry.trailer) >= 0) {
      return Malformed("entries out of order");
    }
    last_key = std::move(key);
    last_trailer = entry.trailer;
  }
  if (restart != restart_count_) return Malformed("restart point");
  return {};
}

void BlockIterator::SetBlock(const Block* block) {
  block_ = block;
  Stop(false);
}

void BlockIterator::Stop(bool corrupt) {
  at_ = nullptr;
  corrupt_ = corrupt;
}

bool BlockIterator::Take(const char* at) {
  Block::Entry entry;
  if (!block_->Decode(at, &entry) || entry.shared > key_.size()) {
    Stop(true);
    return false;
  }
  at_ = at;
  next_ = entry.end;
  key_.resize(entry.shared);
  key_.append(entry.unshared);
  trailer_ = entry.trailer;
  value_ = entry.value;
  return true;
}

void BlockIterator::SeekToFirst() {
  corrupt_ = false;
  key_.clear();
  Take(block_->entries_.data());
}

void BlockIterator::SeekToLast() {
  corrupt_ = false;
  WalkTo(block_->restart_count_ - 1, block_->limit());
}

void BlockIterator::WalkTo(uint32_t restart, const char* end) {
  key_.clear();
  next_ = block_->entries_.data() + block_->RestartOffset(restart);
  do {
    if (!Take(next_)) return;
  } while (next_ < end);
}

void BlockIterator::Seek(std::string_view key, uint64_t trailer) {
  const char* at = nullptr;
  Block::Entry entry;
  const Block::Answer answer = block_->Scan(key, trailer, &at, &entry);
  if (answer == Block::Answer::kAtEnd || answer == Block::Answer::kCorrupt) {
    Stop(answer == Block::Answer::kCorrupt);
    return;
  }
  corrupt_ = false;
  at_ = at;
  next_ = entry.end;
  key_.assign(key.data(), entry.shared);
  key_.append(entry.unshared);
  trailer_ = entry.trailer;
  value_ = entry.value;
}

void BlockIterator::Next() {
  if (next_ == block_->limit()) return Stop(false);
  Take(next_);
}

void BlockIterator::Prev() {
  const char* const current = at_;
  if (current == block_->entries_.data()) return Stop(false);
  // The last restart point before the current entry.
  const auto offset = static_cast<uint64_t>(current - block_->entries_.data());
  uint32_t before = 0;
  uint32_t after = block_->restart_count_;
  while (after - before > 1) {
    const uint32_t middle = before + (after - before) / 2;
    (block_->RestartOffset(middle) < offset ? before : after) = middle;
  }
  WalkTo(before, current);
}

}  // namespace cordwood::storage
