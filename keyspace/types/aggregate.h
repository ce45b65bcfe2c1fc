#pragma once

// How the scores that a member has in several sorted sets become one. The result is always a
// number: sums of opposite infinities, and an infinity without weight, are 0.
//
// Threads: any; no state.

#include <cmath>
#include <cstdint>

namespace cordwood::keyspace {

enum class Aggregate : uint8_t { kSum, kMin, kMax };

inline double Weighted(double score, double weight) {
  const double weighted = score * weight;
  return std::isnan(weighted) ? 0 : weighted;
}

/// REQUIRES: `so_far` is a number. One that is not leaves a minimum or maximum alone.
inline double Aggregated(Aggregate how, double so_far, double more) {
  switch (how) {
    case Aggregate::kSum: {
      const double sum = so_far + more;
      return std::isnan(sum) ? 0 : sum;
    }
    case Aggregate::kMin:
      return more < so_far ? more : so_far;
    case Aggregate::kMax:
      return more > so_far ? more : so_far;
  }
  return so_far;
}

}  // namespace cordwood::keyspace
