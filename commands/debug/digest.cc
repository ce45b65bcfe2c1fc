#include "commands/debug/digest.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/hash.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/strings.h"
#include "keyspace/types/traits.h"

namespace cordwood::commands::debug {
namespace {

using keyspace::KeyName;
using keyspace::Record;
using keyspace::String;
using keyspace::Type;

/// What one slice looks at.
constexpr uint64_t kSliceEntries = 1000;
/// Of them, chunks of a string.
constexpr uint64_t kSliceChunks = 64;

}  // namespace

Digest Digest::Of(std::string_view a, std::string_view b) {
  Digest digest;
  for (size_t i = 0; i < kWords; ++i) digest.words_[i] = Hash64(a, b, SeedOf(i, a.size()));
  return digest;
}

Digest::Stream::Stream(uint64_t length) {
  for (size_t i = 0; i < kWords; ++i) words_.emplace_back(SeedOf(i, length));
}

void Digest::Stream::Update(std::string_view bytes) {
  for (Hash64Stream& word : words_) word.Update(bytes);
}

Digest Digest::Stream::digest() const {
  Digest digest;
  for (size_t i = 0; i < kWords; ++i) digest.words_[i] = words_[i].Digest();
  return digest;
}

void Digest::Add(const Digest& other) {
  for (size_t i = 0; i < words_.size(); ++i) words_[i] += other.words_[i];
}

std::string Digest::Hex() const {
  return Format("{:016x}{:016x}{:08x}", words_[0], words_[1], static_cast<uint32_t>(words_[2]));
}

// --- one value ---

ValueDigest::ValueDigest(keyspace::Generation generation, Record record)
    : generation_(generation), record_(std::move(record)) {
  digest_ = Digest::Of(keyspace::TypeName(record_.type), record_.expiry_ms ? "expires" : "");
}

Result<bool> ValueDigest::Step(keyspace::Transaction& tx, uint64_t& entries) {
  if (record_.type == Type::kString) return StepString(tx, entries);
  const bool is_list = record_.type == Type::kList;
  const auto is_full = [&] { return entries == 0; };
  const auto add = [&](const keyspace::ObjectReader::ReadItem& read) {
    // The elements of a list have no names, but an order.
    const std::string place = Format("{}", items_read_++);
    digest_.Add(Digest::Of(is_list ? place : read.item.name, read.item.value));
    --entries;
    return true;
  };
  CW_ASSIGN(const bool done, items_.Step(tx, generation_, record_, is_full, add));
  if (!done) entries = 0;
  return done;
}

Result<bool> ValueDigest::StepString(keyspace::Transaction& tx, uint64_t& entries) {
  CW_ASSIGN(String string, String::Open(tx, generation_, record_.view()));
  if (!string.in_chunks()) {
    digest_.Add(Digest::Of(string.whole()));
    --entries;
    return true;
  }
  if (!bytes_) bytes_.emplace(string.length());
  const uint64_t chunks = std::min(entries, kSliceChunks);
  const uint64_t next = std::min(string.length(), at_ + chunks * keyspace::kChunkBytes);
  CW_ASSIGN(const std::string part, string.ReadPart(at_, next));
  bytes_->Update(part);
  at_ = next;
  entries -= chunks;
  if (at_ < string.length()) {
    entries = 0;
    return false;
  }
  digest_.Add(bytes_->digest());
  return true;
}

// --- everything ---

void DatasetDigest::Begin(keyspace::Transaction& tx) {
  next_ = keyspace::TablePrefix(tx.GenerationOf(db_), keyspace::Table::kKey);
  end_ = keyspace::PrefixEnd(next_);
}

Result<bool> DatasetDigest::Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
  if (!now_ms_) now_ms_ = tx.now_ms();
  uint64_t entries = kSliceEntries;
  for (; db_ < tx.keyspace().databases().count(); ++db_) {
    if (entries == 0) return false;
    if (next_.empty()) {
      Begin(tx);
      --entries;
    }
    CW_ASSIGN(const bool done, StepDatabase(tx, entries));
    if (!done) return false;
    next_.clear();
  }
  reply.SimpleString(digest_.Hex());
  return true;
}

Result<bool> DatasetDigest::StepDatabase(keyspace::Transaction& tx, uint64_t& entries) {
  const keyspace::Generation generation = tx.GenerationOf(db_);
  const size_t prefix_bytes = keyspace::TablePrefix(generation, keyspace::Table::kKey).size();
  while (true) {
    if (value_) {
      CW_ASSIGN(const bool done, value_->Step(tx, entries));
      if (!done) return false;
      // Name and value belong together: sums of both alone would not see two values swapped.
      digest_.Add(Digest::Of(key_digest_.Hex(), value_->digest().Hex()));
      value_.reset();
    }
    if (entries == 0) return false;
    keyspace::RangeWalk records(tx, end_);
    records.SetBudget(keyspace::kHiddenPerSlice);
    for (records.Seek(next_); records.Valid() && !value_; records.Next()) {
      CW_ASSIGN(Record record, Record::Decode(records.value()));
      const std::string_view key = records.key().substr(prefix_bytes);
      next_.assign(records.key());
      next_.push_back('\0');
      if (record.ExpiredAt(*now_ms_)) continue;
      key_digest_ = Digest::Of(key, Format("{}", db_));
      value_.emplace(generation, std::move(record));
      break;
    }
    if (value_) continue;
    if (records.status()) return true;
    std::string passed = records.stopped() ? records.passed() : next_;
    if (passed == next_) return std::unexpected(records.status().error());
    next_ = std::move(passed);
    return false;
  }
}

// --- single keys ---

Result<bool> NamedDigests::Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
  uint64_t entries = kSliceEntries;
  while (digests_.size() < keys_.size()) {
    if (entries == 0) return false;
    if (!value_) {
      const KeyName name = {.generation = generation(), .key = keys_[digests_.size()]};
      CW_ASSIGN(keyspace::Lookup found, keyspace::FindKey(tx, name));
      if (found.live() == nullptr) {
        digests_.emplace_back();
        --entries;
        continue;
      }
      value_.emplace(name.generation, *std::move(found.stored));
    }
    CW_ASSIGN(const bool done, value_->Step(tx, entries));
    if (!done) return false;
    digests_.push_back(value_->digest());
    value_.reset();
  }
  reply.ArrayHeader(digests_.size());
  for (const Digest& digest : digests_) reply.SimpleString(digest.Hex());
  return true;
}

}  // namespace cordwood::commands::debug
