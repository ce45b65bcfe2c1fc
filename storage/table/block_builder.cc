#include "storage/table/block_builder.h"

#include "base/coding.h"
#include "storage/prefix.h"
#include "storage/table/block.h"

namespace cordwood::storage {

namespace {

/// More memory than this is not kept for the next block.
constexpr size_t kKeepBytes = 256 << 10;
/// What an entry and the end of a block take besides key and value, at most.
constexpr size_t kRest = 64;

}  // namespace

void BlockBuilder::Add(std::string_view key, uint64_t trailer, std::string_view value) {
  // What is large grows once, to its size: doubled, it would take twice as much for good.
  if (value.size() > kKeepBytes) bytes_.reserve(bytes_.size() + key.size() + value.size() + kRest);
  AddKey(key, trailer, value.size());
  bytes_.append(value);
}

BlockBuilder::Around BlockBuilder::AddAlone(std::string_view key, uint64_t trailer,
                                            size_t value_bytes) {
  AddKey(key, trailer, value_bytes);
  tail_.clear();
  AppendEnd(tail_);
  return {.head = bytes_, .tail = tail_};
}

void BlockBuilder::AddKey(std::string_view key, uint64_t trailer, size_t value_bytes) {
  if (empty()) base_seq_ = TrailerSeq(trailer);
  size_t shared = 0;
  if (empty() || since_restart_ == kRestartInterval) {
    restarts_.push_back(static_cast<uint32_t>(bytes_.size()));
    since_restart_ = 0;
  } else {
    shared = CommonPrefix(last_key_, key);
  }
  ++since_restart_;
  const std::string_view unshared = key.substr(shared);
  AppendVarint32(bytes_, static_cast<uint32_t>(shared));
  AppendVarint32(bytes_, static_cast<uint32_t>(unshared.size()));
  AppendVarint32(bytes_, static_cast<uint32_t>(value_bytes));
  bytes_.push_back(static_cast<char>(TrailerTag(trailer).Encode()));
  AppendVarint64(bytes_, ZigZag(static_cast<int64_t>(TrailerSeq(trailer) - base_seq_)));
  bytes_.append(unshared);
  last_key_.resize(shared);
  last_key_.append(unshared);
  last_trailer_ = trailer;
}

std::string_view BlockBuilder::Finish() {
  AppendEnd(bytes_);
  return bytes_;
}

void BlockBuilder::AppendEnd(std::string& out) const {
  for (const uint32_t offset : restarts_) AppendFixed32(out, offset);
  AppendFixed64(out, base_seq_);
  AppendFixed32(out, static_cast<uint32_t>(restarts_.size()));
}

void BlockBuilder::Clear() {
  bytes_.clear();
  if (bytes_.capacity() > kKeepBytes) bytes_.shrink_to_fit();
  restarts_.clear();
  since_restart_ = 0;
}

}  // namespace cordwood::storage
