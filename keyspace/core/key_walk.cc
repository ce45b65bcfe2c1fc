#include "keyspace/core/key_walk.h"

#include <algorithm>

#include "base/glob.h"
#include "keyspace/core/range_walk.h"

namespace cordwood::keyspace {
namespace {

// Steps of matching that take about as long as getting to the next key.
constexpr uint64_t kStepsPerKey = 1024;

/// The end of the keys that can match the pattern.
std::string EndOf(Generation generation, std::string_view pattern) {
  const std::string_view prefix = GlobPrefix(pattern);
  std::string end = KeyRecordKey(generation, prefix);
  if (prefix.size() < pattern.size()) return PrefixEnd(end);
  end.push_back('\0');  // only the prefix itself
  return end;
}

}  // namespace

uint64_t KeyWalk::CostOf(size_t key_bytes) const {
  return 1 + filter_.pattern.size() * key_bytes / kStepsPerKey;
}

KeyWalk::KeyWalk(Generation generation, KeyFilter filter, int64_t now_ms, std::string_view from)
    : prefix_bytes_(TablePrefix(generation, Table::kKey).size()),
      now_ms_(now_ms),
      filter_(std::move(filter)),
      next_(KeyRecordKey(generation, std::max(from, GlobPrefix(filter_.pattern)))),
      end_(EndOf(generation, filter_.pattern)) {}

std::string_view KeyWalk::position() const { return std::string_view(next_).substr(prefix_bytes_); }

Result<uint64_t> KeyWalk::Advance(Transaction& tx, uint64_t limit,
                                  const std::function<void(std::string_view key)>& found) {
  uint64_t looked_at = 0;
  RangeWalk records(tx, end_);
  records.SetBudget(kHiddenPerSlice);
  for (records.Seek(next_); records.Valid(); records.Next()) {
    if (looked_at >= limit) return looked_at;
    Result<RecordHeader> header = RecordHeader::Decode(records.value());
    if (!header) {
      if (looked_at > 0) return looked_at;
      return std::unexpected(std::move(header).error());
    }
    looked_at += CostOf(records.key().size() - prefix_bytes_);
    next_.assign(records.key());
    next_.push_back('\0');
    if (header->ExpiredAt(now_ms_) || (filter_.type && header->type != *filter_.type)) continue;
    const std::string_view key = records.key().substr(prefix_bytes_);
    if (GlobMatch(filter_.pattern, key)) found(key);
  }
  const Status status = records.status();
  if (!status) {
    std::string passed = records.stopped() ? records.passed() : next_;
    if (looked_at == 0 && passed == next_) return std::unexpected(status.error());
    next_ = std::move(passed);
    return looked_at;
  }
  done_ = true;
  return looked_at;
}

}  // namespace cordwood::keyspace
