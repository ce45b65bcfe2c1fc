#include "storage/compaction/ticket_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

using Ticket = TicketPool::Ticket;

TEST(TicketPool, GivesWhatFitsAndNoMore) {
  TicketPool pool(100);
  std::optional<Ticket> first = pool.Take(60);
  ASSERT_TRUE(first);
  EXPECT_FALSE(pool.Take(41));
  const std::optional<Ticket> second = pool.Take(40);
  EXPECT_TRUE(second);
  EXPECT_FALSE(pool.Take(10));
  first.reset();
  EXPECT_EQ(pool.taken(), 40u);
  EXPECT_TRUE(pool.Take(60));
  EXPECT_EQ(pool.taken(), 40u);
}

TEST(TicketPool, OneThatIsLargerThanThePoolIsGivenToWhoeverIsAlone) {
  TicketPool pool(100);
  std::optional<Ticket> small = pool.Take(10);
  EXPECT_FALSE(pool.Take(1000));
  small.reset();
  std::optional<Ticket> huge = pool.Take(1000);
  ASSERT_TRUE(huge);
  EXPECT_FALSE(pool.Take(1000));
  EXPECT_FALSE(pool.Take(10));
  huge.reset();
  EXPECT_EQ(pool.taken(), 0u);
  EXPECT_TRUE(pool.Take(10));
}

TEST(TicketPool, WhoHandlesNothingLargeNeverWaits) {
  TicketPool pool(160);
  const std::optional<Ticket> huge = pool.Take(1000);
  ASSERT_TRUE(huge);
  EXPECT_TRUE(pool.Take(10));
  EXPECT_FALSE(pool.Take(11));
  EXPECT_TRUE(TicketPool(0).Take(0));
}

TEST(TicketPool, APoolThatShrinksTakesNothingBackAndGivesNoMoreUntilThereIsRoom) {
  TicketPool pool(100);
  std::optional<Ticket> first = pool.Take(80);
  pool.SetBytes(50);
  EXPECT_FALSE(pool.Take(20));
  first.reset();
  EXPECT_TRUE(pool.Take(20));
  EXPECT_EQ(pool.taken(), 0u);
}

TEST(TicketPool, AMovedTicketIsGivenBackOnce) {
  TicketPool pool(100);
  {
    Ticket ticket = *pool.Take(30);
    const Ticket moved = std::move(ticket);
    EXPECT_EQ(pool.taken(), 30u);
  }
  EXPECT_EQ(pool.taken(), 0u);
}

// Jobs of any size come and go, those that got no ticket ask again whenever one has ended: what is
// out is bounded, and every job has its turn.
TEST(TicketPool, EveryJobHasItsTurnAndOneAlwaysWorks) {
  constexpr uint64_t kPool = 1000;
  for (const uint64_t seed : support::Seeds(200, 5000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    TicketPool pool(kPool);
    std::deque<uint64_t> waiting;
    for (int i = 0; i < 40; ++i) waiting.push_back(random.Below(3 * kPool));
    struct Job {
      Ticket ticket;
      uint64_t bytes;
    };
    std::vector<Job> working;
    int rounds = 0;
    while (!waiting.empty() || !working.empty()) {
      ASSERT_LT(++rounds, 1000);
      std::erase_if(waiting, [&](uint64_t bytes) {
        std::optional<Ticket> ticket = pool.Take(bytes);
        if (!ticket) return false;
        working.push_back({.ticket = std::move(*ticket), .bytes = bytes});
        const Job& largest = *std::ranges::max_element(working, {}, &Job::bytes);
        EXPECT_LE(pool.taken(), std::max(kPool, largest.bytes));
        return true;
      });
      ASSERT_FALSE(working.empty());
      std::swap(working[random.Below(working.size())], working.back());
      working.pop_back();
    }
    EXPECT_EQ(pool.taken(), 0u);
  }
}

}  // namespace
}  // namespace cordwood::storage
