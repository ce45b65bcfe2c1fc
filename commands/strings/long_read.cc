#include "commands/strings/long_read.h"

#include <algorithm>
#include <tuple>

#include "base/format.h"
#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "keyspace/types/strings.h"

namespace cordwood::commands::strings {
namespace {

bool IsCold(const Status& status) { return !status && status.error().code() == ErrorCode::kCold; }

}  // namespace

std::pair<uint64_t, uint64_t> Range::In(uint64_t length) const {
  const auto size = static_cast<int64_t>(length);
  if (start < 0 && end < 0 && start > end) return {0, 0};
  const int64_t first = start < 0 ? std::max<int64_t>(start + size, 0) : start;
  const int64_t last = std::min(end < 0 ? std::max<int64_t>(end + size, 0) : end, size - 1);
  if (first > last) return {0, 0};
  return {static_cast<uint64_t>(first), static_cast<uint64_t>(last) + 1};
}

// --- values and parts of them ---

Result<bool> LongStrings::Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
  const size_t start = reply.size();
  if (kind_ == Reply::kArray && !begun_) reply.ArrayHeader(keys_.size());
  Place place = place_;
  // Of a slice that came to nothing.
  while (!missing_.empty() && missing_.back() >= place.key) missing_.pop_back();
  const size_t keys_end = std::min(keys_.size(), place.key + kSliceKeys);
  while (place.key < keys_end && reply.size() - start < kSliceBytes) {
    const size_t before = reply.size();
    const Place from = place;
    const Status status = Append(tx, reply, place);
    if (IsCold(status)) {
      NameBlocks(tx, reply, std::move(place));
      reply.Truncate(before);
      place = from;
      if (begun_ && before > start) break;
    }
    CW_TRY(status);
    if (!place.exists) missing_.push_back(from.key);
  }
  begun_ = true;
  place_ = std::move(place);
  if (place_.key < keys_.size()) return false;
  CountLookups(tx);
  return true;
}

void LongStrings::CountLookups(keyspace::Transaction& tx) const {
  for (size_t i = missing_.size(); i < keys_.size(); ++i) tx.NoteLookup(true);
  for (const size_t key : missing_) {
    CountLookup(tx, {.generation = generation(), .key = keys_[key]}, false);
  }
}

Status LongStrings::Append(keyspace::Transaction& tx, protocol::ReplyWriter& reply,
                           Place& place) const {
  if (!place.record) {
    const storage::ReadScope scope(tx.view());
    const keyspace::KeyName name = {.generation = generation(), .key = keys_[place.key]};
    CW_ASSIGN(const std::optional<keyspace::RecordView> seen, keyspace::SeeKey(tx, name));
    place.exists = seen.has_value();
    if (!seen || seen->header.type != keyspace::Type::kString) {
      AppendNoString(reply, seen.has_value());
      place.NextKey();
      return {};
    }
    CW_ASSIGN(const keyspace::String string, keyspace::String::Open(tx, generation(), *seen));
    std::tie(place.at, place.end) = range_.In(string.length());
    if (!string.in_chunks()) {
      reply.Bulk(string.whole().substr(place.at, place.end - place.at));
      place.NextKey();
      return {};
    }
    place.record = {.form = keyspace::Form::kElements, .payload = std::string(seen->payload)};
    reply.BulkBegin(place.end - place.at);
  }
  CW_ASSIGN(keyspace::String string,
            keyspace::String::Open(tx, generation(), place.record->view()));
  const uint64_t next = std::min(place.end, place.at + kSliceBytes);
  CW_TRY(string.Read(place.at, next, [&](std::string_view bytes) { reply.Raw(bytes); }));
  place.at = next;
  if (place.at == place.end) {
    reply.BulkEnd();
    place.NextKey();
  }
  return {};
}

void LongStrings::AppendNoString(protocol::ReplyWriter& reply, bool exists) const {
  if (exists && kind_ != Reply::kArray) {
    reply.Error(kWrongType);
  } else if (kind_ == Reply::kRange) {
    reply.Bulk({});
  } else {
    reply.Null();
  }
}

void LongStrings::NameBlocks(keyspace::Transaction& tx, const protocol::ReplyWriter& reply,
                             Place place) const {
  std::string dropped;
  protocol::ReplyWriter writer(dropped, reply.version());
  uint64_t bytes = 0;
  for (place.NextKey(); place.key < keys_.size() && bytes < kSliceBytes;) {
    if (Append(tx, writer, place)) {
      bytes += dropped.size();
    } else {
      if (place.record) bytes += std::min(place.end - place.at, kSliceBytes);
      place.NextKey();
    }
    dropped.clear();
  }
}

// --- DIGEST ---

Result<bool> LongDigest::Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
  const keyspace::KeyName name = {.generation = generation(), .key = key_};
  CW_ASSIGN(const std::optional<keyspace::RecordView> seen, keyspace::SeeKey(tx, name));
  if (!seen || seen->header.type != keyspace::Type::kString) {
    CountLookup(tx, name, seen.has_value());
    if (seen) {
      reply.Error(kWrongType);
    } else {
      reply.Null();
    }
    return true;
  }
  CW_ASSIGN(keyspace::String string, keyspace::String::Open(tx, generation(), *seen));
  const uint64_t next = std::min(string.length(), at_ + kSliceBytes);
  CW_ASSIGN(const std::string bytes, string.ReadPart(at_, next));
  hash_.Update(bytes);
  at_ = next;
  if (at_ < string.length()) return false;
  tx.NoteLookup(true);
  reply.Bulk(Format("{:016x}", hash_.Digest()));
  return true;
}

}  // namespace cordwood::commands::strings
