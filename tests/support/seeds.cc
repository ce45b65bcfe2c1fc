#include "tests/support/seeds.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/format.h"

namespace cordwood::support {

namespace {

constexpr double kDefaultSeconds = 1;

/// The value of an environment variable; null if it is empty or not set.
const char* Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? nullptr : value;
}

double BudgetSeconds() {
  const char* text = Variable("CORDWOOD_TEST_SECONDS");
  if (text == nullptr) return kDefaultSeconds;
  char* end = nullptr;
  const double seconds = std::strtod(text, &end);
  CHECK(*end == '\0' && seconds >= 0 && seconds < 1e9);  // CORDWOOD_TEST_SECONDS is a number
  return seconds;
}

uint64_t RealNs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

}  // namespace

bool FullRun() {
  const char* full = Variable("CORDWOOD_FULL");
  return full != nullptr && std::string_view(full) != "0";
}

bool OneSeedOnly() { return Variable("CORDWOOD_SEED") != nullptr; }

uint64_t BaseSeed() {
  const char* seed = Variable("CORDWOOD_SEED");
  if (seed == nullptr) return 1;
  char* end = nullptr;
  const uint64_t value = std::strtoull(seed, &end, 10);
  CHECK(*end == '\0');  // CORDWOOD_SEED is a decimal number
  return value;
}

Seeds::Seeds(uint64_t least, uint64_t full) : Seeds(least, full, RealNs) {}

Seeds::Seeds(uint64_t least, uint64_t full, Clock clock)
    : clock_(std::move(clock)),
      start_ns_(clock_()),
      budget_ns_(static_cast<uint64_t>(BudgetSeconds() * 1e9)),
      first_(BaseSeed()),
      least_(OneSeedOnly() ? 1 : least),
      most_(OneSeedOnly() ? 1 : full) {
  CHECK(least <= full);
}

Seeds::~Seeds() {
  const double seconds = static_cast<double>(clock_() - start_ns_) / 1e9;
  std::puts(Format("[  seeds   ] {} from {} on in {:.2f} s; at least {}, in a full run {}", done_,
                   first_, seconds, least_, most_)
                .c_str());
}

bool Seeds::GoesOn() const {
  if (done_ < least_) return true;
  return done_ < most_ && (FullRun() || clock_() - start_ns_ < budget_ns_);
}

}  // namespace cordwood::support
