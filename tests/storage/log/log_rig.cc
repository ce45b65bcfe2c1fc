#include "tests/storage/log/log_rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "storage/file_names.h"
#include "storage/write_batch.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimEnv;
using support::SimOptions;

std::string OneRecord(uint64_t era, Seq seq, size_t value_bytes) {
  WriteBatch batch;
  std::string value = Format("era {} seq {} ", era, seq);
  value.resize(std::max(value.size(), value_bytes), static_cast<char>('a' + seq % 26));
  batch.Put(Format("key{}", seq), value);
  return batch.bytes();
}

}  // namespace

LogRig::LogRig(Options options) : options_(std::move(options)), durability_(options_.durability) {
  env_ = std::make_unique<SimEnv>(
      SimOptions{.seed = options_.seed, .switch_percent = options_.switch_percent});
  CHECK(env_->CreateDir(std::string(kDir)));
  CHECK(env_->SyncDir("/"));
  CHECK(CreateNote(*env_, std::string(kDir), kStoreId));
}

LogRig::~LogRig() { Drop(); }

Status LogRig::Open() {
  next_number_ = std::max(next_number_, HighestNumber() + 1);
  const NumberAllocator allocate = [this] { return next_number_++; };
  const RecoveryOptions recovery{.dir = std::string(kDir),
                                 .store_id = kStoreId,
                                 .segment_bytes = first_bytes(),
                                 .flushed_seq = flushed_,
                                 .known_synced = known_synced_,
                                 .allocate = allocate};
  replayed_ = flushed_;
  Result<RecoveredLog> recovered =
      RecoverLog(*env_, recovery, [this](Seq first, uint32_t count, std::string_view ops) {
        return Replay(first, count, ops);
      });
  if (!recovered) return std::unexpected(std::move(recovered).error());

  recovered_ = recovered->last_seq;
  recovered_stream_ = recovered->stream;
  copied_groups_ = recovered->copied_groups;
  replayed_groups_ = recovered->replayed_groups;
  resumed_ = recovered->resumed;
  EXPECT_EQ(recovered_, std::max(replayed_, flushed_));
  EXPECT_GE(recovered_, std::max(owed_, kernel_has_)) << "records that were acknowledged are gone";
  EXPECT_LE(recovered_, records_.size());
  if (recovered_ > records_.size()) recovered_ = records_.size();
  if (recovered_ > flushed_) {
    EXPECT_TRUE(records_[recovered_ - 1].ends_batch) << "a torn batch";
  }
  records_.resize(recovered_);
  // All that was recovered is on stable storage: from here on it is owed.
  owed_ = recovered_;
  ++era_;
  log_ = std::make_unique<CommitLog>(*env_,
                                     LogOptions{.dir = std::string(kDir),
                                                .store_id = kStoreId,
                                                .segment_bytes = options_.segment_bytes,
                                                .small_segment_bytes = first_bytes(),
                                                .durability = durability_,
                                                .allocate = allocate,
                                                .gate = options_.gate,
                                                .on_progress = [this] { ++progress_calls_; }},
                                     *std::move(recovered));
  return {};
}

Result<Seq> LogRig::RecoverOnCopy() const {
  const std::unique_ptr<SimEnv> copy = env_->CopyAfterKill();
  uint64_t number = HighestNumber();
  const RecoveryOptions recovery{.dir = std::string(kDir),
                                 .store_id = kStoreId,
                                 .segment_bytes = first_bytes(),
                                 .flushed_seq = flushed_,
                                 .known_synced = known_synced_,
                                 .allocate = [&] { return ++number; }};
  const Result<RecoveredLog> recovered =
      RecoverLog(*copy, recovery, [](Seq, uint32_t, std::string_view) { return Status(); });
  if (!recovered) return std::unexpected(recovered.error());
  return recovered->last_seq;
}

