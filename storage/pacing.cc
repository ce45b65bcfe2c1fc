#include "storage/pacing.h"

#include <algorithm>

namespace cordwood::storage {
namespace {

// A level with four times the runs it should have counts as pressure 1.
constexpr double kDebtAtFullPressure = 4.0;
constexpr double kPressureStart = 0.5;
constexpr double kDelayUsPerMegabyte = 100'000;
constexpr double kDelayUsPerMegabyteMax = 1'000'000;
constexpr double kMegabyte = 1 << 20;

}  // namespace

double WritePressure(double debt, double memory) {
  const double excess = std::max(debt - 1.0, 0.0) / (kDebtAtFullPressure - 1.0);
  return std::max(excess, memory);
}

uint64_t WriteDelayUs(double pressure, uint64_t bytes) {
  const double excess = std::max(pressure - kPressureStart, 0.0) / (1.0 - kPressureStart);
  const double per_megabyte =
      std::min(kDelayUsPerMegabyte * excess * excess * excess, kDelayUsPerMegabyteMax);
  return static_cast<uint64_t>(per_megabyte * static_cast<double>(bytes) / kMegabyte);
}

}  // namespace cordwood::storage
