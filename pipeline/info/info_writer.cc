#include "pipeline/info/info_writer.h"

#include <array>

namespace cordwood::pipeline {

std::string HumanBytes(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "K", "M", "G", "T"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? Format("{}B", bytes) : Format("{:.2f}{}", value, kUnits[unit]);
}

}  // namespace cordwood::pipeline
