#include "pipeline/loop/reply_queue.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

constexpr size_t kMegabyte = 1 << 20;

/// Sends everything that is ready, in parts of at most `part` bytes.
std::string Send(ReplyQueue& queue, size_t part = SIZE_MAX) {
  std::string sent;
  while (!queue.ready().empty()) {
    const std::string_view ready = queue.ready().substr(0, part);
    sent += ready;
    queue.Consume(ready.size());
  }
  return sent;
}

TEST(ReplyQueue, WhatWaitsForASeqLeavesWhenItIsVisible) {
  ReplyQueue queue;
  queue.buffer() += "one";
  queue.Commit(5, 4);
  queue.buffer() += "two";
  queue.Commit(7, 4);
  EXPECT_EQ(Send(queue), "");
  EXPECT_TRUE(queue.Release(6));
  EXPECT_EQ(Send(queue), "one");
  EXPECT_TRUE(queue.waiting());
  EXPECT_EQ(queue.unsent_bytes(), 3u);
  EXPECT_TRUE(queue.Release(7));
  EXPECT_EQ(Send(queue), "two");
  EXPECT_EQ(queue.unsent_bytes(), 0u);
}

TEST(ReplyQueue, ALongReplyIsNotKeptWhenItWasSent) {
  ReplyQueue queue;
  for (int i = 0; i < 8; ++i) {
    queue.AppendPiece(std::string(kMegabyte, 'x'));
    EXPECT_EQ(queue.buffer().size(), 0u);
  }
  queue.Append("end");
  queue.Commit(0, 0);
  EXPECT_GE(queue.memory_bytes(), 8 * kMegabyte);
  queue.Consume(kMegabyte);
  EXPECT_LT(queue.memory_bytes(), 8 * kMegabyte);
  EXPECT_EQ(Send(queue, 1000).size(), 7 * kMegabyte + 3);
  EXPECT_LT(queue.memory_bytes(), 1000u);
}

TEST(ReplyQueue, ALongOneThatIsWrittenInPlaceIsNotKeptEither) {
  ReplyQueue queue;
  for (int i = 0; i < 4; ++i) {
    queue.buffer().append(kMegabyte, 'x');
    queue.Commit(0, 0);
  }
  queue.Consume(kMegabyte);
  queue.Consume(kMegabyte);
  EXPECT_LT(queue.memory_bytes(), 3 * kMegabyte);
}

TEST(ReplyQueue, SendsEveryByteOnceInItsOrder) {
  for (const uint64_t seed : support::Seeds(200, 2000)) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    ReplyQueue queue;
    std::string expected;
    std::string sent;
    char next = 0;
    storage::Seq dep = 0;
    storage::Seq visible = 0;
    for (int step = 0; step < 200; ++step) {
      const size_t size = random() % 8 == 0 ? random() % (600 << 10) : random() % 100;
      std::string bytes(size, '\0');
      for (char& byte : bytes) byte = ++next;
      switch (random() % 6) {
        case 0:
          queue.buffer() += bytes;
          expected += bytes;
          queue.Commit(dep += random() % 3, visible);
          break;
        case 1:
          expected += bytes;
          queue.AppendPiece(std::move(bytes));
          queue.Append("!");
          expected += '!';
          queue.Commit(dep, visible);
          break;
        case 2: {
          const size_t before = queue.buffer().size();
          queue.buffer() += bytes;
          queue.buffer().resize(before);
          queue.ReleaseSpare();
          break;
        }
        case 3:
          queue.Release(visible = std::min(dep, visible + random() % 4));
          break;
        default:
          for (size_t left = random() % 1000; left > 0 && !queue.ready().empty();) {
            const std::string_view ready = queue.ready().substr(0, left);
            sent += ready;
            left -= ready.size();
            queue.Consume(ready.size());
          }
      }
      ASSERT_EQ(queue.appended(), expected.size());
      ASSERT_EQ(queue.unsent_bytes(), expected.size() - sent.size());
    }
    queue.Release(dep);
    sent += Send(queue);
    ASSERT_TRUE(sent == expected);
  }
}

}  // namespace
}  // namespace cordwood::pipeline
