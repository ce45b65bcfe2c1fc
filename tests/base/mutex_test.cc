#include "base/mutex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace cordwood {
namespace {

/// Numbers that go from one thread to another, one at a time.
class Slot {
 public:
  void Put(int number) {
    MutexLock lock(mutex_);
    while (full_) changed_.Wait(mutex_);
    number_ = number;
    full_ = true;
    lock.Unlock();
    changed_.NotifyAll();
    lock.Lock();
    ++puts_;
  }
  int Take() {
    const MutexLock lock(mutex_);
    while (!full_) changed_.Wait(mutex_);
    full_ = false;
    changed_.NotifyOne();
    return number_;
  }
  bool IsFilledWithin(std::chrono::milliseconds time) {
    const MutexLock lock(mutex_);
    while (!full_) {
      if (!changed_.WaitFor(mutex_, time)) return full_;
    }
    return true;
  }
  int puts() {
    const MutexLock lock(mutex_);
    return puts_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int number_ GUARDED_BY(mutex_) = 0;
  bool full_ GUARDED_BY(mutex_) = false;
  int puts_ GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, WhatItGuardsGoesFromThreadToThread) {
  constexpr int kCount = 2000;
  Slot slot;
  std::thread writer([&] {
    for (int i = 0; i < kCount; ++i) slot.Put(i);
  });
  std::vector<int> taken;
  for (int i = 0; i < kCount; ++i) taken.push_back(slot.Take());
  writer.join();
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(taken[static_cast<size_t>(i)], i);
  EXPECT_EQ(slot.puts(), kCount);
}

TEST(CondVar, WaitsNoLongerThanItIsTold) {
  Slot slot;
  EXPECT_FALSE(slot.IsFilledWithin(std::chrono::milliseconds(1)));
  slot.Put(1);
  EXPECT_TRUE(slot.IsFilledWithin(std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace cordwood
