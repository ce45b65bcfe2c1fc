#pragma once

// Memory for large entries: what a merge needs is in proportion to the largest entry that it may
// meet, and so it takes a ticket for that before it begins.
//
// A ticket is given if it fits what others left of the pool. One that is larger than the pool is
// given when no other is out: its owner works alone. One of at most a sixteenth of the pool is
// always given and takes nothing of it: who handles no large entries never waits for those who do.
// So some job can always go on, and what is out is at most the pool, or one ticket, and a sixteenth
// of the pool for each job beside it.
//
// Nobody waits in here: who gets no ticket asks again when a job has ended.
//
// Threads: any.

#include <cstdint>
#include <optional>
#include <utility>

#include "base/mutex.h"

namespace cordwood::storage {

class TicketPool {
 public:
  /// What was taken; given back when it is destroyed. The pool outlives it.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), bytes_(other.bytes_) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Ticket() {
      if (pool_ != nullptr) pool_->Return(bytes_);
    }

   private:
    friend class TicketPool;
    Ticket(TicketPool* pool, uint64_t bytes) : pool_(pool), bytes_(bytes) {}

    TicketPool* pool_;
    uint64_t bytes_;
  };

  explicit TicketPool(uint64_t bytes) : bytes_(bytes) {}

  std::optional<Ticket> Take(uint64_t bytes);

  /// The pool from now on; what is out stays out.
  void SetBytes(uint64_t bytes);
  /// What is out, without the small ones.
  uint64_t taken() const;

 private:
  void Return(uint64_t bytes);

  mutable Mutex mutex_;
  uint64_t bytes_ GUARDED_BY(mutex_);
  uint64_t taken_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::storage