Status LogRig::Replay(Seq first_seq, uint32_t op_count, std::string_view ops) {
  EXPECT_EQ(first_seq, replayed_ + 1);
  if (first_seq + op_count - 1 > records_.size()) {
    ADD_FAILURE() << "seq " << first_seq + op_count - 1 << " was never appended";
    return Fail(ErrorCode::kCorruption, "the rig never appended this");
  }
  std::string expected;
  for (uint32_t i = 0; i < op_count; ++i) expected += records_[first_seq - 1 + i].bytes;
  EXPECT_TRUE(ops == expected) << "seqs from " << first_seq << " have other bytes";
  replayed_ = first_seq + op_count - 1;
  return {};
}

void LogRig::Drop() {
  if (!log_) return;
  Observe();
  kernel_has_ = std::max(kernel_has_, log_->visible());
  log_.reset();
}

Status LogRig::Stop() {
  Status status = log_->Stop();
  Drop();
  return status;
}

void LogRig::Append(uint32_t ops, size_t value_bytes) {
  const Seq first = records_.size() + 1;
  std::string bytes;
  for (uint32_t i = 0; i < ops; ++i) {
    records_.push_back({.bytes = OneRecord(era_, first + i, value_bytes),
                        .ends_batch = i + 1 == ops,
                        .always = durability_ == Durability::kAlways});
    bytes += records_.back().bytes;
  }
  log_->Append(first, ops, bytes);
}

void LogRig::Settle() {
  log_->Kick();
  env_->RunUntilIdle();
  Observe();
}

void LogRig::Commit(uint32_t ops, size_t value_bytes) {
  Append(ops, value_bytes);
  Settle();
}

void LogRig::Flush() {
  Observe();
  // The real manifest is written and synced first; here it is two variables.
  if (env_->frozen()) return;
  known_synced_ = log_->synced();
  flushed_ = log_->visible();
  owed_ = std::max(owed_, flushed_);
  log_->ReleaseThrough(flushed_);
  env_->RunUntilIdle();
}

void LogRig::SetDurability(Durability durability) {
  durability_ = durability;
  log_->SetDurability(durability);
}

void LogRig::Observe() {
  const Seq synced = log_->synced();
  const Seq visible = log_->visible();
  EXPECT_LE(synced, visible);
  owed_ = std::max(owed_, synced);
  // Batches of kAlways may be shown only when they are on stable storage.
  for (Seq seq = owed_ + 1; seq <= visible; ++seq) {
    if (records_[seq - 1].always) owed_ = seq;
  }
}

void LogRig::Kill() {
  if (log_) {
    Observe();
    kernel_has_ = std::max(kernel_has_, log_->visible());
  }
  std::unique_ptr<SimEnv> next = env_->Kill();
  log_.reset();
  env_ = std::move(next);
}

void LogRig::LosePower(uint64_t seed, PowerLoss kind) {
  if (log_) Observe();
  kernel_has_ = 0;
  std::unique_ptr<SimEnv> next = env_->LosePower(seed, kind);
  log_.reset();
  env_ = std::move(next);
}

uint64_t LogRig::HighestNumber() const {
  uint64_t highest = 0;
  for (const std::string& path : env_->Paths(std::string(kDir))) {
    const auto name = ParseFileName(std::string_view(path).substr(kDir.size() + 1));
    if (name) highest = std::max(highest, name->number);
  }
  return highest;
}

std::vector<std::string> LogRig::Segments() const {
  std::vector<std::string> paths = env_->Paths(std::string(kDir));
  std::erase_if(paths, [](const std::string& path) { return !path.ends_with(".wal"); });
  return paths;
}

std::string LogRig::NewestSegment() const {
  std::string newest;
  uint64_t ordinal = 0;
  for (const std::string& path : Segments()) {
    const Result<std::string> bytes = env_->ReadRaw(path);
    CHECK(bytes);
    const Result<SegmentHeader> header = DecodeSegmentHeader(bytes->substr(0, kLogAlign));
    if (header && header->ordinal > ordinal) {
      newest = path;
      ordinal = header->ordinal;
    }
  }
  return newest;
}

std::vector<std::pair<std::string, std::string>> LogRig::Snapshot() const {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& path : env_->Paths(std::string(kDir))) {
    const Result<std::string> bytes = env_->ReadRaw(path);
    CHECK(bytes);
    files.emplace_back(path, *bytes);
  }
  return files;
}

}  // namespace cordwood::storage
