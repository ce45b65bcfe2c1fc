#include "storage/table/block_builder.h"

#include "base/coding.h"
#include "storage/table/block.h"
#include "storage/table/prefix.h"

namespace cordwood::storage {

void BlockBuilder::Add(std::string_view key, uint64_t trailer, std::string_view value) {
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
  AppendVarint32(bytes_, static_cast<uint32_t>(value.size()));
  bytes_.push_back(static_cast<char>(TrailerTag(trailer).Encode()));
  AppendVarint64(bytes_, ZigZag(static_cast<int64_t>(TrailerSeq(trailer) - base_seq_)));
  bytes_.append(unshared);
  bytes_.append(value);
  last_key_.resize(shared);
  last_key_.append(unshared);
  last_trailer_ = trailer;
}

std::string_view BlockBuilder::Finish() {
  for (const uint32_t offset : restarts_) AppendFixed32(bytes_, offset);
  AppendFixed64(bytes_, base_seq_);
  AppendFixed32(bytes_, static_cast<uint32_t>(restarts_.size()));
  return bytes_;
}

void BlockBuilder::Clear() {
  bytes_.clear();
  restarts_.clear();
  since_restart_ = 0;
}

}  // namespace cordwood::storage
