#include "storage/fetches.h"

#include <algorithm>
#include <utility>

namespace cordwood::storage {
namespace {

// What one task reads before other fetches have their turn.
constexpr size_t kBlocksPerTask = 256;
// A block may hold a large entry if its table has one and it is not small itself, compressed.
constexpr uint64_t kLargeEntryBytes = 1 << 20;
constexpr uint32_t kLargeBlockBytes = 32 << 10;

bool MayBeLarge(const TableFile& file, const BlockRef& block) {
  return !block.is_table() && block.size >= kLargeBlockBytes &&
         file.properties().largest_entry >= kLargeEntryBytes;
}

}  // namespace

void Fetches::Start(std::vector<BlockRef> blocks, std::function<void(FetchedBlocks)> done) {
  running_.fetch_add(1);
  Schedule(
      std::make_shared<FetchJob>(FetchJob{.blocks = std::move(blocks), .done = std::move(done)}));
}

void Fetches::Await() {
  env_.Await([this] { return running_.load() == 0; });
}

void Fetches::Schedule(std::shared_ptr<FetchJob> job) {
  env_.Schedule(Lane::kFetch, [this, job = std::move(job)]() mutable { Run(std::move(job)); });
}

void Fetches::Run(std::shared_ptr<FetchJob> job) {
  const size_t end = std::min(job->blocks.size(), job->next + kBlocksPerTask);
  while (job->next < end) {
    if (!ReadNext(job)) return;
  }
  if (job->next < job->blocks.size()) {
    Schedule(std::move(job));
    return;
  }
  job->done(std::move(job->fetched));
  job.reset();
  running_.fetch_sub(1);  // whoever waits for it may destroy this now
}

Status Fetches::Read(TableFile& file, const BlockRef& block, FetchedBlocks& fetched) {
  CW_ASSIGN(std::shared_ptr<const Table> table, file.Open());
  if (block.is_table()) {
    fetched.tables.push_back(std::move(table));
    return {};
  }
  CW_ASSIGN(BlockCache::Pin pin, table->Fetch(block));
  fetched.pins.push_back(std::move(pin));
  return {};
}

bool Fetches::ReadNext(const std::shared_ptr<FetchJob>& job) {
  const BlockRef& block = job->blocks[job->next];
  const std::shared_ptr<TableFile> file = versions_.FindTable(block.file_number);
  if (file != nullptr) {
    if (MayBeLarge(*file, block) && !TakeTurn(job)) return false;
    const Status read = Read(*file, block, job->fetched);
    if (!read && job->fetched.status) job->fetched.status = read;
  }
  EndTurn(*job);
  ++job->next;
  return true;
}

bool Fetches::TakeTurn(const std::shared_ptr<FetchJob>& job) {
  const MutexLock lock(mutex_);
  if (job->has_turn) return true;  // it waited for it
  if (turn_is_taken_) {
    waiting_.push_back(job);
    return false;
  }
  turn_is_taken_ = true;
  job->has_turn = true;
  return true;
}

void Fetches::EndTurn(FetchJob& job) {
  if (!std::exchange(job.has_turn, false)) return;
  std::shared_ptr<FetchJob> next;
  {
    const MutexLock lock(mutex_);
    turn_is_taken_ = !waiting_.empty();
    if (!turn_is_taken_) return;
    next = std::move(waiting_.front());
    waiting_.pop_front();
    next->has_turn = true;
  }
  Schedule(std::move(next));
}

}  // namespace cordwood::storage
