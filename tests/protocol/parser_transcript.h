#pragma once

// Everything that a RequestParser says about some bytes, as a value: two ways of cutting the same
// bytes must give the same one. Shared by the tests and the fuzz targets.
//
// Threads: any; no state.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/limits.h"
#include "protocol/request_parser.h"

namespace cordwood::protocol {

struct Transcript {
  std::vector<std::vector<std::string>> commands;
  bool failed = false;
  std::string reply;
  std::string_view reason;
  /// The most that the parser held at any time.
  size_t memory_bytes_max = 0;
};

/// Answers how many bytes arrive next; at least one.
using NextSegment = std::function<size_t()>;

/// Equality without memory_bytes_max, which depends on the cuts.
bool SameOutcome(const Transcript& a, const Transcript& b);

/// Parses `input` in segments.
Transcript Transcribe(std::string_view input, const NextSegment& next_segment,
                      const Limits& limits = {});

Transcript TranscribeWhole(std::string_view input, const Limits& limits = {});
Transcript TranscribeBytewise(std::string_view input, const Limits& limits = {});

}  // namespace cordwood::protocol
