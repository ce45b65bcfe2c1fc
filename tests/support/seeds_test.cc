#include "tests/support/seeds.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace cordwood::support {
namespace {

/// Sets an environment variable, or removes it, for the life of the object.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = getenv(name)) before_ = before;
    if (value != nullptr) {
      setenv(name, value, 1);
    } else {
      unsetenv(name);
    }
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// No variable is set but those that a test sets itself.
class SeedsTest : public testing::Test {
 protected:
  /// The seeds of a loop of which each takes so many milliseconds.
  std::vector<uint64_t> Run(uint64_t least, uint64_t full, uint64_t ms_each) {
    std::vector<uint64_t> seeds;
    for (const uint64_t seed : Seeds(least, full, [this] { return now_ns_; })) {
      seeds.push_back(seed);
      now_ns_ += ms_each * 1'000'000;
    }
    return seeds;
  }

  static std::vector<uint64_t> UpTo(uint64_t last) {
    std::vector<uint64_t> seeds(last);
    std::iota(seeds.begin(), seeds.end(), 1);
    return seeds;
  }

  uint64_t now_ns_ = 77;

 private:
  const Variable no_seed_{"CORDWOOD_SEED", nullptr};
  const Variable not_full_{"CORDWOOD_FULL", nullptr};
  const Variable no_budget_{"CORDWOOD_TEST_SECONDS", nullptr};
};

TEST_F(SeedsTest, RunUntilTheTimeIsOver) {
  EXPECT_EQ(Run(3, 300, 100), UpTo(10));
  const Variable budget("CORDWOOD_TEST_SECONDS", "2.5");
  EXPECT_EQ(Run(3, 300, 100), UpTo(25));
}

TEST_F(SeedsTest, AreNeverFewerThanTheLeast) {
  EXPECT_EQ(Run(3, 300, 60'000), UpTo(3));
  const Variable budget("CORDWOOD_TEST_SECONDS", "0");
  EXPECT_EQ(Run(3, 300, 0), UpTo(3));
}

TEST_F(SeedsTest, AreNeverMoreThanInAFullRun) { EXPECT_EQ(Run(3, 300, 0), UpTo(300)); }

TEST_F(SeedsTest, AreAllOfThemInAFullRun) {
  {
    const Variable quick("CORDWOOD_FULL", "0");
    EXPECT_EQ(Run(3, 300, 60'000), UpTo(3));
  }
  const Variable full("CORDWOOD_FULL", "1");
  EXPECT_EQ(Run(3, 300, 60'000), UpTo(300));
}

TEST_F(SeedsTest, AreOneWhenItIsNamed) {
  EXPECT_FALSE(OneSeedOnly());
  const Variable seed("CORDWOOD_SEED", "18446744073709551615");
  const Variable full("CORDWOOD_FULL", "1");
  EXPECT_TRUE(OneSeedOnly());
  EXPECT_EQ(BaseSeed(), UINT64_MAX);
  EXPECT_EQ(Run(3, 300, 0), (std::vector<uint64_t>{UINT64_MAX}));
}

TEST_F(SeedsTest, AreCountedAndPrinted) {
  testing::internal::CaptureStdout();
  {
    Seeds seeds(2, 300, [this] { return now_ns_; });
    for (const uint64_t seed : seeds) {
      now_ns_ += 250'000'000;
      if (seed == 3) break;  // a failure: this one is not through
    }
    EXPECT_EQ(seeds.done(), 2u);
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "[  seeds   ] 2 from 1 on in 0.75 s; at least 2, in a full run 300\n");
}

TEST_F(SeedsTest, TheClockIsARealOne) {
  const Variable budget("CORDWOOD_TEST_SECONDS", "0.01");
  Seeds seeds(1, UINT64_MAX);
  for (const uint64_t seed : seeds) EXPECT_GT(seed, 0u);
  EXPECT_GT(seeds.done(), 1u);
}

}  // namespace
}  // namespace cordwood::support
