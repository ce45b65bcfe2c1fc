#include "storage/compaction/ticket_pool.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kSmallShare = 16;

}  // namespace

std::optional<TicketPool::Ticket> TicketPool::Take(uint64_t bytes) {
  const MutexLock lock(mutex_);
  if (bytes <= bytes_ / kSmallShare) return Ticket(this, 0);
  const bool fits = taken_ <= bytes_ && bytes <= bytes_ - taken_;
  if (!fits && taken_ > 0) return std::nullopt;
  taken_ += bytes;
  return Ticket(this, bytes);
}

void TicketPool::SetBytes(uint64_t bytes) {
  const MutexLock lock(mutex_);
  bytes_ = bytes;
}

uint64_t TicketPool::taken() const {
  const MutexLock lock(mutex_);
  return taken_;
}

void TicketPool::Return(uint64_t bytes) {
  const MutexLock lock(mutex_);
  taken_ -= bytes;
}

}  // namespace cordwood::storage
