#include "tests/support/seeds.h"

#include <cstdlib>
#include <numeric>
#include <string_view>

#include "base/check.h"

namespace cordwood::support {

namespace {

const char* OnlySeed() {
  const char* seed = std::getenv("CORDWOOD_SEED");
  return seed == nullptr || *seed == '\0' ? nullptr : seed;
}

}  // namespace

bool FullRun() {
  const char* full = std::getenv("CORDWOOD_FULL");
  return full != nullptr && std::string_view(full) != "" && std::string_view(full) != "0";
}

int SeedCount(int quick, int full) {
  if (OnlySeed() != nullptr) return 1;
  return FullRun() ? full : quick;
}

uint64_t BaseSeed() {
  const char* seed = OnlySeed();
  if (seed == nullptr) return 1;
  char* end = nullptr;
  const uint64_t value = std::strtoull(seed, &end, 10);
  CHECK(*end == '\0');  // CORDWOOD_SEED is a decimal number
  return value;
}

std::vector<uint64_t> Seeds(int quick, int full) {
  std::vector<uint64_t> seeds(static_cast<size_t>(SeedCount(quick, full)));
  std::iota(seeds.begin(), seeds.end(), BaseSeed());
  return seeds;
}

TimeBudget::TimeBudget(Env& env, uint64_t ms)
    : env_(env), end_ns_(env.MonotonicNs() + ms * 1'000'000) {}

bool TimeBudget::Spent() const { return env_.MonotonicNs() >= end_ns_; }

}  // namespace cordwood::support
