#include "tests/support/seeds.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/sim_env.h"

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

TEST(Seeds, AreFewInAQuickRunAndManyInAFullOne) {
  const Variable no_seed("CORDWOOD_SEED", nullptr);
  {
    const Variable quick("CORDWOOD_FULL", nullptr);
    EXPECT_EQ(SeedCount(3, 300), 3);
    EXPECT_EQ(Seeds(3, 300), (std::vector<uint64_t>{1, 2, 3}));
  }
  {
    const Variable quick("CORDWOOD_FULL", "0");
    EXPECT_EQ(SeedCount(3, 300), 3);
  }
  const Variable full("CORDWOOD_FULL", "1");
  EXPECT_EQ(SeedCount(3, 300), 300);
}

TEST(Seeds, AreOneWhenItIsNamed) {
  const Variable seed("CORDWOOD_SEED", "18446744073709551615");
  const Variable full("CORDWOOD_FULL", "1");
  EXPECT_EQ(Seeds(3, 300), (std::vector<uint64_t>{UINT64_MAX}));
}

TEST(TimeBudget, IsSpentWhenTheTimeHasPassed) {
  SimEnv env(1);
  const TimeBudget budget(env, 100);
  EXPECT_FALSE(budget.Spent());
  env.AdvanceMs(99);
  EXPECT_FALSE(budget.Spent());
  env.AdvanceMs(1);
  EXPECT_TRUE(budget.Spent());
}

}  // namespace
}  // namespace cordwood::support
