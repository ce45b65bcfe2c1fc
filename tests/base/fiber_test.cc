#include "base/fiber.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace cordwood {
namespace {

TEST(Fiber, RunsInPiecesBetweenSuspends) {
  std::string log;
  Fiber fiber;
  fiber.Start([&] {
    log += "a";
    fiber.Suspend();
    log += "b";
  });
  EXPECT_EQ(log, "");
  fiber.Resume();
  EXPECT_EQ(log, "a");
  EXPECT_FALSE(fiber.free());
  fiber.Resume();
  EXPECT_EQ(log, "ab");
  EXPECT_TRUE(fiber.free());
}

TEST(Fiber, IsReusedForAnotherBody) {
  int sum = 0;
  Fiber fiber;
  for (int i = 1; i <= 100; ++i) {
    fiber.Start([&, i] {
      fiber.Suspend();
      sum += i;
    });
    fiber.Resume();
    fiber.Resume();
  }
  EXPECT_EQ(sum, 5050);
}

TEST(Fiber, KeepsLocalsOfManyFibersApart) {
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<std::string> results(50);
  for (size_t i = 0; i < results.size(); ++i) {
    fibers.push_back(std::make_unique<Fiber>());
    Fiber& fiber = *fibers.back();
    fiber.Start([&fiber, &results, i] {
      std::string local = "fiber ";
      fiber.Suspend();
      local += std::to_string(i);
      fiber.Suspend();
      results[i] = local;
    });
  }
  for (int round = 0; round < 3; ++round) {
    for (const auto& fiber : fibers) fiber->Resume();
  }
  for (size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i], "fiber " + std::to_string(i));
}

int Depth(int left) {
  volatile char frame[512] = {};
  frame[0] = static_cast<char>(left);
  return left == 0 ? frame[0] : Depth(left - 1) + 1;
}

TEST(Fiber, HasRoomForDeepCalls) {
  int depth = 0;
  Fiber fiber;
  fiber.Start([&] { depth = Depth(200); });
  fiber.Resume();
  EXPECT_EQ(depth, 200);
}

TEST(Fiber, DiesWhenDestroyedInTheMiddle) {
  EXPECT_DEATH(
      {
        Fiber fiber;
        fiber.Start([&] { fiber.Suspend(); });
        fiber.Resume();
      },
      "free");
}

}  // namespace
}  // namespace cordwood
