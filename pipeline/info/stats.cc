#include "pipeline/info/stats.h"

namespace cordwood::pipeline {

bool PipelineStats::Sample(uint64_t now_ns) {
  constexpr uint64_t kSampleNs = 1'000'000'000;
  if (now_ns - sampled_ns < kSampleNs) return false;
  const double seconds = static_cast<double>(now_ns - sampled_ns) / 1e9;
  const auto rate = [&](uint64_t current, uint64_t& sampled) {
    const double per_second = static_cast<double>(current - sampled) / seconds;
    sampled = current;
    return per_second;
  };
  ops_per_second = rate(commands_processed, sampled_commands);
  input_bytes_per_second = rate(input_bytes, sampled_input_bytes);
  output_bytes_per_second = rate(output_bytes, sampled_output_bytes);
  sampled_ns = now_ns;
  return true;
}

}  // namespace cordwood::pipeline
