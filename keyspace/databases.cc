#include "keyspace/databases.h"

#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"

namespace cordwood::keyspace {

Databases::Databases(int count) {
  CHECK(static_cast<Generation>(count) < kFirstFree);
  for (int db = 0; db < count; ++db) newest_.push_back(static_cast<Generation>(db) + 1);
  visible_ = newest_;
}

std::string Databases::RecordKey(int db) {
  return KeyRecordKey(kSystemGeneration, Format("db:{}", db));
}

Status Databases::Load(storage::View& view) {
  for (size_t db = 0; db < newest_.size(); ++db) {
    CW_ASSIGN(const std::optional<std::string_view> value,
              view.Get(RecordKey(static_cast<int>(db))));
    if (!value) continue;
    ByteReader in(*value);
    const std::optional<uint64_t> generation = in.Varint64();
    if (!generation || !in.empty()) {
      return Fail(ErrorCode::kCorruption, Format("the record of database {} is malformed", db));
    }
    newest_[db] = *generation;
  }
  visible_ = newest_;
  return {};
}

Generation Databases::Newest(int db) const {
  const std::scoped_lock lock(mutex_);
  return newest_[static_cast<size_t>(db)];
}

Generation Databases::Visible(int db, storage::Seq visible) const {
  const std::scoped_lock lock(mutex_);
  CHECK(visible >= folded_);
  while (!pending_.empty() && pending_.front().seq <= visible) {
    folded_ = pending_.front().seq;
    visible_[static_cast<size_t>(pending_.front().db)] = pending_.front().generation;
    pending_.pop_front();
  }
  return visible_[static_cast<size_t>(db)];
}

void Databases::Change(storage::Seq seq, int db, Generation generation) {
  const std::scoped_lock lock(mutex_);
  newest_[static_cast<size_t>(db)] = generation;
  pending_.push_back({.seq = seq, .db = db, .generation = generation});
}

}  // namespace cordwood::keyspace
